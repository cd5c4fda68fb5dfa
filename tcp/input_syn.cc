// The handshake: LISTEN, SYN-SENT, SYN-RECEIVED. RFC 9293 3.10.7.2, 3.10.7.3, 3.10.7.4.
#include <algorithm>
#include <bit>

#include "tcp/congestion.h"
#include "tcp/machine.h"
#include "tcp/syn_cookies.h"
#include "tcp/window.h"

namespace tcp {

namespace {

/// The smallest shift that lets a window of `bytes` be said in 16 bits.   Spec: RFC 7323 2.2, 2.3.
std::uint8_t shift_for(std::uint64_t bytes) noexcept {
  std::uint8_t shift = 0;
  while (shift < 14 && (std::uint64_t{65'535} << shift) < bytes) ++shift;
  return shift;
}

}  // namespace

/// What active and passive OPEN have in common.
void Machine::start(Tcb& tcb, Seq iss, std::uint16_t our_mss, Instant now) noexcept {
  tcb.snd_una = iss;
  tcb.snd_nxt = iss;
  tcb.mss = our_mss;
  tcb.ssthresh = 0x7fffffff;  // RFC 5681 3.1: arbitrarily high
  tcb.active_at = engine::TimerWheel::floor_tick(now);
  tcb.grow_at = static_cast<std::uint16_t>(tcb.active_at);
  tcb.rcv_buffer_kib = initial_receive_buffer_kib();
  tcb.promised_mbufs = engine::Account::floor_default;  // charged by Account::open_connection when the Tcb was made
  tcb.quick_acks = quick_acks & 15;
  // Our shift is put on offer; if the peer has none, both are zero (RFC 7323 2.2).
  tcb.shifts = static_cast<std::uint8_t>(shift_for(config_->receive_buffer_max) << 4);
}

void Machine::on_listen(Tcb& tcb, const Segment& syn, Seq iss, std::uint16_t our_mss, Instant now, Outbox& out) noexcept {
  tcb.set(Tcb::passive);
  start(tcb, iss, our_mss, now);
  read_syn_options(tcb, syn, our_mss, now);
  enter(tcb, State::syn_received);
  out.syn = true;
}

SegmentOut Machine::cookie_answer(const Segment& syn, Seq cookie, std::uint16_t our_mss, std::uint32_t clock) const noexcept {
  const Options& o = syn.options;
  SegmentOut s;
  s.seq = cookie;
  s.ack = syn.seq + 1;
  s.flags.bits = Flags::syn_bit | Flags::ack_bit;
  s.window = static_cast<std::uint16_t>(std::min(std::uint32_t{initial_receive_buffer_kib()} << 10, 65'535u));
  s.options.mss = our_mss;
  if (!o.has_timestamps) return s;  // nothing would bring the other options back
  const bool has_ecn = config_->ecn && syn.flags.ece() && syn.flags.cwr();
  if (has_ecn) s.flags.bits |= Flags::ece_bit;
  s.options.has_timestamps = true;
  s.options.ts_val = SynCookies::timestamp(clock, o, has_ecn);
  s.options.ts_ecr = o.ts_val;
  s.options.sack_permitted = o.sack_permitted;
  if (o.window_shift >= 0) s.options.window_shift = static_cast<std::int8_t>(shift_for(config_->receive_buffer_max));
  return s;
}

void Machine::on_cookie(Tcb& tcb, const Segment& syn, Seq iss, std::uint16_t our_mss, Instant now, Outbox& out) noexcept {
  on_listen(tcb, syn, iss, our_mss, now, out);
  tcb.snd_nxt = iss + 1;  // the SYN-ACK left long ago
  advertise(tcb);
}

void Machine::open(Tcb& tcb, Seq iss, std::uint16_t our_mss, Instant now, Outbox& out) noexcept {
  start(tcb, iss, our_mss, now);
  enter(tcb, State::syn_sent);
  out.syn = true;
}

/// Takes RCV.NXT, the window and the options of the peer's SYN.
void Machine::read_syn_options(Tcb& tcb, const Segment& syn, std::uint16_t our_mss, Instant now) noexcept {
  static_cast<void>(now);
  const Options& o = syn.options;
  tcb.rcv_nxt = tcb.rcv_adv = tcb.last_ack_sent = syn.seq + 1;
  std::uint16_t mss = o.mss == 0 ? 536 : std::max(o.mss, mss_min);  // RFC 9293 MUST-15: 536 without the option
  mss = std::min(mss, our_mss);
  if (o.has_timestamps) {
    tcb.set(Tcb::timestamps_ok);
    tcb.ts_recent = o.ts_val;
    mss = static_cast<std::uint16_t>(mss - 12);  // in every segment from now on
  }
  tcb.mss = mss;
  if (o.sack_permitted) tcb.set(Tcb::sack_ok);
  // RFC 3168 6.1.1: a SYN asks with ECE and CWR, a SYN-ACK agrees with ECE alone.
  if (config_->ecn && syn.flags.ece() && syn.flags.cwr() != syn.flags.ack() && !tcb.has(Tcb::syn_resent)) tcb.set(Tcb::ecn_ok);
  tcb.shifts = o.window_shift >= 0 ? static_cast<std::uint8_t>((tcb.shifts & 0xf0) | o.window_shift) : std::uint8_t{0};
  tcb.cwnd = initial_cwnd(mss, config_->initial_window);
  // The window of a SYN is not scaled: kept in units of the shift, rounded down.
  tcb.snd_wnd_field = tcb.max_snd_wnd_field = static_cast<std::uint16_t>(syn.window >> tcb.snd_shift());
  tcb.snd_wl1 = syn.seq;
  tcb.snd_wl2 = syn.ack;
}

/// SEGMENT ARRIVES in SYN-SENT.   Spec: RFC 9293 3.10.7.3.
Verdict Machine::on_syn_sent(Tcb& tcb, Segment& seg, Instant now, Outbox& out) noexcept {
  const bool is_ack_acceptable = seg.flags.ack() && seg.ack == tcb.snd_nxt && tcb.snd_nxt != tcb.snd_una;
  if (seg.flags.ack() && !is_ack_acceptable) {  // first
    if (!seg.flags.rst()) {
      out.reset = true;
      out.reset_seq = seg.ack;
    }
    return Verdict::dropped(Drop::bad_ack);
  }
  if (seg.flags.rst()) {  // second
    if (!is_ack_acceptable) return Verdict::dropped(Drop::reset_not_exact);
    counters_.resets_received.add();
    end(tcb, CloseReason::refused, out);
    return Verdict::processed();
  }
  if (!seg.flags.syn()) return Verdict::dropped(Drop::no_ack);  // fifth
  read_syn_options(tcb, seg, tcb.mss, now);                     // fourth
  advertise(tcb);                                               // text may follow in this very burst
  if (!is_ack_acceptable) {                                     // simultaneous open
    enter(tcb, State::syn_received);
    out.syn = true;
    return Verdict::processed();
  }
  establish(tcb, seg, now);
  out.ack();
  out.may_send = true;
  out.event(Outbox::connected);
  seg.seq += 1;                                    // what follows is the text's number, not the SYN's
  return accept_text_and_fin(tcb, seg, now, out);  // sixth
}

/// RFC 9293 3.10.7.4 fifth, SYN-RECEIVED.   Returns: false if the ACK is not of our SYN; a reset is then on its way.
bool Machine::on_syn_received_ack(Tcb& tcb, const Segment& seg, Instant now, Outbox& out) noexcept {
  if (seg.ack != tcb.snd_nxt) {
    out.reset = true;
    out.reset_seq = seg.ack;
    return false;
  }
  establish(tcb, seg, now);
  out.may_send = true;
  out.event(tcb.has(Tcb::passive) ? Outbox::accepted : Outbox::connected);
  return true;
}

/// Our SYN was acknowledged.
void Machine::establish(Tcb& tcb, const Segment& seg, Instant now) noexcept {
  if (tcb.has(Tcb::syn_resent)) {
    measure_round_trip(tcb, nullptr, seg, now);  // a timestamp knows which one was answered
  } else if (tcb.is_armed(Timer::retransmit)) {  // the time since its timer was started
    const auto left = static_cast<std::int32_t>(tcb.deadline(Timer::retransmit) - engine::TimerWheel::floor_tick(now));
    on_round_trip(tcb, std::max(Duration::zero(), Rto::initial - left * engine::TimerWheel::tick));
  }
  if (tcb.expiries != 0) {
    tcb.cwnd = tcb.mss;  // RFC 5681 3.1: the initial window after a lost SYN is one segment
    if (!tcb.rto.has_sample()) tcb.rto.on_lost_syn();
  }
  tcb.disarm(Timer::retransmit);
  tcb.backoff = tcb.expiries = 0;
  tcb.snd_una = seg.ack;
  const bool is_syn = seg.flags.syn();
  tcb.snd_wnd_field = is_syn ? static_cast<std::uint16_t>(seg.window >> tcb.snd_shift()) : seg.window;
  tcb.max_snd_wnd_field = std::max(tcb.max_snd_wnd_field, tcb.snd_wnd_field);
  tcb.snd_wl1 = seg.seq;
  tcb.snd_wl2 = seg.ack;
  enter(tcb, State::established);
  if (config_->keepalive != Duration::zero()) tcb.arm(Timer::life, ticks_after(now, config_->keepalive));
}

}  // namespace tcp
