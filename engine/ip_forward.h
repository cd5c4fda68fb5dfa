// Packets that pass through: TTL, MTU, next hop.
#pragma once

#include "engine/icmp.h"
#include "engine/ip_config.h"
#include "engine/ip_input.h"
#include "engine/ip_output.h"
#include "engine/routes.h"
#include "engine/shard_counters.h"

namespace engine {

class IpForward {
 public:
  IpForward(const Routes& routes, IpOutput& output, Icmp& icmp, Link& link, ShardCounters& counters) noexcept
      : routes_{routes}, output_{output}, icmp_{icmp}, link_{link}, counters_{counters} {}
  void set_config(const IpConfig& config) noexcept { config_ = &config; }

  /// Forwards, or drops with an ICMP error where RFC 1812 wants one. `transit` is empty afterwards.
  void run(Transit& transit, Instant now) noexcept;

 private:
  void forward(Packet packet, const NextHop& hop, Instant now) noexcept;

  const Routes& routes_;
  IpOutput& output_;
  Icmp& icmp_;
  Link& link_;
  ShardCounters& counters_;
  const IpConfig* config_ = nullptr;
};

}  // namespace engine
