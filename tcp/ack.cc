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
  News news;
  if (seg.flags.ece() && tcb.has(Tcb::ecn_ok)) on_congestion_echo(tcb, seg);
  const bool is_duplicate = is_duplicate_ack(tcb, seg);
  if (Cold* cold = this->cold(tcb); cold != nullptr && seg.options.sack_count != 0 && tcb.has(Tcb::sack_ok))
    read_sack(tcb, *cold, seg, now, news);
  if (tcb.snd_una < seg.ack) on_new_ack(tcb, seg, now, news, out);
  if (tcb.snd_una <= seg.ack) update_send_window(tcb, seg, now, out);
  if (Cold* cold = this->cold(tcb); cold != nullptr) {
    if (news.dsack.size() != 0) on_dsack(tcb, *cold, news.dsack, out);
    if (tcb.has(Tcb::sack_ok))
      on_sack_news(tcb, *cold, news, now, out);
    else if (is_duplicate)
      on_duplicate_ack(tcb, *cold, news, out);
  }
  if (tcb.has(Tcb::fin_sent) && tcb.snd_una == tcb.snd_nxt && !on_fin_acknowledged(tcb, now, out)) return Verdict::processed();
  return Verdict::processed();
}

/// Blocks outside (SEG.ACK, SND.NXT] are nonsense, but for a first one that lies below SEG.ACK or inside the second: D-SACK.
/// Spec: RFC 2018 3, RFC 2883 4.
void Machine::read_sack(Tcb& tcb, Cold& cold, const Segment& seg, Instant now, News& news) noexcept {
  const Seq una = max(seg.ack, tcb.snd_una);
  const auto& blocks = seg.options.sack;
  for (std::uint8_t i = 0; i < seg.options.sack_count; ++i) {
    const SeqRange block = blocks[i];
    if (!(block.start < block.end) || block.end > tcb.snd_nxt) continue;
    const bool is_inside_second = seg.options.sack_count > 1 && blocks[1].start <= block.start && block.end <= blocks[1].end;
    if (i == 0 && (block.end <= una || is_inside_second)) {
      if (block.start >= tcb.snd_una - tcb.max_snd_wnd()) news.dsack = block;
    } else if (block.start > una) {
      cold.flight.sack(block, [&](const Flight::Run& run, std::uint32_t bytes) noexcept {
        on_delivered(tcb, cold, run, seg, now, news, bytes);
        news.sacked += bytes;
      });
    }
  }
}

/// `bytes` of `run` have arrived.
void Machine::on_delivered(Tcb& tcb, Cold& cold, const Flight::Run& run, const Segment& seg, Instant now, News& news,
                           std::uint32_t bytes) const noexcept {
  news.delivered += bytes;
  const Stamp at = stamp(now);
  bool is_original = false;
  if (run.resent && tcb.has(Tcb::timestamps_ok) && seg.options.has_timestamps) {
    // Older than the last copy, by more than what rounding to milliseconds can be.
    const auto age_ms = static_cast<std::uint32_t>(duration_of(at - run.sent) / 1ms) + 1;
    is_original = static_cast<std::int32_t>(seg.options.ts_ecr - (timestamp(tcb, now) - age_ms)) < 0;
  }
  if (!run.resent) news.rtt = std::max<Stamp>(at - run.sent, 1);
  if (cold.rack.on_delivered(run, is_original, at)) tcb.set(Tcb::reorders);
}

/// The ACK leaves nothing outstanding, and there is nothing to learn from it about losses.
bool Machine::is_plain_end(const Tcb& tcb, const Cold& cold) noexcept {
  return tcb.flight() == 0 && cold.queue.end() <= tcb.snd_una && cold.phase == Cold::Phase::open && cold.flight.sacked() == 0 &&
         !cold.undo.is_armed && !cold.is_probing;
}

/// Only a connection that uses its window may widen it (RFC 5681 3.1, RFC 7661), and not on an ACK that says that it is too wide
/// (RFC 3168 6.1.2).
void Machine::grow(Tcb& tcb, Cold& cold, const Segment& seg, std::uint32_t acked, Instant now) const noexcept {
  if (tcb.flight() + acked + tcb.mss > tcb.cwnd && !(seg.flags.ece() && tcb.has(Tcb::ecn_ok)))
    algorithm().on_ack(tcb, cold, acked, now);
}

/// After timeouts something got through. If it was made smaller for that, the path is known now.
void Machine::on_progress(Tcb& tcb, Outbox& out) noexcept {
  tcb.expiries = 0;
  out.has_shrunk = tcb.has(Tcb::shrunk);
  tcb.clear(Tcb::shrunk);
}

void Machine::on_new_ack(Tcb& tcb, const Segment& seg, Instant now, News& news, Outbox& out) noexcept {
  Cold* cold = this->cold(tcb);
  const std::uint32_t acked = seg.ack - tcb.snd_una;
  measure_round_trip(tcb, cold, seg, now);
  tcb.snd_una = seg.ack;
  if (tcb.expiries != 0) [[unlikely]]
    on_progress(tcb, out);
  news.has_moved = true;
  out.may_send = true;
  if (cold != nullptr && is_plain_end(tcb, *cold)) {
    grow(tcb, *cold, seg, acked, now);
    release_cold(tcb);
  } else if (cold != nullptr) {
    cold->queue.acknowledge(store(), min(seg.ack, cold->queue.end()));
    cold->flight.acknowledge(seg.ack, [&](const Flight::Run& run, std::uint32_t bytes) noexcept {
      on_delivered(tcb, *cold, run, seg, now, news, bytes);
    });
    on_ack_of_probe(tcb, *cold, seg, news);
    check_echo(tcb, *cold, seg, acked, out);
    if (cold->phase != Cold::Phase::open)
      advance_recovery(tcb, *cold, acked, now, out);
    else
      grow(tcb, *cold, seg, acked, now);
    if (cold->phase == Cold::Phase::open) cold->dup_acks = 0;
    if (cold->queue.empty() && tcb.flight() == 0) release_cold(tcb);
  }
  if (tcb.has(Tcb::send_blocked) && send_room(tcb) != 0) {
    tcb.clear(Tcb::send_blocked);
    out.event(Outbox::writable);
  }
  if (tcb.flight() == 0)
    tcb.disarm(Timer::retransmit);  // RFC 6298 5.2
  else
    arm_retransmission(tcb, cold, now);  // 5.3
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

/// With SACK, only an ACK that reports something new is a sign of an arrival (RFC 6675 2): our own probes draw others.
void Machine::on_sack_news(Tcb& tcb, Cold& cold, const News& news, Instant now, Outbox& out) noexcept {
  if (news.sacked != 0) {
    cold.dup_acks = static_cast<std::uint8_t>(std::min(cold.dup_acks + 1, 255));
    out.may_send = true;
  }
  if (cold.flight.sacked() != 0 || cold.phase != Cold::Phase::open) detect_losses(tcb, cold, news, now, out);
}

/// Without SACK: counts towards fast retransmit.   Spec: RFC 5681 3.2, RFC 6582.
void Machine::on_duplicate_ack(Tcb& tcb, Cold& cold, const News& news, Outbox& out) noexcept {
  if (tcb.flight() == 0 || tcb.snd_wnd_field == 0) return;  // answers to probes all look like duplicates
  cold.dup_acks = static_cast<std::uint8_t>(std::min(cold.dup_acks + 1, 255));
  out.may_send = true;
  if (cold.phase != Cold::Phase::open || cold.dup_acks < 3 || tcb.snd_una < cold.recover) return;
  enter_recovery(tcb, cold, news);
  out.retransmit = true;  // RFC 6582 3.2 2: the first one goes whatever the windows say
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
