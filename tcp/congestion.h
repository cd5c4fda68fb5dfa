// Congestion control as a table: an algorithm is one file, one row here and one test.
#pragma once

#include <array>
#include <string_view>

#include "engine/drop.h"
#include "tcp/config.h"
#include "tcp/cubic.h"
#include "tcp/new_reno.h"
#include "tcp/tcb.h"

namespace tcp {

/// What an algorithm answers to. All change tcb.cwnd and tcb.ssthresh only, and what is their own in the cold block.   Units:
/// bytes.
struct CongestionAlgorithm {
  CongestionControl id;
  std::string_view name;
  /// `acked` new bytes while the connection was limited by cwnd, outside loss recovery.
  void (*on_ack)(Tcb& tcb, Cold& cold, std::uint32_t acked, Instant now) noexcept;
  /// A loss was detected by acknowledgments; `flight` bytes were outstanding. Sets ssthresh; recovery sets cwnd to it.
  void (*on_loss)(Tcb& tcb, Cold& cold, std::uint32_t flight) noexcept;
  /// The retransmission timer expired for the first time.
  void (*on_timeout)(Tcb& tcb, Cold& cold, std::uint32_t flight) noexcept;
  /// There was no reason for the last on_loss or on_timeout; cwnd and ssthresh have been restored.
  void (*on_undo)(Tcb& tcb, Cold& cold) noexcept;
};

inline constexpr auto congestion_algorithms = std::to_array<CongestionAlgorithm>({
    {CongestionControl::cubic, "cubic", &cubic::on_ack, &cubic::on_loss, &cubic::on_timeout, &cubic::on_undo},
    {CongestionControl::new_reno, "new_reno", &new_reno::on_ack, &new_reno::on_loss, &new_reno::on_timeout, &new_reno::on_undo},
});
static_assert(congestion_algorithms.size() == engine::index_of(CongestionControl::count_));

/// RFC 6928 2: min(10 * MSS, max(2 * MSS, 14600)), with the configured number for 10.
[[nodiscard]] constexpr std::uint32_t initial_cwnd(std::uint32_t mss, std::uint32_t segments) noexcept {
  return std::min(segments * mss, std::max(2 * mss, segments * 1460u));
}

}  // namespace tcp
