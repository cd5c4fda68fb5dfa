// Quiescent states of the shards, over rte_rcu_qsbr: when may something that was published be freed?
#pragma once

#include <cstdint>
#include <functional>

#include "engine/ids.h"

struct rte_rcu_qsbr;

namespace engine {

class Qsbr {
 public:
  explicit Qsbr(std::uint16_t shards);
  Qsbr(const Qsbr&) = delete;
  Qsbr& operator=(const Qsbr&) = delete;
  ~Qsbr();

  // A shard, about itself. A shard that is offline (not started, asleep) holds nothing.
  void online(ShardId self) noexcept;
  void offline(ShardId self) noexcept;
  /// Nothing read before this call is used after it.
  void quiescent(ShardId self) noexcept;

  // Control.
  /// Returns: a token for `is_over`.
  [[nodiscard]] std::uint64_t start_grace() noexcept;
  [[nodiscard]] bool is_over(std::uint64_t token) const noexcept;
  /// Waits until every online shard was quiescent once. A shard's turn takes microseconds.
  void wait() noexcept;

 private:
  rte_rcu_qsbr* qsbr_;
};

}  // namespace engine
