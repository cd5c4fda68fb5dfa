// The ACK field, RFC 9293 3.10.7.4 fifth.
#include <algorithm>

#include "tcp/congestion.h"
#include "tcp/machine.h"

namespace tcp {

namespace {

/// RFC 5681 2, "duplicate acknowledgment".
bool is_duplicate_ack(const Tcb& tcb, const Segment& seg) noexcept {
  return tcb.snd_una != tcb.snd_nxt               // (a) data is outstanding
         && seg.text_bytes == 0                   // (b) the ACK carries no data
         && !seg.flags.syn() && !seg.flags.fin()  // (c)
         && seg.ack == tcb.snd_una                // (d) the greatest ACK seen
         && seg.window == tcb.snd_wnd_field;      // (e) window unchanged
}

}  // namespace

Verdict Machine::on_ack(Tcb& tcb, const Segment& seg, Instant now, Outbox& out) noexcept {
  // RFC 5961 5.2: beyond what was sent, or older than the largest window: a blind guess. Both get an ACK, limited.
  if (tcb.snd_nxt < seg.ack || seg.ack < tcb.snd_una - tcb.max_snd_wnd()) {
    challenge(tcb, now, out);
    return Verdict::dropped(Drop::bad_ack);
  }
  Cold* cold = this->cold(tcb);
  bool sacked_more = false;
  if (cold != nullptr && seg.options.sack_count != 0 && tcb.has(Tcb::sack_ok))
    sacked_more = cold->sack.add({seg.options.sack.data(), seg.options.sack_count}, max(seg.ack, tcb.snd_una), tcb.snd_nxt) != 0;
  const bool is_duplicate = is_duplicate_ack(tcb, seg);
  if (tcb.snd_una < seg.ack) on_new_ack(tcb, seg, now, out);
  if (tcb.snd_una <= seg.ack) update_send_window(tcb, seg, now, out);
  if (is_duplicate || sacked_more) on_possible_duplicate(tcb, seg, sacked_more, out);
  if (tcb.has(Tcb::fin_sent) && tcb.snd_una == tcb.snd_nxt && !on_fin_acknowledged(tcb, now, out)) return Verdict::processed();
  return Verdict::processed();
}

void Machine::on_new_ack(Tcb& tcb, const Segment& seg, Instant now, Outbox& out) noexcept {
  Cold* cold = this->cold(tcb);
  const std::uint32_t acked = seg.ack - tcb.snd_una;
  const std::uint32_t flight_before = tcb.flight();
  measure_round_trip(tcb, cold, seg, now);
  tcb.snd_una = seg.ack;
  tcb.expiries = 0;
  out.may_send = true;
  if (cold != nullptr) {
    cold->queue.acknowledge(store(), min(seg.ack, cold->queue.end()));
    cold->sack.advance(seg.ack);
    cold->high_rxt = max(cold->high_rxt, seg.ack);
    if (cold->phase != Cold::Phase::open)
      advance_recovery(tcb, *cold, acked, now, out);
    else if (flight_before + tcb.mss > tcb.cwnd)  // only a connection that uses its window may widen it (RFC 5681 3.1, RFC 7661)
      congestion_algorithms[engine::index_of(config_->congestion_control)].on_ack(tcb, *cold, acked, now);
    if (cold->phase == Cold::Phase::open) cold->dup_acks = 0;
    if (tcb.has(Tcb::send_blocked) && send_room(tcb) != 0) {
      tcb.clear(Tcb::send_blocked);
      out.event(Outbox::writable);
    }
    if (cold->queue.empty() && tcb.flight() == 0) release_cold(tcb);
  }
  if (tcb.flight() == 0)
    tcb.disarm(Timer::retransmit);  // RFC 6298 5.2
  else
    tcb.arm(Timer::retransmit, ticks_after(now, rto(tcb)));  // 5.3
}

/// Spec: RFC 6298 3 (Karn), RFC 7323 4.1: one sample per flight by our own clock, else the echoed timestamp.
void Machine::measure_round_trip(Tcb& tcb, Cold* cold, const Segment& seg, Instant now) noexcept {
  if (cold != nullptr && cold->is_timing) {
    if (seg.ack < cold->timed_end) return;
    cold->is_timing = false;
    return on_round_trip(tcb, now - cold->timed_at);
  }
  if (!tcb.has(Tcb::timestamps_ok) || !seg.options.has_timestamps || seg.options.ts_ecr == 0) return;
  const auto elapsed_ms = static_cast<std::int32_t>(timestamp(tcb, now) - seg.options.ts_ecr);
  if (elapsed_ms >= 0 && elapsed_ms < 60'000) on_round_trip(tcb, std::chrono::milliseconds{elapsed_ms});
}

/// RFC 6298 5: a new measurement is what ends the back-off. An ACK alone does not: it may be that of the first copy, and a path
/// slower than its RTO would see everything twice for ever.
void Machine::on_round_trip(Tcb& tcb, Duration rtt) noexcept {
  tcb.rto.on_sample(rtt);
  tcb.backoff = 0;
}

/// RFC 9293 3.10.7.4: only a segment that is not older than the last update may set the window.
void Machine::update_send_window(Tcb& tcb, const Segment& seg, Instant now, Outbox& out) noexcept {
  if (!(tcb.snd_wl1 < seg.seq || (tcb.snd_wl1 == seg.seq && tcb.snd_wl2 <= seg.ack))) return;
  const bool was_closed = tcb.snd_wnd_field == 0;
  if (seg.window != tcb.snd_wnd_field) out.may_send = true;
  tcb.snd_wnd_field = seg.window;
  tcb.max_snd_wnd_field = std::max(tcb.max_snd_wnd_field, seg.window);
  tcb.snd_wl1 = seg.seq;
  tcb.snd_wl2 = seg.ack;
  if (Cold* cold = this->cold(tcb); was_closed && seg.window != 0 && cold != nullptr) on_window_opened(tcb, *cold, now, out);
}

/// Counts towards fast retransmit.   Spec: RFC 5681 3.2, RFC 6675 5.
void Machine::on_possible_duplicate(Tcb& tcb, const Segment& seg, bool sacked_more, Outbox& out) noexcept {
  static_cast<void>(seg);
  Cold* cold = this->cold(tcb);
  if (cold == nullptr || tcb.flight() == 0 || tcb.snd_wnd_field == 0) return;  // answers to probes all look like duplicates
  // With SACK, an ACK that reports nothing new is no sign of an arrival (RFC 6675 2): our own probes make such ACKs.
  if (tcb.has(Tcb::sack_ok) && !sacked_more) return;
  cold->dup_acks = static_cast<std::uint8_t>(std::min(cold->dup_acks + 1, 255));
  out.may_send = true;
  if (cold->phase != Cold::Phase::open) return;
  const bool is_lost = cold->dup_acks >= 3 || (tcb.has(Tcb::sack_ok) && cold->sack.is_lost(tcb.snd_una, tcb.mss));
  if (is_lost && cold->recover <= tcb.snd_una) enter_recovery(tcb, *cold, out);
}

/// Our FIN, and with it all that we sent, was acknowledged.   Returns: false if the connection is over.
bool Machine::on_fin_acknowledged(Tcb& tcb, Instant now, Outbox& out) noexcept {
  switch (tcb.state) {
    case State::fin_wait_1:
      enter(tcb, State::fin_wait_2);
      if (tcb.has(Tcb::app_gone)) tcb.arm(Timer::life, ticks_after(now, config_->fin_wait_2));
      return true;
    case State::closing:
      enter(tcb, State::time_wait);
      out.enter_time_wait = true;
      out.close(CloseReason::finished);
      return false;
    case State::last_ack:
      end(tcb, CloseReason::finished, out);
      return false;
    case State::closed:
    case State::listen:
    case State::syn_sent:
    case State::syn_received:
    case State::established:
    case State::fin_wait_2:
    case State::close_wait:
    case State::time_wait:
    case State::count_:
      return true;
  }
  return true;
}

}  // namespace tcp
