#include "engine/shard_counters.h"

#include "engine/packet.h"

namespace engine {

void ShardCounters::keep(Drop why, PortId port, const Packet& packet, PacketStart start) noexcept {
  examples.record(index_of(why), now, port, start, packet.first_segment(), packet.bytes());
}

}  // namespace engine
