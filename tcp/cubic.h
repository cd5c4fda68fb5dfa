// CUBIC, RFC 9438: after a loss the window returns to where it was along a cubic function of time, not of round trips, and never
// more slowly than NewReno would.
#pragma once

#include <cstdint>

#include "engine/time.h"

namespace tcp {

struct Tcb;
struct Cold;

/// What CUBIC remembers of a connection while text is outstanding. Goes with the cold block; what it needs beyond that, it finds
/// in ssthresh.   Units: bytes, but for k.
struct CubicState {
  engine::Instant epoch{};                            // RFC 9438 4.2 t_epoch, meaningful if is_running
  engine::Instant last_ack{};                         // of the last on_ack: a gap is a time in which the window was not used
  double k = 0;                                       // seconds until the window is back at w_max, formula (2)
  double w_est = 0;                                   // NewReno's window, 4.3
  double fraction = 0;                                // growth that is not a whole byte yet
  std::uint32_t w_max = 0;                            // the window at the last loss; 0: not known
  std::uint32_t cwnd_prior = 0;                       // the same, without fast convergence; 0: none
  std::uint32_t undo_w_max = 0, undo_cwnd_prior = 0;  // before the last loss, 4.9
  bool is_running = false;                            // an epoch of congestion avoidance has begun
};

namespace cubic {

void on_ack(Tcb& tcb, Cold& cold, std::uint32_t acked, engine::Instant now) noexcept;
void on_loss(Tcb& tcb, Cold& cold, std::uint32_t flight) noexcept;
void on_undo(Tcb& tcb, Cold& cold) noexcept;
void on_timeout(Tcb& tcb, Cold& cold, std::uint32_t flight) noexcept;

}  // namespace cubic
}  // namespace tcp
