// Segment text, RFC 9293 3.10.7.4 seventh: cut to the window, queued in order, kept for later, acknowledged.
#include <algorithm>

#include "tcp/machine.h"

namespace tcp {

namespace {

/// Cuts the segment's text to [RCV.NXT, right edge): what was received before and what was not asked for goes. A FIN behind cut
/// text is not reached.
void trim_to_window(const Tcb& tcb, Segment& seg) noexcept {
  if (seg.seq < tcb.rcv_nxt) {
    std::uint32_t old = std::min(tcb.rcv_nxt - seg.seq, seg.text_bytes);
    seg.seq += old;
    seg.text_bytes -= old;
    for (engine::Slice& slice : seg.text) {
      const std::uint32_t n = std::min(old, slice.size());
      slice.remove_prefix(n);
      old -= n;
    }
  }
  const Seq edge = max(tcb.rcv_adv, seg.seq);
  if (edge < seg.seq + seg.text_bytes) {
    std::uint32_t keep = edge - seg.seq;
    seg.text_bytes = keep;
    seg.flags.bits = static_cast<std::uint8_t>(seg.flags.bits & ~Flags::fin_bit);
    for (engine::Slice& slice : seg.text) {
      const std::uint32_t n = std::min(keep, slice.size());
      slice.remove_suffix(slice.size() - n);
      keep -= n;
    }
  }
}

}  // namespace

Verdict Machine::accept_text(Tcb& tcb, Segment& seg, Instant, Outbox& out) noexcept {
  if (!may_receive_text(tcb.state)) {  // after the peer's FIN: it cannot be
    out.ack();
    return Verdict::dropped(Drop::duplicate);
  }
  if (seg.seq < tcb.rcv_nxt) {
    out.dsack = {seg.seq, min(seg.seq + seg.text_bytes, tcb.rcv_nxt)};
    if (tcb.has(Tcb::sack_ok)) out.ack();  // RFC 2883 4: it is told at once, or not at all
  }
  trim_to_window(tcb, seg);
  if (seg.text_bytes == 0) {
    out.ack();  // a duplicate, or a probe of a closed window
    return Verdict::dropped(Drop::duplicate);
  }
  if (seg.seq != tcb.rcv_nxt) return accept_out_of_order(tcb, seg, out);
  return accept_in_order(tcb, seg, out);
}

Verdict Machine::accept_in_order(Tcb& tcb, Segment& seg, Outbox& out) noexcept {
  schedule_ack(tcb, seg, out);
  const bool is_discarded = tcb.has(Tcb::app_gone);
  for (engine::Slice& slice : seg.text) {
    const std::uint32_t bytes = slice.size();
    if (bytes == 0) continue;
    if (!is_discarded && !tcb.received.append(store(), slice) && !append_on_promise(tcb, slice)) {
      counters_.account_refusals.add();
      out.ack();
      return Verdict::dropped(Drop::account_full);  // the peer sends it again
    }
    tcb.rcv_nxt += bytes;
  }
  if (Reassembly* later = reassembly(tcb)) {
    tcb.rcv_nxt = later->take_ready(store(), tcb.rcv_nxt, tcb.received);
    out.ack();  // RFC 5681 4.2: a segment that fills a gap is acknowledged at once
    if (later->empty()) {
      memory_.reassemblies.release(tcb.reassembly);
      tcb.reassembly = no_index;
    }
  }
  if (is_discarded) {  // but acknowledged: the peer shall reach its FIN and read our last answer
    tcb.received.clear(store());
    return Verdict::dropped(Drop::after_close);
  }
  out.event(Outbox::readable);
  return Verdict::processed();
}

/// The account is used up, but this text was promised: an mbuf of the promise becomes one that is held.
bool Machine::append_on_promise(Tcb& tcb, engine::Slice& slice) noexcept {
  if (tcb.promised_mbufs == 0) return false;
  memory_.account.release(1);
  --tcb.promised_mbufs;
  return tcb.received.append(store(), slice);
}

Verdict Machine::accept_out_of_order(Tcb& tcb, Segment& seg, Outbox& out) noexcept {
  // RFC 5681 4.2: at once. A peer with SACK learns all from one ACK; another one counts them.
  if (tcb.has(Tcb::sack_ok))
    out.ack();
  else
    out.duplicate_ack();
  if (!memory_.account.may_accept()) return Verdict::dropped(Drop::account_full);  // below 10 %: what is not in order goes first
  if (tcb.reassembly == no_index) tcb.reassembly = memory_.reassemblies.allocate();
  Reassembly* later = reassembly(tcb);
  if (later == nullptr) return Verdict::dropped(Drop::out_of_order_full);
  const SeqRange arrived{seg.seq, seg.seq + seg.text_bytes};
  Reassembly::Insert best = Reassembly::Insert::duplicate;
  Seq at = seg.seq;
  for (engine::Slice& slice : seg.text) {
    const std::uint32_t bytes = slice.size();
    if (bytes == 0) continue;
    const Reassembly::Insert one = later->insert(store(), at, std::move(slice));
    at += bytes;
    if (one == Reassembly::Insert::kept || best == Reassembly::Insert::duplicate) best = one;
  }
  if (later->empty()) {
    memory_.reassemblies.release(tcb.reassembly);
    tcb.reassembly = no_index;
  }
  switch (best) {
    case Reassembly::Insert::kept:
      return Verdict::processed();
    case Reassembly::Insert::duplicate:
      out.dsack = arrived;
      return Verdict::dropped(Drop::duplicate);
    case Reassembly::Insert::full:
      return Verdict::dropped(Drop::out_of_order_full);
    case Reassembly::Insert::no_room:
      return Verdict::dropped(Drop::account_full);
  }
  return Verdict::processed();
}

/// RFC 9293 3.8.6.3: at once for every second segment, else within delayed_ack; full segments at the start at once, since the
/// peer's slow start lives on our ACKs.
void Machine::schedule_ack(Tcb& tcb, const Segment& seg, Outbox& out) noexcept {
  if (tcb.ack_segments < 15) ++tcb.ack_segments;
  if (tcb.ack_segments >= 2 || (tcb.quick_acks != 0 && seg.text_bytes >= tcb.mss)) return out.ack();
  out.ack_soon = true;
}

}  // namespace tcp
