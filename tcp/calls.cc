// User calls, RFC 9293 3.10.1-3.10.5 (OPEN is in input_syn.cc).
#include <algorithm>

#include "tcp/machine.h"

namespace tcp {

Cold* Machine::cold_for_sending(Tcb& tcb) noexcept {
  if (tcb.cold == no_index) {
    // Text starts behind what was sent; in SYN states behind the SYN, which is not acknowledged yet.
    const bool syn_outstanding = tcb.state == State::syn_sent || tcb.state == State::syn_received;
    tcb.cold = memory_.colds.allocate(syn_outstanding ? tcb.snd_una + 1 : tcb.snd_nxt);
  }
  return cold(tcb);
}

void Machine::release_cold(Tcb& tcb) noexcept {
  cold(tcb)->queue.clear(store());
  memory_.colds.release(tcb.cold);
  tcb.cold = no_index;
}

bool Machine::send(Tcb& tcb, engine::Slice& slice, Outbox& out) noexcept {
  const bool may_queue = may_send_text(tcb.state) || tcb.state == State::syn_sent || tcb.state == State::syn_received;
  if (!may_queue || tcb.has(Tcb::fin_queued)) return false;
  const bool is_new = tcb.cold == no_index;
  Cold* cold = cold_for_sending(tcb);
  if (cold == nullptr || !cold->queue.append(store(), slice)) {
    if (cold != nullptr && is_new) release_cold(tcb);
    counters_.account_refusals.add();
    tcb.set(Tcb::send_blocked);
    return false;
  }
  out.may_send = true;
  return true;
}

std::uint32_t Machine::send_room(const Tcb& tcb) const noexcept {
  const Cold* cold = this->cold(tcb);
  const std::uint32_t queued = cold == nullptr ? 0 : cold->queue.bytes();
  // Two windows' worth keeps the pipe full; more would only be memory (and a slow reader must push back).
  std::uint64_t limit =
      std::min<std::uint64_t>(config_->send_buffer_max, std::max<std::uint64_t>(64u << 10, 2 * std::uint64_t{tcb.cwnd}));
  if (!memory_.account.may_grow()) limit = std::min<std::uint64_t>(limit, 4u * tcb.mss);
  return queued >= limit ? 0 : static_cast<std::uint32_t>(limit - queued);
}

void Machine::shutdown(Tcb& tcb, Outbox& out) noexcept {
  tcb.set(Tcb::fin_queued);
  out.may_send = true;
}

void Machine::close(Tcb& tcb, Instant now, Outbox& out) noexcept {
  if (tcb.state == State::syn_sent) {  // 3.10.4: nothing was promised to anybody
    tcb.set(Tcb::app_gone);
    return end(tcb, CloseReason::aborted, out);
  }
  // Text that the application did not read is forgotten, but not answered with RST (RFC 1122 4.2.2.13 SHOULD): the reset would
  // reach the peer before the answer that we just sent, and destroy it. What still comes is discarded, within `fin_wait_2`.
  received(tcb, tcb.received.bytes(), now, out);
  tcb.received.clear(store());
  tcb.set(Tcb::app_gone);
  tcb.arm(Timer::life, ticks_after(now, config_->fin_wait_2));
  shutdown(tcb, out);
}

/// RFC 9293 3.10.5: RST towards a peer that expects something of us. In CLOSING and LAST-ACK the RFC sends none; as long as text
/// is not acknowledged we do, or a peer in FIN-WAIT-2 would wait for text that nobody sends again. Without text it would reach a
/// peer that has everything, and destroy what it has not read.
bool Machine::owes_reset(const Tcb& tcb) const noexcept {
  switch (tcb.state) {
    case State::syn_received:
    case State::established:
    case State::fin_wait_1:
    case State::fin_wait_2:
    case State::close_wait:
      return true;
    case State::closing:
    case State::last_ack:
      return cold(tcb) != nullptr && !cold(tcb)->queue.empty();
    case State::closed:
    case State::listen:
    case State::syn_sent:
    case State::time_wait:
    case State::count_:
      return false;
  }
  return false;
}

void Machine::abort(Tcb& tcb, Outbox& out) noexcept {
  tcb.set(Tcb::app_gone);
  if (owes_reset(tcb)) {
    out.reset = true;
    out.reset_has_ack = true;
    out.reset_seq = bare_seq(tcb);
    out.reset_ack = tcb.rcv_nxt;
  }
  end(tcb, CloseReason::aborted, out);
}

void Machine::release(Tcb& tcb) noexcept {
  if (tcb.cold != no_index) release_cold(tcb);
  tcb.received.clear(store());
  if (Reassembly* later = reassembly(tcb)) {
    later->clear(store());
    memory_.reassemblies.release(tcb.reassembly);
    tcb.reassembly = no_index;
  }
  memory_.account.release(tcb.promised_mbufs);
  memory_.account.close_connection();
  tcb.promised_mbufs = 0;
}

}  // namespace tcp
