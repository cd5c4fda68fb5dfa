// A simulated host that runs the load balancer: the proxy on every shard, over a site that can be exchanged for another.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/pattern_compiler.h"
#include "http/proxy.h"
#include "http/site_builder.h"
#include "tests/sim/host.h"

namespace sim {

/// A configuration of HTTP, and where its listeners listen.
struct BalancerConfig {
  struct Listen {
    std::string listener;
    engine::SocketAddress address;
  };
  http::SiteParts parts;
  std::vector<Listen> listens;
};

class Balancer {
 public:
  /// Sunday, 6 November 1994, 08:49:37 at the start of a simulation: the date of RFC 9110's examples.
  static constexpr engine::WallClock wall{784'111'776s};

  Balancer(Network& network, HostOptions options, BalancerConfig config);

  void reload(BalancerConfig config);
  [[nodiscard]] EngineHost& host() noexcept { return *host_; }
  [[nodiscard]] http::Proxy& proxy(std::uint16_t shard = 0) { return static_cast<http::Proxy&>(host_->application(shard)); }
  [[nodiscard]] http::Orders& orders() noexcept { return orders_; }
  [[nodiscard]] http::SiteBuilder& builder() noexcept { return builder_; }
  [[nodiscard]] std::uint32_t sessions();
  [[nodiscard]] std::uint32_t exchanges();
  [[nodiscard]] std::uint32_t upstreams();
  /// Nothing is left of what was going on: no session, exchange or upstream, no gauge above zero, no user of a server, and what
  /// EngineHost::expect_clean says.
  void expect_clean();

 private:
  /// Builds and keeps it for the next publication.
  [[nodiscard]] std::vector<tcp::Listeners::Entry> prepare(BalancerConfig config);

  std::unique_ptr<http::PatternCompiler> compiler_ = http::make_local_pattern_compiler();
  http::SiteBuilder builder_;
  std::unique_ptr<http::Snapshot> next_;
  std::vector<std::weak_ptr<http::Pool>> pools_;  // every one that was ever published
  http::Orders orders_;
  std::optional<EngineHost> host_;
};

}  // namespace sim
