// A token bucket over the engine's time: a rate with a burst, without a timer.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/time.h"

namespace engine {

/// Allows `burst` at once and `per_second` in the long run.
class TokenBucket {
 public:
  constexpr TokenBucket(std::uint64_t per_second, std::uint64_t burst) noexcept
      : interval_{interval_of(per_second)}, burst_{burst}, tokens_{burst} {}

  [[nodiscard]] constexpr bool try_take(Instant now) noexcept {
    if (now > filled_ && interval_ != Duration::max()) {
      const auto earned = static_cast<std::uint64_t>((now - filled_) / interval_);
      if (earned >= burst_ - tokens_) {
        tokens_ = burst_;
        filled_ = now;
      } else {
        tokens_ += earned;
        filled_ += interval_ * static_cast<Duration::rep>(earned);
      }
    }
    if (tokens_ == 0) return false;
    --tokens_;
    return true;
  }

 private:
  /// One token a nanosecond is the highest rate that this clock knows.
  [[nodiscard]] static constexpr Duration interval_of(std::uint64_t per_second) noexcept {
    constexpr auto second = static_cast<std::uint64_t>(Duration{1s}.count());
    if (per_second == 0) return Duration::max();
    return Duration{static_cast<Duration::rep>(std::max<std::uint64_t>(second / per_second, 1))};
  }

  Duration interval_;
  std::uint64_t burst_, tokens_;
  Instant filled_{};
};

}  // namespace engine
