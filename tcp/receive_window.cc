// What we let the peer send: the receive window, its cost, and its growth.   Spec: RFC 9293 3.8.6.2.2; RFC 7323 2.
#include <algorithm>

#include "tcp/machine.h"
#include "tcp/window.h"

namespace tcp {

namespace {
constexpr std::uint32_t initial_buffer = 64u << 10;  // bytes, at most; what a connection uses up makes it grow
constexpr std::uint32_t minimal_kib = 2;             // stands for what the floor pays
constexpr std::uint32_t floor_window = window_for_mbufs(engine::Account::floor_default);
constexpr std::uint32_t grow_unit = 256;  // of Tcb::grow_kib: text comes in pieces of 1,448
static_assert(floor_window <= minimal_kib << 10);

/// What the connection may hold for the application, bytes.
std::uint32_t receive_buffer(const Tcb& tcb) noexcept {
  return tcb.rcv_buffer_kib <= minimal_kib ? floor_window : std::uint32_t{tcb.rcv_buffer_kib} << 10;
}
}  // namespace

/// A new connection may have a part of what is free beyond the half: however many idle ones there are, the other half is left to
/// those that prove by their use that they need it. Then the floor remains, a window of one segment.   Units: KiB.
std::uint16_t Machine::initial_receive_buffer_kib() const noexcept {
  constexpr std::uint64_t parts = 64;
  const engine::Account& account = memory_.account;
  const std::uint64_t half = account.surplus() / 2;
  const std::uint64_t extra = account.available() <= half ? 0 : (account.available() - half) / parts;
  const std::uint64_t bytes = std::min<std::uint64_t>(
      {initial_buffer, config_->receive_buffer_max, window_for_mbufs(engine::Account::floor_default) + extra * bytes_per_mbuf});
  return static_cast<std::uint16_t>(std::max<std::uint64_t>(minimal_kib, bytes >> 10));
}

std::uint16_t Machine::first_window(const Tcb& tcb) const noexcept {
  return static_cast<std::uint16_t>(std::min<std::uint32_t>(receive_buffer(tcb), 65'535));
}

/// The right edge that we would like to advertise.
Seq Machine::offered_edge(const Tcb& tcb) const noexcept {
  const std::uint32_t buffer = receive_buffer(tcb);
  const std::uint32_t waiting = std::min(tcb.received.bytes(), buffer);
  return tcb.rcv_nxt + (buffer - waiting);
}

/// Charges the connection for a window of so many mbufs, or gives back what is less than before. What comes when the application
/// has left is discarded: such a window costs nothing.
bool Machine::promise(Tcb& tcb, std::uint32_t mbufs) noexcept {
  if (tcb.has(Tcb::app_gone)) mbufs = 0;
  if (mbufs > tcb.promised_mbufs && !memory_.account.try_charge(mbufs - tcb.promised_mbufs)) return false;
  if (mbufs < tcb.promised_mbufs) memory_.account.release(tcb.promised_mbufs - mbufs);
  tcb.promised_mbufs = static_cast<std::uint16_t>(mbufs);
  return true;
}

/// In whole units of the shift, else the peer sees less than a segment, and waits (RFC 9293 3.8.6.2.1).
Seq Machine::end_of_one_segment(const Tcb& tcb) noexcept {
  const std::uint32_t unit = 1u << tcb.rcv_shift();
  return tcb.rcv_nxt + (std::min<std::uint32_t>(tcb.mss, receive_buffer(tcb)) + unit - 1) / unit * unit;
}

/// Returns: whether the peer may send a segment, if need be with what the account keeps from windows.
bool Machine::advertise_one_segment(Tcb& tcb) noexcept {
  const Seq edge = end_of_one_segment(tcb);
  if (edge <= tcb.rcv_adv) return true;
  if (!promise(tcb, mbufs_for_window(edge - tcb.rcv_nxt))) return false;
  tcb.rcv_adv = edge;
  return true;
}

/// Moves rcv_adv before an ACK is written: never to the left, to the right only by a worthwhile step (RFC 9293 3.8.6.2.2, silly
/// window) and only as far as the account grants.
void Machine::advertise(Tcb& tcb) noexcept {
  const Seq wanted = offered_edge(tcb);
  const std::uint32_t buffer = receive_buffer(tcb);
  const Seq stands = max(tcb.rcv_adv, tcb.rcv_nxt);
  const std::uint32_t step = std::min<std::uint32_t>(buffer / 2, tcb.mss);
  Seq edge = stands < wanted && wanted - stands >= step ? wanted : stands;
  // RFC 7323 2.2: at most what 16 bits and the shift can say.
  edge = min(edge, tcb.rcv_nxt + std::min(std::uint32_t{65'535} << tcb.rcv_shift(), window_bytes_max));
  // What was received of the window is charged as text now, and promised no more: it has to be granted anew like any other.
  static_cast<void>(promise(tcb, mbufs_for_window(stands - tcb.rcv_nxt)));
  if (edge == stands) {
    tcb.rcv_adv = stands;
    return;
  }
  const std::uint64_t granted = tcb.promised_mbufs + memory_.account.grantable();
  const bool is_refused = mbufs_for_window(edge - tcb.rcv_nxt) > granted;
  if (is_refused) {
    counters_.account_refusals.add();
    // A part of it, if that is worth a segment; else what was advertised stands.
    const Seq part = tcb.rcv_nxt + window_for_mbufs(static_cast<std::uint32_t>(granted));
    edge = stands < part && part - stands >= step ? part : stands;
  }
  if (!promise(tcb, mbufs_for_window(edge - tcb.rcv_nxt))) edge = stands;
  tcb.rcv_adv = edge;
  // A window of one segment keeps the connection going: the floor pays for it.
  if (is_refused && tcb.received.empty()) static_cast<void>(advertise_one_segment(tcb));
}

/// Dynamic right-sizing: a peer that delivers half a buffer per round trip, again and again, is held back by it. One large
/// request a minute is no reason.
void Machine::grow_receive_buffer(Tcb& tcb, std::uint32_t bytes, Instant now) noexcept {
  tcb.grow_kib = static_cast<std::uint16_t>(std::min<std::uint32_t>(65'535, tcb.grow_kib + (bytes + grow_unit / 2) / grow_unit));
  const engine::TimerWheel::Tick tick = engine::TimerWheel::floor_tick(now);
  const auto elapsed = static_cast<std::uint16_t>(tick - tcb.grow_at) * engine::TimerWheel::tick;
  const Duration round_trip = std::max(tcb.rto.srtt(), engine::TimerWheel::tick);
  if (elapsed < round_trip) return;
  const std::uint32_t buffer = receive_buffer(tcb);
  const bool is_full = std::uint64_t{tcb.grow_kib} * grow_unit * 2 >= buffer && elapsed <= 4 * round_trip;
  if (is_full && buffer < config_->receive_buffer_max && memory_.account.may_grow()) {
    // In larger steps where the peer is in slow start, too.
    const std::uint64_t wanted = std::uint64_t{tcb.rcv_buffer_kib} * (buffer < initial_buffer ? 4 : 2);
    tcb.rcv_buffer_kib = static_cast<std::uint16_t>(std::min(wanted, config_->receive_buffer_max >> 10));
  }
  tcb.grow_kib = 0;
  tcb.grow_at = static_cast<std::uint16_t>(tick);
}

void Machine::received(Tcb& tcb, std::uint32_t bytes, Instant now, Outbox& out) noexcept {
  grow_receive_buffer(tcb, bytes, now);
  if (!may_receive_text(tcb.state)) return;
  // A window update of its own, if the peer sees a much smaller window than there is: RFC 9293 3.8.6.2.2.
  const Seq wanted = offered_edge(tcb);
  const std::uint32_t buffer = receive_buffer(tcb);
  if (tcb.rcv_adv < wanted && wanted - tcb.rcv_adv >= std::max<std::uint32_t>(buffer / 2, tcb.mss)) out.ack();
}

bool Machine::make_room(Tcb& tcb, std::uint32_t bytes_max, Outbox& out) noexcept {
  const std::uint32_t buffer = receive_buffer(tcb);
  // Two segments more, or the last bytes would stay with a peer that sends no less than a segment, or would wait for a step of
  // the window that is not worth one (RFC 9293 3.8.6.2).
  const std::uint32_t wanted = std::min(bytes_max + 2u * tcb.mss, 2 * buffer);
  if (tcb.received.bytes() * 2 > buffer && buffer < wanted)
    tcb.rcv_buffer_kib = static_cast<std::uint16_t>((wanted + 1023) >> 10);
  const auto is_enough = [&]() noexcept { return min(offered_edge(tcb), end_of_one_segment(tcb)) <= tcb.rcv_adv; };
  const Seq before = tcb.rcv_adv;
  advertise(tcb);
  // Beyond what windows may take, but not all of it: many that wait like this one must not use up what those need that have all.
  if (!is_enough() && !(memory_.account.may_accept() && advertise_one_segment(tcb)))
    return counters_.account_refusals.add(), false;
  if (before < tcb.rcv_adv) out.ack();
  return true;
}

}  // namespace tcp
