// Segments that belong to nothing that we know: a SYN may begin a connection, the ACK of a SYN cookie one whose SYN was
// forgotten.
#include "tcp/stack.h"

namespace tcp {

using engine::Packet;

/// CLOSED or LISTEN, RFC 9293 3.10.7.1, 3.10.7.2.
void Stack::on_stranger(Packet packet, Parsed& parsed, Instant now) noexcept {
  const Flags flags = parsed.segment.flags;
  if (flags.rst()) return drop(std::move(packet), Drop::no_connection);
  if (!flags.syn() || flags.ack()) {
    if (!flags.syn() && flags.ack() && cookies_.is_active(now))
      if (const auto syn = cookies_.check(parsed.tuple, parsed.segment, now))
        return on_cookie(std::move(packet), *syn, parsed, now);
    answer_with_reset(parsed, now);
    return drop(std::move(packet), Drop::no_connection);
  }
  on_syn(std::move(packet), parsed, {}, now);
}

/// `iss`: our initial sequence number, if not any will do.
void Stack::on_syn(Packet packet, const Parsed& parsed, std::optional<Seq> iss, Instant now) noexcept {
  const Segment& syn = parsed.segment;
  if (syn.flags.fin() || parsed.tuple.remote_port == engine::be16{}) return drop(std::move(packet), Drop::bad_syn);
  const ListenerId listener = snapshot_->listeners.find(local_of(parsed.tuple));
  if (listener == listener_none || draining_) {
    answer_with_reset(parsed, now);
    return drop(std::move(packet), draining_ ? Drop::draining : Drop::no_listener);
  }
  const std::uint16_t our_mss = mss_for(engine::Ipv4{parsed.tuple.remote}, now);
  if (our_mss == 0) return drop(std::move(packet), Drop::no_connection);  // no way back
  if (!half_open_lease_.try_take()) {
    // A cookie is no number that must lie above another one: over a tuple in TIME-WAIT (RFC 6191) the client has to try again.
    if (iss) return drop(std::move(packet), Drop::half_open_full);
    answer_with_cookie(parsed, our_mss, now);
    return consume(std::move(packet));
  }
  Drop why = Drop::none;
  const ConnId id = make_connection(parsed.tuple, parsed.hash, why);
  if (id == no_index) {
    half_open_lease_.give_back();
    return drop(std::move(packet), why);
  }
  Outbox& out = touch(id);
  tcbs_[id].listener = listener;
  tcbs_[id].set(Tcb::half_open);
  machine_.on_listen(tcbs_[id], syn, iss ? *iss : isn_.isn(parsed.tuple, now), our_mss, now, out);
  consume(std::move(packet));
}

/// Spec: RFC 4987 3.6. Not sent again when it is lost: the client's own timer does that.
void Stack::answer_with_cookie(const Parsed& parsed, std::uint16_t our_mss, Instant now) noexcept {
  const std::uint32_t clock = isn_.timestamp_offset(parsed.tuple) + Machine::clock_ms(now);
  emit_bare(parsed.tuple,
            machine_.cookie_answer(parsed.segment, cookies_.make(parsed.tuple, parsed.segment, now), our_mss, clock));
  counters_.syn_cookies_sent.add();
}

/// An ACK brought a cookie back: the connection is made as if its SYN had just come, and the ACK is its first segment.
void Stack::on_cookie(Packet packet, const Segment& syn, Parsed& parsed, Instant now) noexcept {
  const ListenerId listener = snapshot_->listeners.find(local_of(parsed.tuple));
  const std::uint16_t our_mss = mss_for(engine::Ipv4{parsed.tuple.remote}, now);
  if (listener == listener_none || draining_ || our_mss == 0) {
    answer_with_reset(parsed, now);
    return drop(std::move(packet), draining_ ? Drop::draining : Drop::no_listener);
  }
  Drop why = Drop::none;
  const ConnId id = make_connection(parsed.tuple, parsed.hash, why);
  if (id == no_index) return drop(std::move(packet), why);  // the client sends its request again
  counters_.syn_cookies_received.add();
  tcbs_[id].listener = listener;
  machine_.on_cookie(tcbs_[id], syn, parsed.segment.ack - 1, our_mss, now, touch(id));
  on_connection(id, std::move(packet), parsed, now);
}

/// RFC 9293 3.10.7.1.
void Stack::answer_with_reset(const Parsed& parsed, Instant) noexcept {
  const Segment& s = parsed.segment;
  SegmentOut reset;
  reset.flags.bits = Flags::rst_bit;
  if (s.flags.ack()) {
    reset.seq = s.ack;
  } else {
    reset.flags.bits |= Flags::ack_bit;
    reset.ack = s.seq + s.length();
  }
  counters_.resets_sent.add();
  emit_bare(parsed.tuple, reset);
}

}  // namespace tcp
