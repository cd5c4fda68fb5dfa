// NewReno: slow start and congestion avoidance of RFC 5681, as RFC 6582 recovers.
#pragma once

#include <algorithm>
#include <cstdint>

#include "tcp/tcb.h"

namespace tcp::new_reno {

/// RFC 5681 3.1: adds what was acknowledged, at most two segments an ACK (RFC 3465 2.3, L = 2), or half of it if that is more: a
/// receiver that answers ten segments with one ACK would hold us back.
inline void slow_start(Tcb& tcb, std::uint32_t acked) noexcept { tcb.cwnd += std::min(acked, std::max(2u * tcb.mss, acked / 2)); }

/// RFC 5681 3.1: slow start below ssthresh; above it one segment per round trip, formula (3).
inline void on_ack(Tcb& tcb, Cold& /*cold*/, std::uint32_t acked, Instant /*now*/) noexcept {
  const std::uint32_t mss = tcb.mss;
  if (tcb.cwnd < tcb.ssthresh) return slow_start(tcb, acked);
  const std::uint64_t step = std::uint64_t{mss} * std::min(acked, tcb.cwnd) / std::max(tcb.cwnd, 1u);
  tcb.cwnd += static_cast<std::uint32_t>(std::max<std::uint64_t>(1, step));
}

/// RFC 5681 3.1 (4).
[[nodiscard]] inline std::uint32_t half_of(std::uint32_t flight, std::uint32_t mss) noexcept {
  return std::max(flight / 2, 2 * mss);
}

inline void on_loss(Tcb& tcb, Cold& /*cold*/, std::uint32_t flight) noexcept { tcb.ssthresh = half_of(flight, tcb.mss); }

inline void on_timeout(Tcb& tcb, Cold& /*cold*/, std::uint32_t flight) noexcept {
  tcb.ssthresh = half_of(flight, tcb.mss);
  tcb.cwnd = tcb.mss;  // the loss window, 3.1
}

inline void on_undo(Tcb& /*tcb*/, Cold& /*cold*/) noexcept {}

}  // namespace tcp::new_reno
