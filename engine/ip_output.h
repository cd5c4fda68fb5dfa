// Packets of our own on their way: gathered into bursts, looked up in bulk, handed to their neighbor.
#pragma once

#include "engine/burst.h"
#include "engine/ip_config.h"
#include "engine/neighbor.h"
#include "engine/routes.h"
#include "engine/shard_counters.h"
#include "engine/time.h"

namespace engine {

/// Originates. Every packet that goes in here was counted as `originated` by it, and becomes tx, held or a drop.
class IpOutput {
 public:
  IpOutput(const Routes& routes, Neighbors& neighbors, Link& link, ShardCounters& counters) noexcept
      : routes_{routes}, neighbors_{neighbors}, link_{link}, counters_{counters} {}
  ~IpOutput();

  void set_config(const IpConfig& config) noexcept { config_ = &config; }

  /// Takes an IPv4 packet (data at its header, checksums wanted or done). It leaves with the next `flush` at the latest.
  void send(Packet&& packet, Instant now) noexcept {
    counters_.originated.add();
    pending_.push(std::move(packet));
    if (pending_.full()) flush(now);
  }
  void flush(Instant now) noexcept;

  /// Sends a packet whose next hop is known.   Requires: hop.kind is connected, gateway or broadcast.
  void send_to(Packet&& packet, const NextHop& hop, Ipv4 destination, Instant now) noexcept;

  /// Our address for packets to `destination`, or zero if there is no way to it.
  [[nodiscard]] Ipv4 source_for(Ipv4 destination) const noexcept;
  /// Whether it is the broadcast address of a connected subnet: one host cannot be meant.
  [[nodiscard]] bool is_broadcast(Ipv4 destination) const noexcept;
  /// The MTU of the port that packets to `destination` leave through; 0 if there is none.
  [[nodiscard]] std::uint16_t mtu_for(Ipv4 destination) const noexcept;

 private:
  void dispatch(Packet&& packet, const NextHop& hop, Instant now) noexcept;

  const Routes& routes_;
  Neighbors& neighbors_;
  Link& link_;
  ShardCounters& counters_;
  const IpConfig* config_ = nullptr;
  Burst pending_;
};

}  // namespace engine
