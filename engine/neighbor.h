// A shard's view of its neighbors: packets for a known one go out, packets for an unknown one wait while ARP asks.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "engine/arp.h"
#include "engine/ip_config.h"
#include "engine/link.h"
#include "engine/mempool.h"
#include "engine/neighbor_table.h"
#include "engine/ring.h"
#include "engine/shard_counters.h"
#include "engine/slab.h"
#include "engine/time.h"

namespace engine {

/// What a shard tells the control thread, the only writer of the table.
struct NeighborNews {
  PortId port;
  Ipv4 address;
  MacAddress mac;
};

/// Told when a held packet is given up: a forwarded packet is answered with ICMP host unreachable (RFC 1812 5.2.7.1).
class UnresolvedHandler {
 public:
  virtual ~UnresolvedHandler() = default;
  virtual void on_unresolved(const Packet& packet, Instant now) noexcept = 0;
};

class Neighbors {
 public:
  static constexpr std::uint32_t pending_max = 256;  // neighbors being resolved at once
  static constexpr std::uint32_t held_per_neighbor = 16;
  static constexpr Duration request_interval = 1s;  // RFC 1122 2.3.2.1: not more than one request a second and destination
  static constexpr std::uint8_t requests_max = 3;
  static constexpr Duration confirm_after = 30s;   // an entry in use is asked again, unicast, while it still works
  static constexpr Duration unusable_after = 90s;  // not confirmed for so long: held and broadcast again

  struct Context {
    const NeighborTable& table;
    SpscRing<NeighborNews>& news;
    Mempool& mempool;
    Link& link;
    ShardCounters& counters;
    std::uint32_t held_max;  // packets held in all, a term of the mbuf budget
  };
  explicit Neighbors(const Context& context) noexcept : context_{context}, pending_{pending_max} { heads_.fill(no_index); }
  ~Neighbors();

  void set_config(const IpConfig& config) noexcept { config_ = &config; }
  void set_unresolved_handler(UnresolvedHandler& handler) noexcept { unresolved_ = &handler; }

  /// Sends an IPv4 packet (data at its header) to the neighbor `address` on `port`, now or when ARP has answered.
  void send(Packet&& packet, PortId port, Ipv4 address, Instant now) noexcept;
  /// A received ARP packet (data at the ARP header).
  void on_arp(Packet&& packet, PortId port, Instant now) noexcept;
  /// Requests, retries, and giving up. Called each turn; works at most once per `poll_interval`.
  void on_time(Instant now) noexcept;

  [[nodiscard]] std::uint32_t held() const noexcept { return held_; }
  [[nodiscard]] std::uint32_t pending() const noexcept { return pending_.used(); }
  /// When on_time has work; nothing if no neighbor is being resolved.
  [[nodiscard]] std::optional<Instant> next_deadline() const noexcept;

 private:
  static constexpr Duration poll_interval = 1ms;  // another shard may have learned what we wait for
  struct Pending {
    PortId port;
    Ipv4 address;
    MacAddress mac{};  // known to us, perhaps not yet in the table
    Instant next_request{};
    Instant resolved_at{};
    std::uint32_t next = no_index;  // chain of its hash bucket
    std::uint8_t requests = 0;
    bool resolved = false;
    bool refresh = false;  // nothing waits: an old entry is being confirmed
    std::uint8_t held_count = 0;
    std::array<rte_mbuf*, held_per_neighbor> held{};
  };

  [[nodiscard]] static std::size_t bucket(PortId port, Ipv4 address) noexcept {
    return (address.value * 0x9e3779b1u ^ port.value) >> 24;
  }
  [[nodiscard]] std::uint32_t find_pending(PortId port, Ipv4 address) const noexcept;
  [[nodiscard]] std::uint32_t add_pending(PortId port, Ipv4 address) noexcept;
  void erase_pending(std::uint32_t index) noexcept;
  void hold(Packet&& packet, PortId port, Ipv4 address, Instant now) noexcept;
  void confirm(const Neighbor& neighbor, Instant now) noexcept;
  void request(Pending& pending, Instant now, const MacAddress& dst) noexcept;
  void send_held(Pending& pending) noexcept;
  void give_up(std::uint32_t index, Instant now) noexcept;
  void learn(PortId port, Ipv4 address, const MacAddress& mac, Instant now) noexcept;
  bool step(std::uint32_t index, Instant now) noexcept;

  Context context_;
  const IpConfig* config_ = nullptr;
  UnresolvedHandler* unresolved_ = nullptr;
  Slab<Pending> pending_;
  std::array<std::uint32_t, 256> heads_;  // bucket -> pending
  std::uint32_t held_ = 0;
  Instant polled_{};
};

}  // namespace engine
