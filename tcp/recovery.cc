// Loss recovery: fast retransmit and fast recovery with SACK (RFC 6675) or without (RFC 6582), and after a timeout.
#include <algorithm>

#include "tcp/congestion.h"
#include "tcp/machine.h"

namespace tcp {

void Machine::enter_recovery(Tcb& tcb, Cold& cold, Outbox& out) noexcept {
  counters_.fast_recoveries.add();
  // What limited transmit sent beyond the window must not count (RFC 5681 3.2 2).
  congestion_algorithms[engine::index_of(config_->congestion_control)].on_loss(tcb, cold, std::min(tcb.flight(), tcb.cwnd));
  tcb.cwnd = tcb.ssthresh;
  cold.phase = Cold::Phase::recovery;
  cold.recover = tcb.snd_nxt;
  cold.high_rxt = tcb.snd_una;
  cold.is_timing = false;  // Karn
  out.retransmit = true;   // RFC 6675 5 (4.3), RFC 6582 3.2 2: the first one goes whatever the windows say
}

/// `acked` new bytes while recovering.
void Machine::advance_recovery(Tcb& tcb, Cold& cold, std::uint32_t acked, Instant now, Outbox& out) noexcept {
  const bool is_full = cold.recover <= tcb.snd_una;
  const bool is_loss = cold.phase == Cold::Phase::loss;
  if (is_loss)  // RFC 5681 3.1: slow start up to ssthresh, a segment an ACK (RFC 3465 2.3), then congestion avoidance
    congestion_algorithms[engine::index_of(config_->congestion_control)].on_ack(tcb, cold,
                                                                                std::min(acked, std::uint32_t{tcb.mss}), now);
  else if (is_full)
    tcb.cwnd = std::min(tcb.ssthresh, std::max(tcb.flight(), std::uint32_t{tcb.mss}) + tcb.mss);  // RFC 6582 3.2 3 (1)
  if (is_full) {
    cold.phase = Cold::Phase::open;
    cold.dup_acks = 0;
  }
  if (is_full || is_loss) return;
  if (tcb.has(Tcb::sack_ok)) return;  // pipe says what may go
  // RFC 6582 3.2 3 (2), partial acknowledgment: the next hole begins here. One of the acknowledged segments was the
  // retransmission, the others were counted by duplicate ACKs.
  const std::uint32_t counted = acked / std::max<std::uint32_t>(tcb.mss, 1);
  cold.dup_acks = static_cast<std::uint8_t>(counted > cold.dup_acks + 1u ? 0 : cold.dup_acks + 1u - std::max(counted, 1u));
  out.retransmit = true;
}

/// Everything outstanding is to be sent again, but what the peer has sacked.
void Machine::hold_all_for_lost(Tcb& tcb, Cold& cold) noexcept {
  cold.phase = Cold::Phase::loss;
  cold.recover = tcb.snd_nxt;
  cold.high_rxt = tcb.snd_una;
  cold.dup_acks = 0;
  cold.is_timing = false;  // Karn
  // A peer that gave up what it had sacked shows it by not acknowledging it: RFC 2018 8.
  if (cold.sack.contains(tcb.snd_una)) cold.sack.clear();
}

/// RFC 6298 5.4-5.6, RFC 5681 3.1, RFC 6675 5.1.
void Machine::on_retransmission_timeout(Tcb& tcb, Instant, Outbox& out) noexcept {
  const bool is_over =
      tcb.has(Tcb::app_gone) ? tcb.expiries >= orphan_retries : tcb.expiries >= retries && rto(tcb) >= rto_at_end;
  if (is_over) return end(tcb, CloseReason::timeout, out);
  counters_.timeouts.add();
  if (Cold* cold = this->cold(tcb); cold != nullptr) {
    // A second timeout of the same segment does not halve ssthresh again (RFC 5681 3.1).
    if (tcb.expiries == 0)
      congestion_algorithms[engine::index_of(config_->congestion_control)].on_timeout(tcb, *cold, tcb.flight());
    else
      tcb.cwnd = tcb.mss;
    hold_all_for_lost(tcb, *cold);
  }
  ++tcb.expiries;
  back_off(tcb);
  out.retransmit = true;
  out.may_send = true;
}

/// What was outstanding when the peer took its window back was not kept: it goes again, with all that fits behind it. That is no
/// sign of congestion.
void Machine::on_window_opened(Tcb& tcb, Cold& cold, Instant now, Outbox& out) noexcept {
  tcb.backoff = 0;  // of the probes, which were answered
  tcb.expiries = 0;
  tcb.disarm(Timer::retransmit);
  out.may_send = true;
  if (tcb.flight() == 0) return;
  tcb.arm(Timer::retransmit, ticks_after(now, rto(tcb)));
  if (cold.queue.empty()) return;  // only the FIN is outstanding
  hold_all_for_lost(tcb, cold);
}

/// What is thought to be in the network.   Spec: RFC 6675 4 SetPipe; without SACK, each duplicate ACK says that a segment left
/// it. Units: bytes.
std::uint32_t Machine::pipe(const Tcb& tcb, const Cold& cold) const noexcept {
  const std::uint32_t flight = tcb.flight();
  if (!tcb.has(Tcb::sack_ok) && cold.phase != Cold::Phase::loss) {
    // Before recovery at most two: limited transmit, RFC 3042, RFC 5681 3.2 1.
    const std::uint32_t counted = cold.phase == Cold::Phase::open ? std::min<std::uint32_t>(cold.dup_acks, 2) : cold.dup_acks;
    const std::uint32_t left = counted * tcb.mss;
    return left >= flight ? 0 : flight - left;
  }
  if (cold.phase == Cold::Phase::open && cold.sack.empty()) return flight;
  std::uint32_t bytes = 0;
  for (Seq from = tcb.snd_una; from < tcb.snd_nxt;) {
    const SeqRange hole = cold.sack.next_hole(from, tcb.snd_nxt);
    if (hole.size() == 0) break;
    from = hole.end;
    if (cold.phase == Cold::Phase::loss) {  // all below recover counts as lost, all above as sent after
      const Seq lost_end = min(max(cold.recover, hole.start), hole.end);
      bytes += hole.end - lost_end;
      if (hole.start < cold.high_rxt) bytes += min(cold.high_rxt, lost_end) - hole.start;
    } else if (!cold.sack.is_lost(hole.start, tcb.mss)) {
      bytes += hole.size();
    } else if (hole.start < cold.high_rxt) {
      bytes += min(cold.high_rxt, hole.end) - hole.start;
    }
  }
  return bytes;
}

/// The next stretch to be retransmitted, or an empty one.   Spec: RFC 6675 4 NextSeg (1).
SeqRange Machine::next_lost(const Tcb& tcb, const Cold& cold) const noexcept {
  const SeqRange none{tcb.snd_nxt, tcb.snd_nxt};
  const Seq queue_end = min(cold.queue.end(), tcb.snd_nxt);  // a FIN behind it is not text
  if (cold.phase == Cold::Phase::open) return none;
  const Seq from = max(cold.high_rxt, tcb.snd_una);
  if (cold.phase == Cold::Phase::loss) return cold.sack.next_hole(from, min(cold.recover, queue_end));
  if (cold.sack.empty()) return none;
  for (SeqRange hole = cold.sack.next_hole(from, cold.sack.highest()); hole.size() != 0;
       hole = cold.sack.next_hole(hole.end, cold.sack.highest()))
    if (cold.sack.is_lost(hole.start, tcb.mss)) return hole;
  return none;
}

}  // namespace tcp
