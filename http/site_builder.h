// Makes sites: compiles the rules of each listener, numbers names, and hands pools on from one configuration to the next.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/result.h"
#include "http/counters.h"
#include "http/names.h"
#include "http/pattern_compiler.h"
#include "http/site.h"

namespace http {

/// A configuration of HTTP as values; numbers are given by the builder.
struct SiteParts {
  struct PoolParts {
    PoolSettings settings;
    std::vector<ServerSettings> servers;
    std::string place{};
  };
  /// `matcher` and `number` are left to the builder.
  std::vector<SiteListener> listeners;
  std::vector<Rule> rules;
  std::vector<PoolParts> pools;
};

/// Names behind the numbers in metrics; read by the admin threads.
struct SiteNames {
  Names listeners{listeners_max}, pools{pools_max}, servers{servers_max};  // a server is "POOL\nSERVER"
};

/// Used by one thread, the builder's; what it makes is read by all.
class SiteBuilder {
 public:
  SiteBuilder(std::uint16_t shards, PatternCompiler& compiler) : shards_{shards}, compiler_{compiler} {}

  /// Errors: a regex or host that is refused, with its place; a rule that names no pool of `parts`; too many names.
  [[nodiscard]] engine::Result<Site> build(SiteParts parts);
  /// `site` was published: the next one shares its pools where they are the same.
  void published(const Site& site);

  /// The number of a listener, as in tcp::Listeners.   Requires: it was in parts of an earlier build.
  [[nodiscard]] std::uint16_t listener_number(const std::string& name) { return *names_.listeners.number(name); }
  [[nodiscard]] const SiteNames& names() const noexcept { return names_; }

 private:
  [[nodiscard]] engine::Result<void> add_listeners(Site& site, SiteParts& parts);
  [[nodiscard]] engine::Result<void> add_pools(Site& site, SiteParts& parts);
  [[nodiscard]] engine::Result<void> add_actions(Site& site, const SiteParts& parts);
  [[nodiscard]] engine::Result<void> number_servers(SiteParts::PoolParts& pool);

  std::uint16_t shards_;
  PatternCompiler& compiler_;
  SiteNames names_;
  /// The pools of the published site, by shard and name.
  std::vector<std::map<std::string, std::shared_ptr<Pool>>> pools_;
};

}  // namespace http
