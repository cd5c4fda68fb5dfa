// The seam between the engine and what stands on it: called once per burst and once per turn, never per packet.
#pragma once

#include <optional>

#include "engine/burst.h"
#include "engine/time.h"

namespace engine {

struct Snapshot;

class PacketHandler {
 public:
  virtual ~PacketHandler() = default;
  /// TCP packets to our addresses, and ICMP errors about TCP packets from them (data at a checked IPv4 header of 20 bytes, cut to
  /// its total length; IcmpTcpError). Those that it does not move on are
  /// freed; all were counted by it as consumed or dropped.
  virtual void on_burst(Burst& packets, Instant now) noexcept = 0;
  /// Once per turn, after the last burst: due timers, and what the turn has to send.   Returns: whether there was work.
  virtual bool on_time(Instant now) noexcept = 0;
  /// When on_time has work even if no packet comes.
  [[nodiscard]] virtual std::optional<Instant> next_deadline(Instant now) const noexcept = 0;
  /// A new configuration, before the first burst of a turn. The old one may be freed already (a quiescent state, or a sleep, lies
  /// between two turns): what outlives a turn must not point into a snapshot.
  virtual void adopt(const Snapshot& snapshot, Instant now) noexcept = 0;
};

}  // namespace engine
