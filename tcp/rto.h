// Retransmission timeout, RFC 6298. Knows nothing of connections, segments or clocks.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "engine/check.h"
#include "engine/timer_wheel.h"

namespace tcp {

using namespace std::chrono_literals;
using engine::Duration;

/// Eight bytes, microseconds: it lies in the Tcb.
class Rto {
 public:
  static constexpr Duration initial = 1s;         // 2.1
  static constexpr Duration after_lost_syn = 3s;  // 5.7
  static constexpr Duration max = 60s;            // 2.5
  static constexpr int doublings_max = 15;        // of the smallest RTO that can be configured, and far beyond `max`

  /// The timeout, doubled `backoff` times (5.5).   `min`: 2.4, configured.
  [[nodiscard]] constexpr Duration value(Duration min, std::uint8_t backoff) const noexcept {
    const Duration base = has_sample() ? std::clamp(srtt() + std::max(engine::TimerWheel::tick, Duration{4 * rttvar()}), min, max)
                                       : std::max(initial, rttvar());
    return std::min(max, base * (std::int64_t{1} << std::min<int>(backoff, doublings_max)));
  }
  /// Requires: `rtt` was measured on a segment sent once (Karn, section 3).
  constexpr void on_sample(Duration rtt) noexcept {
    DCHECK(rtt >= Duration::zero());
    const auto us = static_cast<std::int64_t>(
        std::clamp<std::int64_t>(std::chrono::duration_cast<std::chrono::microseconds>(rtt).count(), 1, 60'000'000));
    if (srtt_us_ == 0) {
      srtt_us_ = static_cast<std::uint32_t>(us);  // 2.2
      rttvar_us_ = static_cast<std::uint32_t>(us / 2);
      return;
    }
    const std::int64_t error = us - std::int64_t{srtt_us_};
    rttvar_us_ =
        static_cast<std::uint32_t>((3 * std::int64_t{rttvar_us_} + (error < 0 ? -error : error)) / 4);        // 2.3, beta = 1/4
    srtt_us_ = static_cast<std::uint32_t>(std::max<std::int64_t>(1, (7 * std::int64_t{srtt_us_} + us) / 8));  //      alpha = 1/8
  }
  /// The handshake is through, but the timer expired on the SYN, and nothing was measured.
  constexpr void on_lost_syn() noexcept {
    DCHECK(!has_sample());
    rttvar_us_ = static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(after_lost_syn).count());
  }
  [[nodiscard]] constexpr bool has_sample() const noexcept { return srtt_us_ != 0; }
  [[nodiscard]] constexpr Duration srtt() const noexcept { return std::chrono::microseconds{srtt_us_}; }
  [[nodiscard]] constexpr Duration rttvar() const noexcept { return std::chrono::microseconds{rttvar_us_}; }

 private:
  std::uint32_t srtt_us_ = 0;    // 0: no sample yet
  std::uint32_t rttvar_us_ = 0;  // before the first sample: the timeout, if it is not `initial`
};
static_assert(sizeof(Rto) == 8);

}  // namespace tcp
