// How many mbufs an engine needs: a sum of named terms, computed before start and printed. No DPDK here.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace engine {

/// What can hold mbufs. All 64-bit: no product can wrap. Per shard unless the name says otherwise.
struct MbufLimits {
  std::uint64_t rx_queues = 1, rx_descriptors = 1024;
  std::uint64_t tx_queues = 1, tx_descriptors = 1024;
  std::uint64_t tx_lane_packets = 256;  // frames that a TX queue may keep for the next turn: Tx::lane_packets
  std::uint64_t bursts_per_turn = 16, burst_packets = 64;
  std::uint64_t lcores = 2, mempool_cache = 256;
  std::uint64_t handover_slots = 1024, peers = 0;  // rings from this shard to each other one
  std::uint64_t arp_held_packets = 512;
  std::uint64_t tcp_account_mbufs = 16'384;
};

struct MbufTerm {
  std::string_view name;
  std::uint64_t mbufs;
};

/// mbufs one shard can hold at once. Too few stalls RX silently, so every holder is a term here.
/// Requires: limits already range-checked.   Units: mbufs.
[[nodiscard]] constexpr std::array<MbufTerm, 8> mbuf_terms(const MbufLimits& l) noexcept {
  return {{
      {"rx descriptors", l.rx_queues * l.rx_descriptors},
      {"tx descriptors", l.tx_queues * l.tx_descriptors},
      {"unsent frames", l.tx_queues * l.tx_lane_packets},
      {"bursts of one turn", l.bursts_per_turn * l.burst_packets},
      {"mempool caches", l.lcores * l.mempool_cache * 3 / 2},  // rte_mempool flushes a cache at 1.5 times its size
      {"hand-over rings", l.peers * l.handover_slots * 2},     // received packets, and packets for a queue of another shard
      {"held for ARP", l.arp_held_packets},
      {"TCP account", l.tcp_account_mbufs},
  }};
}

[[nodiscard]] constexpr std::uint64_t mbufs_per_shard(const MbufLimits& limits) noexcept {
  std::uint64_t sum = 0;
  for (const MbufTerm& term : mbuf_terms(limits)) sum += term.mbufs;
  return sum;
}
static_assert(mbufs_per_shard(MbufLimits{}) < 1u << 20, "defaults must fit a laptop");

/// Indirect mbufs that refer to queued bytes while a segment is with the driver: at most one per slice of what is in flight.
[[nodiscard]] constexpr std::uint64_t reference_mbufs_per_shard(const MbufLimits& l) noexcept {
  return l.tx_queues * (l.tx_descriptors + l.tx_lane_packets) + l.bursts_per_turn * l.burst_packets +
         l.lcores * l.mempool_cache * 3 / 2 + l.peers * l.handover_slots + l.arp_held_packets;
}

}  // namespace engine
