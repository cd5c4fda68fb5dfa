// What we let the peer send: the receive window, its cost, and its growth.   Spec: RFC 9293 3.8.6.2.2; RFC 7323 2.
#include <algorithm>

#include "tcp/machine.h"
#include "tcp/window.h"

namespace tcp {

namespace {
constexpr std::uint32_t initial_buffer = 64u << 10;  // bytes; doubles while the peer fills it
constexpr std::uint32_t minimal_buffer = 2u << 10;
constexpr std::uint32_t grow_unit = 256;  // of Tcb::grow_kib: text comes in pieces of 1,448
}  // namespace

/// A new connection gets less the less there is: many idle ones must not hold what a few busy ones could use.
std::uint32_t Machine::initial_receive_buffer() const noexcept {
  const engine::Account& account = memory_.account;
  const std::uint64_t share = account.available() * 4;  // quarters of the free part
  std::uint32_t bytes = minimal_buffer;
  if (share >= account.capacity() * 2)
    bytes = initial_buffer;
  else if (share >= account.capacity())
    bytes = initial_buffer / 4;
  else if (account.may_grow())
    bytes = 2 * minimal_buffer;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(bytes, std::max<std::uint64_t>(config_->receive_buffer_max, minimal_buffer)));
}

/// The right edge that we would like to advertise.
Seq Machine::offered_edge(const Tcb& tcb) const noexcept {
  const std::uint32_t buffer = std::uint32_t{tcb.rcv_buffer_kib} << 10;
  const std::uint32_t waiting = std::min(tcb.received.bytes(), buffer);
  return tcb.rcv_nxt + (buffer - waiting);
}

/// Moves rcv_adv before an ACK is written: never to the left, to the right only by a worthwhile step (RFC 9293 3.8.6.2.2, silly
/// window) and only as far as the account grants.
void Machine::advertise(Tcb& tcb) noexcept {
  const Seq wanted = offered_edge(tcb);
  const std::uint32_t buffer = std::uint32_t{tcb.rcv_buffer_kib} << 10;
  Seq edge = max(tcb.rcv_adv, tcb.rcv_nxt);
  const std::uint32_t step = std::min<std::uint32_t>(buffer / 2, tcb.mss);
  if (edge < wanted && wanted - edge >= step) edge = wanted;
  // RFC 7323 2.2: at most what 16 bits and the shift can say.
  edge = min(edge, tcb.rcv_nxt + std::min(std::uint32_t{65'535} << tcb.rcv_shift(), window_bytes_max));
  const auto promise = [&](std::uint32_t mbufs) noexcept {
    if (mbufs > tcb.promised_mbufs && !memory_.account.try_charge(mbufs - tcb.promised_mbufs)) return false;
    if (mbufs < tcb.promised_mbufs) memory_.account.release(tcb.promised_mbufs - mbufs);
    tcb.promised_mbufs = static_cast<std::uint16_t>(mbufs);
    return true;
  };
  if (!promise(mbufs_for_window(edge - tcb.rcv_nxt))) {
    counters_.account_refusals.add();
    edge = max(tcb.rcv_adv, tcb.rcv_nxt);  // nothing new; what was advertised stands
    // A window of one segment keeps the connection going: the floor pays for it.
    const Seq one_segment = tcb.rcv_nxt + std::min<std::uint32_t>(tcb.mss, buffer);
    if (edge < one_segment && tcb.received.empty() && promise(mbufs_for_window(one_segment - tcb.rcv_nxt))) edge = one_segment;
  }
  tcb.rcv_adv = edge;
}

void Machine::received(Tcb& tcb, std::uint32_t bytes, Instant now, Outbox& out) noexcept {
  // Dynamic right-sizing: a peer that delivers half a buffer per round trip is held back by it.
  tcb.grow_kib = static_cast<std::uint16_t>(std::min<std::uint32_t>(65'535, tcb.grow_kib + (bytes + grow_unit / 2) / grow_unit));
  const engine::TimerWheel::Tick tick = engine::TimerWheel::floor_tick(now);
  const auto elapsed = static_cast<std::uint16_t>(tick - tcb.grow_at) * engine::TimerWheel::tick;
  if (elapsed >= std::max(tcb.rto.srtt(), engine::TimerWheel::tick)) {
    const std::uint64_t buffer = std::uint64_t{tcb.rcv_buffer_kib} << 10;
    if (std::uint64_t{tcb.grow_kib} * grow_unit * 2 >= buffer && buffer < config_->receive_buffer_max &&
        memory_.account.may_grow())
      tcb.rcv_buffer_kib = static_cast<std::uint16_t>(std::min(buffer * 2, config_->receive_buffer_max) >> 10);
    tcb.grow_kib = 0;
    tcb.grow_at = static_cast<std::uint16_t>(tick);
  }
  if (!may_receive_text(tcb.state)) return;
  // A window update of its own, if the peer sees a much smaller window than there is: RFC 9293 3.8.6.2.2.
  const Seq wanted = offered_edge(tcb);
  const std::uint32_t buffer = std::uint32_t{tcb.rcv_buffer_kib} << 10;
  if (tcb.rcv_adv < wanted && wanted - tcb.rcv_adv >= std::max<std::uint32_t>(buffer / 2, tcb.mss)) out.ack();
}

}  // namespace tcp
