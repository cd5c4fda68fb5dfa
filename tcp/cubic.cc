#include "tcp/cubic.h"

#include <algorithm>
#include <cmath>

#include "tcp/new_reno.h"
#include "tcp/tcb.h"

namespace tcp::cubic {

namespace {

constexpr double c = 0.4;                              // RFC 9438 5, segments per second cubed
constexpr double beta = 0.7;                           // 4.6
constexpr double alpha = 3 * (1 - beta) / (1 + beta);  // 4.3

double seconds(engine::Duration d) noexcept { return static_cast<double>(d.count()) * 1e-9; }

/// 4.2, (2). An epoch begins with the first ACK in congestion avoidance after a loss, or after the connection was idle. Then
/// ssthresh still says what the window was when it was lost.
void begin_epoch(const Tcb& tcb, CubicState& s, engine::Instant now) noexcept {
  if (s.w_max == 0 && tcb.ssthresh < UINT32_MAX / 2) s.w_max = s.cwnd_prior = static_cast<std::uint32_t>(tcb.ssthresh / beta);
  s.is_running = true;
  s.epoch = s.last_ack = now;
  s.w_est = tcb.cwnd;
  s.w_max = std::max(s.w_max, tcb.cwnd);  // beyond it already: the convex part begins at once, 4.5
  s.k = std::cbrt((s.w_max - tcb.cwnd) / (c * tcb.mss));
}

/// 4.2 (1), `t` seconds into the epoch.   Units: bytes.
double window_at(const CubicState& s, double t, double mss) noexcept {
  const double d = t - s.k;
  return c * mss * d * d * d + s.w_max;
}

}  // namespace

void on_ack(Tcb& tcb, Cold& cold, std::uint32_t acked, engine::Instant now) noexcept {
  if (tcb.cwnd < tcb.ssthresh) return new_reno::slow_start(tcb, acked);  // 4.10
  CubicState& s = cold.cubic;
  const engine::Duration round_trip = tcb.rto.srtt();
  if (!s.is_running) begin_epoch(tcb, s, now);
  // 4.2: time in which the application, not the window, was the limit does not count.
  if (const engine::Duration gap = now - s.last_ack; gap > std::max<engine::Duration>(2 * round_trip, 1ms)) s.epoch += gap;
  s.last_ack = now;
  const double mss = tcb.mss, cwnd = tcb.cwnd;
  const double segments = std::min<double>(acked, cwnd) / cwnd;  // of a window
  const double t = seconds(now - s.epoch);
  // 4.3: NewReno with this beta and the alpha that is fair to it; from cwnd_prior on as fast as NewReno.
  s.w_est += (s.w_est >= s.cwnd_prior ? 1.0 : alpha) * mss * segments;
  double grown;
  if (window_at(s, t, mss) < s.w_est) {
    grown = s.w_est - cwnd;
  } else {  // 4.4, 4.5
    const double target = std::clamp(window_at(s, t + seconds(round_trip), mss), cwnd, 1.5 * cwnd);
    grown = (target - cwnd) * segments;
  }
  if (grown <= 0) return;
  const double sum = s.fraction + std::min(grown, cwnd);
  const auto whole = static_cast<std::uint32_t>(sum);
  tcb.cwnd += whole;
  s.fraction = sum - whole;
}

/// 4.6 and 4.7.
void on_loss(Tcb& tcb, Cold& cold, std::uint32_t flight) noexcept {
  CubicState& s = cold.cubic;
  const std::uint32_t window = std::max(flight, 2u * tcb.mss);
  s.undo_w_max = s.w_max;
  s.undo_cwnd_prior = s.cwnd_prior;
  // Fast convergence: lost below the last time, so somebody else needs room.
  s.w_max = window < s.w_max ? static_cast<std::uint32_t>(window * (1 + beta) / 2) : window;
  s.cwnd_prior = window;
  s.fraction = 0;
  s.is_running = false;
  tcb.ssthresh = std::max(static_cast<std::uint32_t>(flight * beta), 2u * tcb.mss);
}

/// 4.8.
void on_timeout(Tcb& tcb, Cold& cold, std::uint32_t flight) noexcept {
  on_loss(tcb, cold, flight);
  tcb.cwnd = tcb.mss;
}

/// 4.9: what was known of the window before is true again; a new epoch begins.
void on_undo(Tcb& /*tcb*/, Cold& cold) noexcept {
  CubicState& s = cold.cubic;
  s.w_max = s.undo_w_max;
  s.cwnd_prior = s.undo_cwnd_prior;
  s.is_running = false;
}

}  // namespace tcp::cubic
