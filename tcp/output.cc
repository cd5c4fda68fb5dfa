// Segments at the end of a turn: what the Outbox wants, in one pass per connection.
#include <algorithm>
#include <utility>

#include "tcp/machine.h"

namespace tcp {

/// Builds the segments of one connection in one turn.
class Machine::Sender {
 public:
  Sender(Machine& machine, Tcb& tcb, Outbox& out, Instant now, SegmentSink& sink) noexcept
      : m_{machine}, tcb_{tcb}, out_{out}, now_{now}, sink_{sink}, cold_{machine.cold(tcb)} {}

  /// Returns: true if there is more to send than a turn may.
  bool run() noexcept {
    if (out_.reset) reset();
    if (tcb_.state == State::closed || tcb_.state == State::time_wait) {
      if (tcb_.state == State::time_wait && out_.acks_now != 0) pure_ack(tcb_.snd_nxt);
      return false;
    }
    if (out_.syn && !is_synchronized(tcb_.state)) syn();  // an ACK of the same burst may have made it superfluous
    if (tcb_.state == State::syn_received && out_.acks_now != 0 && !acknowledged_) pure_ack(tcb_.snd_nxt);
    if (!is_synchronized(tcb_.state)) return false;
    bool more = false;
    if (out_.retransmit) retransmit_first();
    if (out_.probe) probe();
    if (out_.loss_probe) probe_tail();
    if (out_.may_send || out_.retransmit || out_.probe) more = send_what_fits();
    if (has_sent_) start_retransmit_timer();
    if (out_.keepalive) pure_ack(tcb_.snd_nxt - 1);  // RFC 1122 4.2.3.6: an old sequence number draws an ACK
    if (!acknowledged_) acknowledge();
    return more;
  }

 private:
  [[nodiscard]] SegmentOut segment(Seq seq, std::uint8_t flags) noexcept;
  void add_sack(Options& options, const Reassembly* later) noexcept;
  bool emit(SegmentOut& segment) noexcept;
  void reset() noexcept;
  void syn() noexcept;
  void pure_ack(Seq seq) noexcept;
  void acknowledge() noexcept;
  void retransmit_first() noexcept;
  void probe() noexcept;
  void probe_tail() noexcept;
  bool resend_fin() noexcept;
  void note_sent() noexcept { is_first_ |= tcb_.flight() == 0, has_sent_ = true; }
  void record_sent(Seq from, Seq end, bool is_retransmission) noexcept;
  bool send_what_fits() noexcept;
  bool send_text(Seq from, std::uint32_t bytes, bool is_retransmission) noexcept;
  [[nodiscard]] std::uint32_t new_text_bytes(std::uint32_t usable) noexcept;
  bool send_fin_if_due() noexcept;
  void arm_retransmit() noexcept;
  void start_retransmit_timer() noexcept;
  [[nodiscard]] std::uint32_t text_max(const Options& options) const noexcept {
    return tcb_.mss - (options.sack_count == 0 ? 0u : std::min<std::uint32_t>(tcb_.mss / 2, 4u + 8u * options.sack_count));
  }

  Machine& m_;
  Tcb& tcb_;
  Outbox& out_;
  Instant now_;
  SegmentSink& sink_;
  Cold* cold_;
  bool acknowledged_ = false;  // an ACK left with something
  bool has_sent_ = false;      // text or FIN
  bool is_first_ = false;      // nothing was outstanding before
};

/// A segment with everything that every segment of a synchronized connection has.
SegmentOut Machine::Sender::segment(Seq seq, std::uint8_t flags) noexcept {
  SegmentOut s;
  s.seq = seq;
  s.flags.bits = static_cast<std::uint8_t>(flags | Flags::ack_bit | (tcb_.has(Tcb::ecn_echo) ? Flags::ece_bit : 0));
  m_.advertise(tcb_);
  s.ack = tcb_.rcv_nxt;
  s.window = static_cast<std::uint16_t>(tcb_.rcv_wnd() >> tcb_.rcv_shift());
  if (tcb_.has(Tcb::timestamps_ok)) {
    s.options.has_timestamps = true;
    s.options.ts_val = m_.timestamp(tcb_, now_);
    s.options.ts_ecr = tcb_.ts_recent;
  }
  const Reassembly* later = m_.reassembly(tcb_);
  if ((later != nullptr || out_.dsack.size() != 0) && tcb_.has(Tcb::sack_ok)) add_sack(s.options, later);
  return s;
}

/// What arrived twice goes first (RFC 2883 4), and once.
void Machine::Sender::add_sack(Options& o, const Reassembly* later) noexcept {
  const std::size_t blocks_max = tcb_.has(Tcb::timestamps_ok) ? 3 : 4;
  const bool has_dsack = out_.dsack.size() != 0;
  if (later != nullptr) later->write_sack(o, blocks_max - (has_dsack ? 1 : 0));
  if (!has_dsack) return;
  std::move_backward(o.sack.begin(), o.sack.begin() + o.sack_count, o.sack.begin() + o.sack_count + 1);
  o.sack[0] = std::exchange(out_.dsack, SeqRange{});
  ++o.sack_count;
}

bool Machine::Sender::emit(SegmentOut& s) noexcept {
  if (!sink_.emit(tcb_, s)) return false;
  if (s.flags.ack()) {
    acknowledged_ = true;
    tcb_.last_ack_sent = s.ack;
    tcb_.ack_segments = 0;
    if (tcb_.quick_acks != 0) --tcb_.quick_acks;
    tcb_.disarm(Timer::delayed_ack);
  }
  return true;
}

void Machine::Sender::reset() noexcept {
  SegmentOut s;
  s.seq = out_.reset_seq;
  s.flags.bits = Flags::rst_bit;
  if (out_.reset_has_ack) {
    s.flags.bits |= Flags::ack_bit;
    s.ack = out_.reset_ack;
  }
  if (sink_.emit(tcb_, s)) m_.counters_.resets_sent.add();
}

void Machine::Sender::syn() noexcept {
  const bool is_answer = tcb_.state == State::syn_received;
  if (tcb_.flight() != 0) tcb_.set(Tcb::syn_resent);
  SegmentOut s;
  s.seq = tcb_.snd_una;
  s.flags.bits = Flags::syn_bit;
  if (is_answer) {
    m_.advertise(tcb_);
    s.flags.bits |= Flags::ack_bit;
    s.ack = tcb_.rcv_nxt;
    s.window = static_cast<std::uint16_t>(std::min<std::uint32_t>(tcb_.rcv_wnd(), 65'535));  // not scaled
    s.options.sack_permitted = tcb_.has(Tcb::sack_ok);
    s.options.has_timestamps = tcb_.has(Tcb::timestamps_ok);
    if (tcb_.has(Tcb::ecn_ok) && !tcb_.has(Tcb::syn_resent)) s.flags.bits |= Flags::ece_bit;  // RFC 3168 6.1.1
    s.options.window_shift = tcb_.shifts != 0 ? static_cast<std::int8_t>(tcb_.rcv_shift()) : std::int8_t{-1};
  } else {
    // RFC 3168 6.1.1.1: not on a retransmission, in case a box on the way drops such SYNs.
    if (m_.config_->ecn && !tcb_.has(Tcb::syn_resent)) s.flags.bits |= Flags::ece_bit | Flags::cwr_bit;
    s.window = m_.first_window(tcb_);
    s.options.sack_permitted = true;
    s.options.has_timestamps = true;
    s.options.window_shift = static_cast<std::int8_t>(tcb_.rcv_shift());
  }
  s.options.mss = sink_.advertised_mss(tcb_);
  if (s.options.has_timestamps) {
    s.options.ts_val = m_.timestamp(tcb_, now_);
    s.options.ts_ecr = is_answer ? tcb_.ts_recent : 0;
  }
  if (emit(s)) tcb_.snd_nxt = tcb_.snd_una + 1;
  if (!tcb_.is_armed(Timer::retransmit))  // else the peer's SYN drew it: it must not put off the end of the handshake
    tcb_.arm(Timer::retransmit, Machine::ticks_after(now_, Rto{}.value(m_.config_->rto_min, tcb_.backoff)));
}

void Machine::Sender::pure_ack(Seq seq) noexcept {
  SegmentOut s = segment(seq, 0);
  if (emit(s)) m_.counters_.pure_acks_sent.add();
}

/// No segment carried an ACK: one of its own now, or the timer.
void Machine::Sender::acknowledge() noexcept {
  for (std::uint8_t n = out_.acks_now; n != 0; --n) pure_ack(bare_seq(tcb_));
  if (out_.acks_now == 0 && out_.ack_soon && !tcb_.is_armed(Timer::delayed_ack))
    tcb_.arm(Timer::delayed_ack, Machine::ticks_after(now_, m_.config_->delayed_ack));
}

/// Sends [from, from + bytes) of the queue, at most a segment; with FIN if it is the end and FIN is due.
bool Machine::Sender::send_text(Seq from, std::uint32_t bytes, bool is_retransmission) noexcept {
  SegmentOut s = segment(from, 0);
  s.text_bytes = std::min(bytes, text_max(s.options));
  const Seq end = from + s.text_bytes;
  const bool is_last = end == cold_->queue.end();
  if (is_last) s.flags.bits |= Flags::psh_bit;
  const bool with_fin = is_last && tcb_.has(Tcb::fin_queued);
  if (with_fin) s.flags.bits |= Flags::fin_bit;
  if (tcb_.has(Tcb::ecn_ok) && !is_retransmission) {  // RFC 3168 6.1.2, 6.1.5
    s.is_ecn_capable = true;
    if (tcb_.has(Tcb::ecn_cwr)) s.flags.bits |= Flags::cwr_bit;
  }
  if (!emit(s)) return false;
  note_sent();
  record_sent(from, end + (with_fin ? 1u : 0u), is_retransmission);
  if (!is_retransmission) {
    tcb_.clear(Tcb::ecn_cwr);
    if (!cold_->is_timing && tcb_.snd_nxt < end && cold_->phase == Cold::Phase::open) {
      cold_->is_timing = true;
      cold_->timed_end = end;
      cold_->timed_at = now_;
    }
  }
  tcb_.snd_nxt = max(tcb_.snd_nxt, end + (with_fin ? 1u : 0u));
  if (with_fin && !tcb_.has(Tcb::fin_sent)) {
    tcb_.set(Tcb::fin_sent);
    m_.enter(tcb_, tcb_.state == State::close_wait ? State::last_ack : State::fin_wait_1);
  }
  return true;
}

void Machine::Sender::record_sent(Seq from, Seq end, bool is_retransmission) noexcept {
  const Stamp at = stamp(now_);
  if (const Seq known_end = cold_->flight.end(); from == known_end) {
    cold_->flight.on_sent(from, end, at);
  } else {
    cold_->flight.on_sent(from, min(end, known_end), at);
    if (known_end < end) cold_->flight.on_sent(known_end, end, at);  // a FIN joins text that goes again
  }
  if (cold_->phase == Cold::Phase::recovery) cold_->prr.on_sent(end - from);
  if (!is_retransmission) return;
  m_.counters_.retransmitted_segments.add();
  cold_->is_timing = false;  // Karn
  Undo& undo = cold_->undo;
  if (!undo.is_armed) return;
  if (!undo.has_resent) undo.first_resent_at = m_.timestamp(tcb_, now_);
  undo.has_resent = true;
  undo.resent += end - from;
}

/// RFC 6298 5.1. What ran and was counted before the first outstanding segment was about something else: a closed window,
/// keep-alive.
void Machine::Sender::start_retransmit_timer() noexcept {
  if (is_first_) tcb_.expiries = 0;
  if (is_first_ || !tcb_.is_armed(Timer::retransmit)) return arm_retransmit();
  if (cold_ != nullptr) m_.put_off_probe(tcb_, *cold_, now_);
}

void Machine::Sender::arm_retransmit() noexcept { m_.arm_retransmission(tcb_, cold_, now_); }

/// The first outstanding segment again, whatever the windows say.
void Machine::Sender::retransmit_first() noexcept {
  arm_retransmit();
  if (cold_ == nullptr || cold_->queue.end() <= tcb_.snd_una) {  // only the FIN is outstanding
    resend_fin();
    return;
  }
  const Seq end = min(cold_->flight.hole_end(), cold_->queue.end());
  if (tcb_.snd_una < end) send_text(tcb_.snd_una, end - tcb_.snd_una, true);  // else an ACK of the same turn made it superfluous
}

/// The FIN alone, again.   Returns: whether it went.
bool Machine::Sender::resend_fin() noexcept {
  if (!tcb_.has(Tcb::fin_sent) || tcb_.flight() == 0) return false;
  const Seq seq = tcb_.snd_nxt - 1;
  SegmentOut s = segment(seq, Flags::fin_bit);
  if (!emit(s)) return false;
  if (cold_ != nullptr)
    record_sent(seq, seq + 1, true);
  else
    m_.counters_.retransmitted_segments.add();
  return true;
}

/// RFC 8985 7.3: a segment of new text, beyond cwnd if need be, or the last one again.
void Machine::Sender::probe_tail() noexcept {
  if (cold_ == nullptr || tcb_.flight() == 0) return;
  const Seq queue_end = cold_->queue.end();
  const Seq new_end = min(queue_end, tcb_.snd_una + tcb_.snd_wnd());
  cold_->probe_is_copy = new_end <= tcb_.snd_nxt;
  if (!cold_->probe_is_copy) {
    send_text(tcb_.snd_nxt, new_end - tcb_.snd_nxt, false);
  } else if (const Seq text_end = min(queue_end, tcb_.snd_nxt); text_end <= tcb_.snd_una) {
    resend_fin();
  } else {
    const std::uint32_t bytes = std::min<std::uint32_t>(text_end - tcb_.snd_una, tcb_.mss);
    send_text(text_end - bytes, bytes, true);
  }
  cold_->tail = tcb_.snd_nxt;
  arm_retransmit();
}

/// Asks for the window. Not with a byte of text, as RFC 9293 3.8.6.1 has it, but as Linux does, with an old sequence number that
/// draws an ACK: a byte that the peer takes while its window is closed, and whose ACK is lost, would leave the two sides with
/// different ideas of what is in order, and if both probe, each would refuse the other's answers as old.
void Machine::Sender::probe() noexcept {
  if (cold_ == nullptr) return;
  m_.counters_.zero_window_probes.add();
  pure_ack(tcb_.snd_una - 1);
  arm_retransmit();
}

/// How much new text may go in the next segment: 0 for none.   Spec: RFC 9293 3.8.6.2.1 (without Nagle: the application gives
/// whole messages).
std::uint32_t Machine::Sender::new_text_bytes(std::uint32_t usable) noexcept {
  const Seq queue_end = cold_->queue.end();
  if (queue_end <= tcb_.snd_nxt) return 0;
  const std::uint32_t unsent = queue_end - tcb_.snd_nxt;
  const Seq window_end = tcb_.snd_una + tcb_.snd_wnd();
  const std::uint32_t room = window_end <= tcb_.snd_nxt ? 0 : window_end - tcb_.snd_nxt;
  const std::uint32_t bytes = std::min({std::uint32_t{tcb_.mss}, unsent, room});
  if (bytes == 0 || bytes > usable) return 0;
  const bool is_worth_it = bytes == tcb_.mss || bytes == unsent || bytes * 2 >= tcb_.max_snd_wnd() || out_.override_silly_window;
  return is_worth_it ? bytes : 0;
}

bool Machine::Sender::send_what_fits() noexcept {
  if (cold_ == nullptr) {
    send_fin_if_due();
    return false;
  }
  m_.restart_if_idle(tcb_, now_);
  for (unsigned sent = 0;; ++sent) {
    if (sent == Machine::segments_per_turn) return true;
    const std::uint32_t in_pipe = pipe(tcb_, *cold_);
    const std::uint32_t usable = tcb_.cwnd > in_pipe ? tcb_.cwnd - in_pipe : 0;
    if (SeqRange lost = cold_->flight.next_lost(); lost.size() != 0) {
      if (lost.start == cold_->queue.end()) {
        if (usable == 0 || !resend_fin()) break;
        continue;
      }
      lost.end = min(lost.end, cold_->queue.end());
      lost.end = min(lost.end, max(tcb_.snd_una + tcb_.snd_wnd(), lost.start));  // the peer may have taken window back
      if (lost.size() == 0) break;
      if (usable < std::min<std::uint32_t>(lost.size(), tcb_.mss) || !send_text(lost.start, lost.size(), true)) break;
      continue;
    }
    const std::uint32_t bytes = new_text_bytes(usable);
    if (bytes == 0 || !send_text(tcb_.snd_nxt, bytes, false)) break;
  }
  if (send_fin_if_due()) return false;
  // Text waits for a window and nothing is outstanding that would bring news of it: the persist timer.
  if (tcb_.flight() == 0 && !cold_->queue.empty() && !tcb_.is_armed(Timer::retransmit)) arm_retransmit();
  return false;
}

/// A FIN without text.   Returns: true if it went.
bool Machine::Sender::send_fin_if_due() noexcept {
  if (!tcb_.has(Tcb::fin_queued) || tcb_.has(Tcb::fin_sent)) return false;
  if (cold_ != nullptr && tcb_.snd_nxt < cold_->queue.end()) return false;
  SegmentOut s = segment(tcb_.snd_nxt, Flags::fin_bit);
  note_sent();
  if (emit(s)) {
    if (cold_ != nullptr) record_sent(tcb_.snd_nxt, tcb_.snd_nxt + 1, false);
    tcb_.snd_nxt += 1;
    tcb_.set(Tcb::fin_sent);
    m_.enter(tcb_, tcb_.state == State::close_wait ? State::last_ack : State::fin_wait_1);
  }
  return true;
}

bool Machine::output(Tcb& tcb, Outbox& out, Instant now, SegmentSink& sink) noexcept {
  return Sender{*this, tcb, out, now, sink}.run();
}

}  // namespace tcp
