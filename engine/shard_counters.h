// What a shard counts. One writer, any reader; the conservation of packets is computed from these.
#pragma once

#include <array>

#include "engine/counters.h"
#include "engine/drop.h"
#include "engine/ids.h"

namespace engine {

struct PortCounters {
  Counter rx_packets, rx_bytes, tx_packets, tx_bytes;
};

struct alignas(64) ShardCounters {
  // Conservation: rx + originated + handed_in = tx + consumed + dropped + handed_out + held.
  Counter rx, originated, handed_in;
  Counter tx, consumed, dropped, handed_out;
  Counter held;                 // gauge: packets in hold queues and unsent bursts at the end of the last audited turn
  Counter unaccounted;          // |left - right| at the last audit: 0, or there is a bug
  Counter forwarded, steered;   // sent on to another port; handed to the shard that owns the flow
  Counter linearized;           // chains copied because the port cannot gather
  Counter busy_cycles, idle_cycles, turns, sleeps;
  std::array<PortCounters, ports_max> ports;
  DropCounters drops;

  /// Counts one lost packet. The caller frees it.
  void drop(Drop why, PortId port = PortId{0}) noexcept {
    drops.count(why, port);
    dropped.add();
  }
};

}  // namespace engine
