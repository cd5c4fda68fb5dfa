// Time is a parameter. `Instant` has no now(): the shard reads the TSC once per turn, the simulator counts its own.
#pragma once

#include <chrono>
#include <cstdint>

namespace engine {

using Duration = std::chrono::nanoseconds;

/// The engine's clock: nanoseconds since the start of the process or of the simulation. It cannot be read, only passed.
struct EngineClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<EngineClock, Duration>;
  static constexpr bool is_steady = true;
};
using Instant = EngineClock::time_point;

using namespace std::chrono_literals;

/// Seconds since 1970 (UTC) at an engine Instant: what a Date field needs. The offset is read once by the control thread.
class WallClock {
 public:
  constexpr WallClock() noexcept = default;
  /// `unix_at_zero`: the UTC time at Instant{}.
  constexpr explicit WallClock(Duration unix_at_zero) noexcept : unix_at_zero_{unix_at_zero} {}
  [[nodiscard]] constexpr std::int64_t unix_seconds(Instant now) const noexcept {
    return std::chrono::floor<std::chrono::seconds>(unix_at_zero_ + now.time_since_epoch()).count();
  }

 private:
  Duration unix_at_zero_{};
};

}  // namespace engine
