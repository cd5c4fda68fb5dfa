// Frames on their way out: gathered per port during a turn, given to the driver in bursts.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/handover.h"
#include "engine/mempool.h"
#include "engine/packet.h"
#include "engine/port.h"
#include "engine/shard_counters.h"

namespace engine {

/// The transmit side of one shard. What a driver refuses stays for the next turn, up to `lane_packets` per port; beyond that it
/// is the drop `tx_full`: a peer that stops reading its ring must not hold mbufs for ever.
class Tx {
 public:
  static constexpr std::uint16_t lane_packets = 256;

  struct Lane {
    Port* port = nullptr;
    std::uint16_t queue = 0;
    ShardId owner{};  // the shard that drives this queue: mostly ourselves
  };
  /// `lanes` by PortId.
  Tx(ShardId self, std::vector<Lane> lanes, Handover& handover, Mempool& mempool, ShardCounters& counters);
  Tx(const Tx&) = delete;
  Tx& operator=(const Tx&) = delete;
  ~Tx();

  /// A finished frame for `port`.
  void send(PortId port, Packet&& frame) noexcept;
  /// To the drivers with all of it.
  void flush() noexcept;

  [[nodiscard]] const PortInfo& port_info(PortId port) const noexcept { return lanes_[port.value].port->info(); }
  [[nodiscard]] std::size_t ports() const noexcept { return lanes_.size(); }
  /// Frames that wait for the next turn.
  [[nodiscard]] std::uint64_t held() const noexcept;

 private:
  struct Queue : Lane {
    std::array<rte_mbuf*, lane_packets> frames;
    std::uint16_t count = 0;
  };
  [[nodiscard]] Packet linearize(Packet chain, PortId port) noexcept;
  void flush(Queue& queue) noexcept;

  ShardId self_;
  std::vector<Queue> lanes_;
  Handover& handover_;
  Mempool& mempool_;
  ShardCounters& counters_;
  std::uint64_t bells_ = 0;  // bit per shard that got frames this turn
};

}  // namespace engine
