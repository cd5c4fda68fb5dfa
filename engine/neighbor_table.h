// The neighbors of all ports: who answers to an IPv4 address on a link. Written by the control thread, read by every shard.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/ids.h"
#include "engine/region.h"
#include "engine/time.h"
#include "engine/wire.h"

namespace engine {

struct Neighbor {
  PortId port;
  Ipv4 address;
  MacAddress mac;
  bool permanent = false;  // configured: never ages
  Instant confirmed{};     // when its MAC was last heard from it
};

/// A fixed open-addressing table. Entries are read under a sequence number: a reader retries while
/// the one writer is at the entry, and never waits for it otherwise.
class NeighborTable {
 public:
  explicit NeighborTable(std::uint32_t capacity_neighbors);

  /// Any thread.   Cost: one cache line mostly.
  [[nodiscard]] std::optional<Neighbor> find(PortId port, Ipv4 address) const noexcept;

  // The control thread only.
  /// Adds or refreshes.   Returns: false when the table is full; permanent ones have room beyond the capacity.
  [[nodiscard]] bool put(const Neighbor& neighbor) noexcept;
  void remove(PortId port, Ipv4 address) noexcept;
  [[nodiscard]] std::vector<Neighbor> list() const;
  [[nodiscard]] std::uint32_t size() const noexcept { return used_.load(std::memory_order_relaxed); }

 private:
  enum State : std::uint16_t { empty = 0, live = 1, permanent = 2, removed = 3 };
  struct alignas(32) Entry {
    std::atomic<std::uint32_t> sequence;  // odd: being written
    std::atomic<std::uint32_t> address;
    std::atomic<std::uint64_t> port_state;  // port << 16 | state
    std::atomic<std::uint64_t> mac;
    std::atomic<std::int64_t> confirmed_ns;
  };
  static constexpr std::uint32_t probes_max = 32;
  [[nodiscard]] std::uint32_t slot(PortId port, Ipv4 address, std::uint32_t probe) const noexcept {
    // From the middle of the product: its lowest bits would know the lowest bits of the address only.
    const std::uint64_t product = (std::uint64_t{port.value} << 32 | address.value) * 0x9e3779b97f4a7c15u;
    return (static_cast<std::uint32_t>(product >> 32) + probe) & mask_;
  }
  [[nodiscard]] static bool read(const Entry& entry, Neighbor& out, State& state) noexcept;
  static void write(Entry& entry, const Neighbor& neighbor, State state) noexcept;
  [[nodiscard]] Entry* locate(PortId port, Ipv4 address) noexcept;

  std::uint32_t capacity_, mask_;
  std::atomic<std::uint32_t> used_{0};
  Region<Entry> entries_;
};

}  // namespace engine
