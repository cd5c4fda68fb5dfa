// What a shard counts. One writer, any reader; the conservation of packets is computed from these.
#pragma once

#include <array>

#include "engine/counters.h"
#include "engine/drop.h"
#include "engine/drop_examples.h"
#include "engine/ids.h"
#include "engine/time.h"

namespace engine {

class Packet;

struct PortCounters {
  Counter rx_packets, rx_bytes, tx_packets, tx_bytes;
};

struct alignas(64) ShardCounters {
  // Conservation: rx + originated + handed_in = tx + consumed + dropped + handed_out + held.
  Counter rx, originated, handed_in;
  Counter tx, consumed, dropped, handed_out;
  Counter held;                // gauge: packets in hold queues and unsent bursts at the end of the last audited turn
  Counter unaccounted;         // |left - right| at the last audit: 0, or there is a bug
  Counter forwarded, steered;  // sent on to another port; handed to the shard that owns the flow
  Counter linearized;          // chains copied because the port cannot gather
  Counter busy_cycles, idle_cycles, turns, sleeps;
  std::array<PortCounters, ports_max> ports;
  DropCounters drops;
  DropExamples examples{index_of(Drop::count_)};
  Instant now{};  // of this turn: the shard's own, for examples

  /// Counts one lost packet. The caller frees it.
  void drop(Drop why, PortId port = PortId{0}) noexcept {
    drops.count(why, port);
    dropped.add();
  }
  /// The same with the packet at hand, which may become the reason's example.
  void drop(Drop why, PortId port, const Packet& packet, PacketStart start = PacketStart::ipv4) noexcept {
    drop(why, port);
    example(why, port, packet, start);
  }
  /// Offers a packet as the example of a loss that was counted.
  void example(Drop why, PortId port, const Packet& packet, PacketStart start = PacketStart::ipv4) noexcept {
    if (examples.is_due(index_of(why), now)) [[unlikely]]
      keep(why, port, packet, start);
  }

 private:
  void keep(Drop why, PortId port, const Packet& packet, PacketStart start) noexcept;
};

}  // namespace engine
