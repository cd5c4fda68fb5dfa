// Explicit congestion notification: routers mark instead of dropping.   Spec: RFC 3168 6.1.
#include <algorithm>

#include "tcp/congestion.h"
#include "tcp/machine.h"

namespace tcp {

/// 6.1.3, the receiver: every ACK carries ECE from the first marked packet until the sender says that it has reacted.
void Machine::on_congestion_experienced(Tcb& tcb, const Segment& seg, Outbox& out) noexcept {
  if (seg.flags.cwr() && seg.text_bytes != 0) tcb.clear(Tcb::ecn_echo);
  if (!seg.is_congestion_experienced) return;
  if (!tcb.has(Tcb::ecn_echo)) out.ack();  // at once: the sender shall know
  tcb.set(Tcb::ecn_echo);
}

/// 6.1.2, the sender: as for a lost segment, at most once for what was outstanding.
void Machine::on_congestion_echo(Tcb& tcb, const Segment& seg) noexcept {
  Cold* cold = this->cold(tcb);
  if (cold == nullptr || cold->phase != Cold::Phase::open || seg.ack <= cold->recover) return;
  counters_.ecn_reductions.add();
  algorithm().on_loss(tcb, *cold, std::min(tcb.flight(), tcb.cwnd));
  tcb.cwnd = std::max<std::uint32_t>(tcb.ssthresh, tcb.mss);
  cold->recover = tcb.snd_nxt;
  cold->undo = Undo{};
  tcb.set(Tcb::ecn_cwr);
}

}  // namespace tcp
