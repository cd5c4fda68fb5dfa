// Loss recovery: what is lost (RFC 8985 with SACK, RFC 6582 without), fast recovery, and after a timeout.
#include <algorithm>

#include "tcp/congestion.h"
#include "tcp/machine.h"

namespace tcp {

const CongestionAlgorithm& Machine::algorithm() const noexcept {
  return congestion_algorithms[engine::index_of(config_->congestion_control)];
}

Rack::Evidence Machine::evidence(const Tcb& tcb, const Cold& cold, Instant now) noexcept {
  // RFC 6675 4, IsLost: three ranges, or more than two segments' worth of bytes, arrived above a hole.
  const bool is_threshold_met = cold.dup_acks >= 3 || cold.flight.sacked() > 2u * tcb.mss ||
                                (cold.flight.sacked() != 0 && cold.flight.sacked_ranges() >= 3);
  return {.now = stamp(now),
          .smoothed = static_cast<Stamp>(tcb.rto.srtt().count() >> 10),
          .is_recovering = cold.phase != Cold::Phase::open,
          .is_threshold_met = is_threshold_met,
          .has_reordering = tcb.has(Tcb::reorders)};
}

/// With SACK: marks what is lost, and answers.   Spec: RFC 8985 6.2, RFC 9937.
void Machine::detect_losses(Tcb& tcb, Cold& cold, const News& news, Instant now, Outbox& out) noexcept {
  Stamp wait = 0;
  const bool is_more_lost = cold.rack.detect(cold.flight, evidence(tcb, cold, now), wait) != 0;
  const bool is_entering = cold.phase == Cold::Phase::open && cold.flight.lost() != 0;
  if (is_entering) enter_recovery(tcb, cold, news);
  if (cold.phase == Cold::Phase::recovery && (news.delivered != 0 || is_more_lost))
    tcb.cwnd = std::max<std::uint32_t>(
        tcb.mss, cold.prr.on_ack(news.delivered, cold.flight.pipe(), tcb.ssthresh, tcb.mss, news.has_moved && !is_more_lost));
  if (is_more_lost) out.may_send = true;
  if (wait != 0) {
    cold.alarm = Alarm::reorder;
    tcb.arm(Timer::retransmit, ticks_after(now, duration_of(wait)));
  } else if (cold.alarm != Alarm::timeout) {
    arm_retransmission(tcb, &cold, now);
  }
}

void Machine::enter_recovery(Tcb& tcb, Cold& cold, const News& news) noexcept {
  counters_.fast_recoveries.add();
  arm_undo(tcb, cold);
  // What limited transmit sent beyond the window must not count (RFC 5681 3.2 2).
  algorithm().on_loss(tcb, cold, std::min(tcb.flight() + news.delivered - news.sacked, tcb.cwnd));
  if (tcb.has(Tcb::sack_ok))  // RFC 9937 6: what was outstanding before this ACK
    cold.prr.begin(tcb.flight() - cold.flight.sacked() + news.delivered);
  else
    tcb.cwnd = tcb.ssthresh;
  cold.phase = Cold::Phase::recovery;
  cold.recover = tcb.snd_nxt;
  cold.is_probing = false;
  cold.is_timing = false;  // Karn
}

/// `acked` new bytes while recovering.
void Machine::advance_recovery(Tcb& tcb, Cold& cold, std::uint32_t acked, Instant now, Outbox& out) noexcept {
  const bool is_full = cold.recover <= tcb.snd_una;
  const bool is_loss = cold.phase == Cold::Phase::loss;
  const bool has_sack = tcb.has(Tcb::sack_ok);
  if (is_loss)  // RFC 5681 3.1: slow start up to ssthresh, a segment an ACK (RFC 3465 2.3), then congestion avoidance
    algorithm().on_ack(tcb, cold, std::min(acked, std::uint32_t{tcb.mss}), now);
  else if (is_full)  // RFC 9937 6, RFC 6582 3.2 3 (1)
    tcb.cwnd = has_sack ? tcb.ssthresh : std::min(tcb.ssthresh, std::max(tcb.flight(), std::uint32_t{tcb.mss}) + tcb.mss);
  if (is_full) {
    cold.phase = Cold::Phase::open;
    cold.dup_acks = 0;
    cold.rack.on_recovered();
  }
  if (is_full || is_loss || has_sack) return;
  // RFC 6582 3.2 3 (2), partial acknowledgment: the next hole begins here. One of the acknowledged segments was the
  // retransmission, the others were counted by duplicate ACKs.
  const std::uint32_t counted = acked / std::max<std::uint32_t>(tcb.mss, 1);
  cold.dup_acks = static_cast<std::uint8_t>(counted > cold.dup_acks + 1u ? 0 : cold.dup_acks + 1u - std::max(counted, 1u));
  out.retransmit = true;
}

void Machine::begin_loss(Tcb& tcb, Cold& cold) noexcept {
  cold.phase = Cold::Phase::loss;
  cold.recover = tcb.snd_nxt;
  cold.dup_acks = 0;
  cold.is_probing = false;
  cold.is_timing = false;  // Karn
  // A peer that gave up what it had sacked shows it by not acknowledging it: RFC 2018 8.
  if (cold.flight.is_first_sacked()) cold.flight.unmark_sacked();
}

/// Everything outstanding is to be sent again, but what the peer has sacked.
void Machine::hold_all_for_lost(Tcb& tcb, Cold& cold) noexcept {
  begin_loss(tcb, cold);
  cold.flight.mark_lost([](const Flight::Run&, Seq) noexcept { return true; });
}

/// RFC 6298 5.4-5.6, RFC 5681 3.1, RFC 6675 5.1, RFC 8985 6.3.
void Machine::on_retransmission_timeout(Tcb& tcb, Instant now, Outbox& out) noexcept {
  const bool is_over =
      tcb.has(Tcb::app_gone) ? tcb.expiries >= orphan_retries : tcb.expiries >= retries && rto(tcb) >= rto_at_end;
  if (is_over) return end(tcb, CloseReason::timeout, out);
  counters_.timeouts.add();
  if (Cold* cold = this->cold(tcb); cold != nullptr) {
    if (tcb.expiries == 0) {
      if (cold->phase == Cold::Phase::open)
        arm_undo(tcb, *cold);
      else
        cold->undo = Undo{};
      algorithm().on_timeout(tcb, *cold, tcb.flight());
    } else {
      tcb.cwnd = tcb.mss;  // a second timeout of the same segment does not halve ssthresh again (RFC 5681 3.1)
    }
    if (tcb.has(Tcb::sack_ok)) {
      begin_loss(tcb, *cold);
      cold->rack.mark_on_timeout(cold->flight, evidence(tcb, *cold, now));
    } else {
      hold_all_for_lost(tcb, *cold);
    }
  }
  ++tcb.expiries;
  if (const Cold* cold = this->cold(tcb); cold != nullptr) shrink_if_black_hole(tcb, *cold);
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
  if (!cold.queue.empty()) hold_all_for_lost(tcb, cold);  // else only the FIN is outstanding
  arm_retransmission(tcb, &cold, now);
}

/// What is thought to be in the network.   Spec: RFC 6675 4 SetPipe; without SACK, each duplicate ACK says that a segment left
/// it. Units: bytes.
std::uint32_t Machine::pipe(const Tcb& tcb, const Cold& cold) noexcept {
  if (tcb.has(Tcb::sack_ok) || cold.phase == Cold::Phase::loss) return cold.flight.pipe();
  // Before recovery at most two: limited transmit, RFC 3042, RFC 5681 3.2 1.
  const std::uint32_t flight = tcb.flight();
  const std::uint32_t counted = cold.phase == Cold::Phase::open ? std::min<std::uint32_t>(cold.dup_acks, 2) : cold.dup_acks;
  const std::uint32_t left = counted * tcb.mss;
  return left >= flight ? 0 : flight - left;
}

}  // namespace tcp
