// A retransmission for which there was no reason: the response to it is taken back.   Spec: RFC 3522 and RFC 4015 (Eifel, by
// timestamps), RFC 3708 (by D-SACK).
#include <algorithm>

#include "tcp/congestion.h"
#include "tcp/machine.h"

namespace tcp {

/// Before a response to congestion changes cwnd and ssthresh.
void Machine::arm_undo(const Tcb& tcb, Cold& cold) noexcept {
  cold.undo = Undo{.cwnd = tcb.cwnd, .ssthresh = tcb.ssthresh, .is_armed = true};
}

/// The first ACK that advances after a retransmission: if it echoes a timestamp from before, it answers the original.
void Machine::check_echo(Tcb& tcb, Cold& cold, const Segment& seg, std::uint32_t acked, Outbox& out) noexcept {
  Undo& u = cold.undo;
  if (!u.is_armed || !u.has_resent || u.is_echo_known) return;
  if (!tcb.has(Tcb::timestamps_ok) || !seg.options.has_timestamps || seg.options.ts_ecr == 0) return;
  u.is_echo_known = true;
  if (static_cast<std::int32_t>(seg.options.ts_ecr - u.first_resent_at) < 0) undo(tcb, cold, acked, out);
}

/// The peer received `block` twice. When that is true of all that was sent again, nothing was lost.
void Machine::on_dsack(Tcb& tcb, Cold& cold, SeqRange block, Outbox& out) noexcept {
  counters_.dsacks_received.add();
  cold.rack.on_dsack(tcb.snd_una, tcb.snd_nxt);
  Undo& u = cold.undo;
  if (!u.is_armed || !u.has_resent) return;
  u.resent -= std::min(u.resent, block.size());
  if (u.resent == 0) undo(tcb, cold, 0, out);
}

/// RFC 4015 3.2: ssthresh is what was in flight, so that slow start leads back to it; cwnd allows no burst.
void Machine::undo(Tcb& tcb, Cold& cold, std::uint32_t acked, Outbox& out) noexcept {
  counters_.undone_recoveries.add();
  const Undo u = cold.undo;
  cold.undo = Undo{};
  const std::uint32_t burst = std::min(std::max<std::uint32_t>(acked, tcb.mss), initial_cwnd(tcb.mss, config_->initial_window));
  tcb.ssthresh = std::max(u.ssthresh, u.cwnd);
  tcb.cwnd = std::max(tcb.cwnd, std::min(u.cwnd, cold.flight.pipe() + cold.flight.lost() + burst));
  algorithm().on_undo(tcb, cold);
  cold.flight.unmark_lost();
  cold.phase = Cold::Phase::open;
  cold.recover = tcb.snd_una;
  cold.dup_acks = 0;
  out.may_send = true;
}

}  // namespace tcp
