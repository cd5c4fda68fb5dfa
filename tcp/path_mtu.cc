// A path takes less than we thought: smaller segments from now on, and again what was too large.   Spec: RFC 1191 6, RFC 4821.
#include "tcp/path_mtu.h"

#include <algorithm>

#include "tcp/machine.h"

namespace tcp {

namespace {
/// What an unknown path is tried with when larger segments vanish without a word, one after the other.   Spec: RFC 4821 7.7.
constexpr std::array<std::uint16_t, 2> black_hole_mss{1024, 512};
constexpr std::uint8_t timeouts_per_size = 2;
}  // namespace

std::uint16_t Machine::headers_of(const Tcb& tcb) noexcept { return tcb.has(Tcb::timestamps_ok) ? 52 : 40; }

bool Machine::on_path_mtu(Tcb& tcb, std::uint16_t mtu, Outbox& out) noexcept {
  const auto mss = static_cast<std::uint16_t>(mtu - headers_of(tcb));
  if (!is_synchronized(tcb.state) || mss >= tcb.mss) return false;
  counters_.path_mtu_reductions.add();
  tcb.mss = mss;
  Cold* cold = this->cold(tcb);
  if (cold == nullptr) return true;
  // RFC 1191 6.4: at once, and it says nothing about congestion.
  Cold::Phase before = cold->phase;
  const std::uint32_t marked = cold->flight.mark_lost([&](const Flight::Run& run, Seq start) { return run.end - start > mss; });
  if (marked == 0) return true;
  if (before == Cold::Phase::open) begin_loss(tcb, *cold);
  cold->undo = Undo{};
  out.may_send = true;
  return true;
}

/// The first segment was lost again and again: perhaps it is too large, and the routers that know it are not heard.
void Machine::shrink_if_black_hole(Tcb& tcb, const Cold& cold) noexcept {
  if (!config_->pmtud || tcb.expiries % timeouts_per_size != 0) return;
  const std::uint32_t first = cold.flight.hole_end() - cold.flight.start();  // bytes
  for (const std::uint16_t mss : black_hole_mss) {
    if (tcb.mss <= mss || first <= mss) continue;
    counters_.path_mtu_reductions.add();
    tcb.mss = mss;
    tcb.set(Tcb::shrunk);
    return;
  }
}

}  // namespace tcp
