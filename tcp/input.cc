// SEGMENT ARRIVES on a connection, RFC 9293 3.10.7.4. Step names and order are the RFC's.
#include <algorithm>

#include "engine/check.h"
#include "tcp/congestion.h"
#include "tcp/machine.h"

namespace tcp {

namespace {

/// RFC 7323 5.3 R1: a timestamp older than the last one. RST is exempt. That TS.Recent ends after 24 idle days (5.5) is not
/// written here: keep-alive refreshes it long before, and where it is off the application ends a connection that is idle for a
/// day. A segment without the timestamps that were agreed on passes (3.2 SHOULD drop it): boxes on the way cut them off, and
/// Linux takes it too.
bool passes_paws(const Tcb& tcb, const Segment& seg) noexcept {
  if (!tcb.has(Tcb::timestamps_ok) || !seg.options.has_timestamps || seg.flags.rst()) return true;
  return static_cast<std::int32_t>(seg.options.ts_val - tcb.ts_recent) >= 0;
}

/// The table of RFC 9293 3.10.7.4, first. A segment at RCV.NXT is taken even when the window is closed: its text is cut to
/// nothing, but its ACK counts ("special allowance").
bool is_acceptable(const Tcb& tcb, const Segment& seg) noexcept {
  const std::uint32_t window = tcb.rcv_wnd();
  const std::uint32_t length = seg.length();
  if (seg.seq == tcb.rcv_nxt) return true;
  if (window == 0) return false;
  const Seq end = tcb.rcv_nxt + window;
  const bool starts_inside = tcb.rcv_nxt <= seg.seq && seg.seq < end;
  if (length == 0) return starts_inside;
  const Seq last = seg.seq + (length - 1);
  return starts_inside || (tcb.rcv_nxt <= last && last < end);
}

/// RFC 9293 3.5 figure 8, line 6: both sides opened, our SYN-ACK and theirs crossed. Its SYN was seen, what counts is its ACK: by
/// the letter of 3.10.7.4 it is old, and two such peers would answer each other with SYN-ACKs for ever.
bool is_simultaneous_syn_ack(const Tcb& tcb, const Segment& seg) noexcept {
  return tcb.state == State::syn_received && !tcb.has(Tcb::passive) && seg.flags.syn() && seg.flags.ack() && !seg.flags.rst() &&
         seg.seq + 1 == tcb.rcv_nxt;
}

void forget_syn(const Tcb& tcb, Segment& seg) noexcept {
  seg.flags.bits = static_cast<std::uint8_t>(seg.flags.bits & ~Flags::syn_bit);
  seg.seq += 1;
  seg.window = static_cast<std::uint16_t>(seg.window >> tcb.snd_shift());  // that of a SYN is not scaled
}

/// RFC 7323 4.3: the timestamp to echo is the one of the segment that the next ACK is about.
void update_ts_recent(Tcb& tcb, const Segment& seg) noexcept {
  if (tcb.has(Tcb::timestamps_ok) && seg.options.has_timestamps && seg.seq <= tcb.last_ack_sent &&
      static_cast<std::int32_t>(seg.options.ts_val - tcb.ts_recent) >= 0)
    tcb.ts_recent = seg.options.ts_val;
}

}  // namespace

Machine::Machine(const Config& config, const Memory& memory, Counters& counters) noexcept
    : config_{&config}, memory_{memory}, counters_{counters} {}

Verdict Machine::on_segment(Tcb& tcb, Segment& seg, Instant now, Outbox& out) noexcept {
  DCHECK(tcb.state != State::closed && tcb.state != State::listen && tcb.state != State::time_wait);
  restart_if_idle(tcb, now);
  tcb.active_at = engine::TimerWheel::floor_tick(now);
  if (tcb.state == State::syn_sent) return on_syn_sent(tcb, seg, now, out);
  if (is_simultaneous_syn_ack(tcb, seg)) forget_syn(tcb, seg);
  if (!passes_paws(tcb, seg)) {  // RFC 7323 5.3 R1, before first
    if (seg.length() != 0 || may_answer(tcb, now)) out.ack();
    return Verdict::dropped(Drop::paws);
  }
  if (!is_acceptable(tcb, seg)) return reply_unacceptable(tcb, seg, now, out);  // first: sequence number
  if (seg.flags.rst()) return on_reset(tcb, seg, now, out);                     // second: RST, RFC 5961 3.2
  if (seg.flags.syn()) {  // fourth: SYN, RFC 5961 4.2 (third: not supported)
    challenge(tcb, now, out);
    return Verdict::dropped(Drop::unexpected_syn);
  }
  if (!seg.flags.ack()) return Verdict::dropped(Drop::no_ack);  // fifth: ACK
  update_ts_recent(tcb, seg);
  if (tcb.state == State::syn_received) {
    if (!on_syn_received_ack(tcb, seg, now, out)) return Verdict::dropped(Drop::bad_ack);
  } else if (const Verdict v = on_ack(tcb, seg, now, out); v.is_dropped()) {
    return v;
  }
  if (tcb.state == State::closed || tcb.state == State::time_wait) return Verdict::processed();
  if (tcb.has(Tcb::ecn_ok)) on_congestion_experienced(tcb, seg, out);
  return accept_text_and_fin(tcb, seg, now, out);
}

/// RFC 9293 3.10.7.4 sixth (URG: ignored) to eighth.   Requires: seg.seq is that of the text, behind a SYN.
Verdict Machine::accept_text_and_fin(Tcb& tcb, Segment& seg, Instant now, Outbox& out) noexcept {
  const Seq text_end = seg.seq + seg.text_bytes;                                                      // before the text is cut
  const Verdict text = seg.text_bytes != 0 ? accept_text(tcb, seg, now, out) : Verdict::processed();  // seventh
  if (seg.flags.fin() && text_end == tcb.rcv_nxt) on_fin(tcb, now, out);                              // eighth: in order only
  return text;
}

Verdict Machine::reply_unacceptable(Tcb& tcb, const Segment& seg, Instant now, Outbox& out) noexcept {
  const bool is_old = seg.seq < tcb.rcv_nxt;
  if (is_old && seg.text_bytes != 0) out.dsack = {seg.seq, min(seg.seq + seg.text_bytes, tcb.rcv_nxt)};
  if (seg.flags.rst()) return Verdict::dropped(Drop::reset_not_exact);
  // Our SYN-ACK was lost: it is due again, an ACK alone would not help a peer in SYN-SENT.
  if (tcb.state == State::syn_received && seg.flags.syn() && seg.seq + 1 == tcb.rcv_nxt)
    out.syn = true;
  else if (seg.length() != 0 || may_answer(tcb, now))  // two sides that disagree must not answer each other for ever
    out.ack();
  return Verdict::dropped(is_old ? Drop::duplicate : Drop::outside_window);
}

/// Spec: RFC 9293 3.10.7.4 second; RFC 5961 3.2: only an RST exactly at RCV.NXT is believed.
Verdict Machine::on_reset(Tcb& tcb, const Segment& seg, Instant now, Outbox& out) noexcept {
  if (seg.seq != tcb.rcv_nxt) {
    challenge(tcb, now, out);
    return Verdict::dropped(Drop::reset_not_exact);
  }
  counters_.resets_received.add();
  end(tcb, tcb.state == State::syn_received && !tcb.has(Tcb::passive) ? CloseReason::refused : CloseReason::reset, out);
  return Verdict::processed();
}

void Machine::challenge(Tcb& tcb, Instant now, Outbox& out) noexcept {
  if (!may_answer(tcb, now)) return;
  counters_.challenge_acks.add();
  out.ack();
}

/// RFC 5961 7: ten answers in some five seconds to what changes nothing. For each connection: a limit of all together would let a
/// peer see on its own what others draw, and find their numbers (Cao et al. 2016, CVE-2016-5696).
bool Machine::may_answer(Tcb& tcb, Instant now) noexcept {
  constexpr int period_bits = 15;  // of ticks: 4.3 s
  const auto period = static_cast<std::uint8_t>(engine::TimerWheel::floor_tick(now) >> period_bits & 15);
  if (tcb.answers_period != period) tcb.answers = 0;
  tcb.answers_period = period & 15;
  if (tcb.answers == answers_max) return false;
  ++tcb.answers;
  return true;
}

/// Spec: RFC 9293 3.10.7.4 eighth.   Requires: all text before the FIN was received.
void Machine::on_fin(Tcb& tcb, Instant now, Outbox& out) noexcept {
  if (!may_receive_text(tcb.state)) return;  // a FIN was received before; the sequence check let this one through as a duplicate
  tcb.rcv_nxt += 1;
  tcb.rcv_adv = max(tcb.rcv_adv, tcb.rcv_nxt);
  out.ack();
  out.event(Outbox::peer_closed);
  switch (tcb.state) {
    case State::established:
      return enter(tcb, State::close_wait);
    case State::fin_wait_1:
      return enter(tcb, State::closing);  // our FIN is not acknowledged: on_ack would have moved us on
    case State::fin_wait_2:
      enter(tcb, State::time_wait);
      out.enter_time_wait = true;
      return out.close(CloseReason::finished);
    case State::closed:
    case State::listen:
    case State::syn_sent:
    case State::syn_received:
    case State::close_wait:
    case State::closing:
    case State::last_ack:
    case State::time_wait:
    case State::count_:
      break;
  }
  static_cast<void>(now);
}

/// RFC 5681 4.1: after a retransmission timeout of silence the congestion window says nothing about the network any more.
void Machine::restart_if_idle(Tcb& tcb, Instant now) noexcept {
  if (tcb.flight() != 0) return;
  const auto silence = static_cast<std::int32_t>(engine::TimerWheel::floor_tick(now) - tcb.active_at) * engine::TimerWheel::tick;
  if (silence > config_->rto_min && silence > rto(tcb))
    tcb.cwnd = std::min(tcb.cwnd, initial_cwnd(tcb.mss, config_->initial_window));
}

void Machine::end(Tcb& tcb, CloseReason why, Outbox& out) noexcept {
  enter(tcb, State::closed);
  tcb.timers_armed = 0;
  out.close(why);
}

void Machine::enter(Tcb& tcb, State state) noexcept {
  if (tcb.state != State::closed) counters_.connections[engine::index_of(tcb.state)].sub();
  tcb.state = state;
  if (state != State::closed) counters_.connections[engine::index_of(state)].add();
}

}  // namespace tcp
