#include "engine/neighbor_table.h"

#include <bit>

namespace engine {

namespace {

std::uint64_t pack(const MacAddress& mac) noexcept {
  std::uint64_t v = 0;
  for (const std::uint8_t b : mac.bytes) v = v << 8 | b;
  return v;
}
MacAddress unpack(std::uint64_t v) noexcept {
  MacAddress mac;
  for (std::size_t i = 6; i-- > 0; v >>= 8) mac.bytes[i] = static_cast<std::uint8_t>(v);
  return mac;
}

}  // namespace

NeighborTable::NeighborTable(std::uint32_t capacity)
    : capacity_{capacity}, mask_{std::bit_ceil(capacity * 2) - 1}, entries_{std::size_t{mask_} + 1} {}

bool NeighborTable::read(const Entry& entry, Neighbor& out, State& state) noexcept {
  for (int attempt = 0; attempt < 64; ++attempt) {
    const std::uint32_t before = entry.sequence.load(std::memory_order_acquire);
    if ((before & 1) != 0) continue;
    out.address = Ipv4{entry.address.load(std::memory_order_relaxed)};
    const std::uint64_t port_state = entry.port_state.load(std::memory_order_relaxed);
    out.mac = unpack(entry.mac.load(std::memory_order_relaxed));
    out.confirmed = Instant{Duration{entry.confirmed_ns.load(std::memory_order_relaxed)}};
    std::atomic_thread_fence(std::memory_order_acquire);
    if (entry.sequence.load(std::memory_order_relaxed) != before) continue;
    out.port = PortId{static_cast<std::uint16_t>(port_state >> 16)};
    state = static_cast<State>(port_state & 0xffff);
    out.permanent = state == permanent;
    return true;
  }
  return false;  // the writer was interrupted in the middle: as if not found, the packet waits for a moment
}

std::optional<Neighbor> NeighborTable::find(PortId port, Ipv4 address) const noexcept {
  for (std::uint32_t probe = 0; probe < probes_max; ++probe) {
    Neighbor neighbor;
    State state;
    if (!read(entries_[slot(port, address, probe)], neighbor, state) || state == empty) return std::nullopt;
    if (neighbor.address == address && neighbor.port == port) return state == removed ? std::nullopt : std::optional{neighbor};
  }
  return std::nullopt;
}

NeighborTable::Entry* NeighborTable::locate(PortId port, Ipv4 address) noexcept {
  Entry* reusable = nullptr;
  for (std::uint32_t probe = 0; probe < probes_max; ++probe) {
    Entry& entry = entries_[slot(port, address, probe)];
    Neighbor neighbor;
    State state;
    if (!read(entry, neighbor, state)) continue;
    if (state != empty && neighbor.address == address && neighbor.port == port) return &entry;
    if ((state == empty || state == removed) && reusable == nullptr) reusable = &entry;
    if (state == empty) break;
  }
  return reusable;
}

void NeighborTable::write(Entry& entry, const Neighbor& n, State state) noexcept {
  const std::uint32_t sequence = entry.sequence.load(std::memory_order_relaxed);
  entry.sequence.store(sequence + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  entry.address.store(n.address.value, std::memory_order_relaxed);
  entry.port_state.store(std::uint64_t{n.port.value} << 16 | state, std::memory_order_relaxed);
  entry.mac.store(pack(n.mac), std::memory_order_relaxed);
  entry.confirmed_ns.store(n.confirmed.time_since_epoch().count(), std::memory_order_relaxed);
  entry.sequence.store(sequence + 2, std::memory_order_release);
}

bool NeighborTable::put(const Neighbor& neighbor) noexcept {
  Entry* entry = locate(neighbor.port, neighbor.address);
  if (entry == nullptr) return false;
  const auto state = static_cast<State>(entry->port_state.load(std::memory_order_relaxed) & 0xffff);
  const bool is_new = state == empty || state == removed;
  if (is_new && size() >= capacity_ && !neighbor.permanent) return false;
  if (state == permanent && !neighbor.permanent) return true;  // what was configured is not learned over
  write(*entry, neighbor, neighbor.permanent ? permanent : live);
  if (is_new) used_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void NeighborTable::remove(PortId port, Ipv4 address) noexcept {
  Entry* entry = locate(port, address);
  if (entry == nullptr) return;
  Neighbor neighbor;
  State state;
  if (!read(*entry, neighbor, state) || (state != live && state != permanent) || neighbor.address != address ||
      neighbor.port != port)
    return;
  write(*entry, neighbor, removed);
  used_.fetch_sub(1, std::memory_order_relaxed);
}

std::vector<Neighbor> NeighborTable::list() const {
  std::vector<Neighbor> all;
  for (std::uint32_t i = 0; i <= mask_; ++i) {
    Neighbor neighbor;
    State state;
    if (read(entries_[i], neighbor, state) && (state == live || state == permanent)) all.push_back(neighbor);
  }
  return all;
}

}  // namespace engine
