// The clock of a running shard: the TSC, converted to nanoseconds by one multiplication.
#pragma once

#include <rte_cycles.h>

#include <cstdint>

#include "engine/time.h"

namespace engine {

class TscClock {
 public:
  /// `start`: the TSC reading that is Instant{}; the same for all shards, so that their times compare.
  explicit TscClock(std::uint64_t start = rte_rdtsc(), std::uint64_t hz = rte_get_tsc_hz()) noexcept
      : start_{start}, ns_per_cycle_{(std::uint64_t{1'000'000'000} << shift) / hz} {}

  [[nodiscard]] Instant at(std::uint64_t tsc) const noexcept {
    __extension__ using Wide = unsigned __int128;
    return Instant{Duration{static_cast<std::int64_t>(static_cast<Wide>(tsc - start_) * ns_per_cycle_ >> shift)}};
  }
  [[nodiscard]] Instant read() const noexcept { return at(rte_rdtsc()); }
  [[nodiscard]] std::uint64_t start() const noexcept { return start_; }

 private:
  static constexpr int shift = 32;  // 2^-32 ns per cycle: an error below 0.1 ms a day
  std::uint64_t start_;
  std::uint64_t ns_per_cycle_;
};

}  // namespace engine
