// One lcore, one shard: receives, sorts, forwards, hands TCP to its handler, sends. Run to completion; shares nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "engine/handover.h"
#include "engine/icmp.h"
#include "engine/idle.h"
#include "engine/ip_forward.h"
#include "engine/ip_input.h"
#include "engine/ip_output.h"
#include "engine/link.h"
#include "engine/mempool.h"
#include "engine/neighbor.h"
#include "engine/packet_handler.h"
#include "engine/port.h"
#include "engine/qsbr.h"
#include "engine/rss.h"
#include "engine/snapshot.h"
#include "engine/tsc.h"
#include "engine/tx.h"

namespace engine {

class Shard {
 public:
  static constexpr unsigned bursts_per_queue = 4;  // per turn and queue; then the others have their turn

  struct RxQueue {
    Port* port;
    std::uint16_t queue;
  };
  /// What all shards of an engine have in common. Everything outlives the shards.
  struct Shared {
    const Steering& steering;
    Handover& handover;
    const Routes& routes;
    const NeighborTable& neighbors;
    SnapshotSlot& snapshots;
    Qsbr& qsbr;
  };
  struct Options {
    ShardId id;
    std::vector<RxQueue> rx_queues;
    std::vector<Tx::Lane> tx_lanes;  // by PortId
    std::uint32_t arp_held_packets = 512;
    std::uint32_t icmp_errors_per_second = 1000;
    PollMode poll = PollMode::adaptive;
  };
  Shard(const Options& options, const Shared& shared, Mempool& mempool);
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  /// Requires: called once, before the first turn.
  void set_handler(PacketHandler& handler) noexcept { handler_ = &handler; }

  /// One turn at time `now`. Deterministic: a function of the packets that the ports give.   Returns: whether there was work.
  bool turn(Instant now) noexcept;
  /// When the next turn has work even if no packet comes.
  [[nodiscard]] std::optional<Instant> next_deadline(Instant now) const noexcept;
  /// Turns on the calling thread until `stop`.
  void run(const std::atomic<bool>& stop, const TscClock& clock, std::vector<RxInterrupt*> interrupts);

  /// For the handler: a packet of a flow that we do not own. False if we do own it.
  [[nodiscard]] bool hand_over(Packet& packet, const FourTuple& tuple) noexcept;

  [[nodiscard]] ShardId id() const noexcept { return id_; }
  [[nodiscard]] IpOutput& output() noexcept { return output_; }
  [[nodiscard]] Mempool& mempool() noexcept { return mempool_; }
  [[nodiscard]] ShardCounters& counters() noexcept { return counters_; }
  [[nodiscard]] const Steering& steering() const noexcept { return shared_.steering; }
  [[nodiscard]] SpscRing<NeighborNews>& news() noexcept { return news_; }

 private:
  void adopt_snapshot(Instant now) noexcept;
  bool receive(const RxQueue& queue, Instant now) noexcept;
  bool receive_handed_over(Instant now) noexcept;
  void steer() noexcept;
  void audit() noexcept;

  ShardId id_;
  Shared shared_;
  Mempool& mempool_;
  ShardCounters counters_;
  SpscRing<NeighborNews> news_;
  std::vector<RxQueue> rx_queues_;
  Tx tx_;
  Link link_;
  Neighbors neighbors_;
  IpOutput output_;
  Icmp icmp_;
  IpInput ip_input_;
  IpForward ip_forward_;
  Idle idle_;
  PacketHandler* handler_ = nullptr;
  std::uint64_t adopted_ = 0;  // number of the snapshot that is in force here
  Instant audited_{};
  std::uint64_t bells_ = 0;  // bit per shard that got packets this turn
  Burst frames_, tcp_;
  Transit transit_;
};

}  // namespace engine
