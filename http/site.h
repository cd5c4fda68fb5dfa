// What HTTP needs of a configuration: listeners with their matchers, what rules do, pools. Immutable but for each shard's own
// part.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/text.h"
#include "http/fixed_answer.h"
#include "http/matcher.h"
#include "http/pool.h"
#include "http/serialize.h"
#include "http/text_template.h"
#include "tcp/snapshot.h"

namespace http {

struct SiteListener {
  std::string name;
  std::uint16_t number = 0;
  Duration idle_timeout = 60s;
  Duration header_timeout = 10s;
  std::uint32_t head_bytes_max = 16u << 10;
  std::optional<std::uint64_t> body_bytes_max;
  ForwardedMode forwarded = ForwardedMode::append;
  std::vector<engine::Cidr> trusted;  // peers whose X-Forwarded-For counts
  Matcher matcher;
};

/// What a rule does, by the index of the rule.
struct SiteAction {
  enum class Kind : std::uint8_t { pool, respond, redirect };
  Kind kind = Kind::respond;
  std::uint32_t index = 0;  // of the pool, the answer, or the redirect
};

struct SiteRedirect {
  std::uint16_t status = 308;
  TextTemplate location;
};

/// What one shard writes to, made by the builder beforehand: a shard allocates nothing.
struct ShardSite {
  std::vector<std::unique_ptr<MatchScratch>> scratches;  // by listener number; of this site's matchers
  std::vector<std::unique_ptr<FixedAnswer>> answers;
  std::vector<std::shared_ptr<Pool>> pools;  // shared with the snapshot before, where nothing changed
};

struct Site {
  std::vector<std::unique_ptr<SiteListener>> listeners;  // by number; null where there is none any more
  std::vector<SiteAction> actions;                       // by rule
  std::vector<std::string> rule_names;
  std::vector<SiteRedirect> redirects;
  std::vector<ShardSite> shards;
};

struct Snapshot : tcp::Snapshot {
  Site site;

  /// Sessions hold pools, and segments on their way hold answers, beyond the snapshot they came from.
  [[nodiscard]] bool is_unused() const override {
    for (const ShardSite& shard : site.shards) {
      for (const auto& answer : shard.answers)
        if (!answer->is_unused()) return false;
      for (const auto& pool : shard.pools)
        if (pool.use_count() == 1 && !pool->is_unused()) return false;
    }
    return true;
  }
};

}  // namespace http
