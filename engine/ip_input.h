// Received frames: Ethernet and IPv4 checked, looked up, and sorted into what is for us and what passes through.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "engine/burst.h"
#include "engine/checksum.h"
#include "engine/icmp.h"
#include "engine/neighbor.h"
#include "engine/routes.h"
#include "engine/shard_counters.h"

namespace engine {

/// Why this IPv4 header must not be processed, or Drop::none. Pure: no counter, no mbuf.
/// Spec: RFC 1812 5.2.2 (1)-(5); the checksum comes last because only it costs more than a compare.
/// `header` is what lies in the first segment, `packet_bytes` the whole packet behind the frame header (chains, padding
/// included).
[[nodiscard]] inline Drop check_ipv4(std::span<const std::byte> header, std::size_t packet_bytes,
                                     bool checksum_verified) noexcept {
  if (header.size() < sizeof(Ipv4Header)) return Drop::ip_truncated;  // (1)
  const auto ip = load<Ipv4Header>(header);
  if (ip.version_ihl >> 4 != 4) return Drop::ip_bad_version;                         // (3)
  if (ip.header_bytes() < sizeof(Ipv4Header)) return Drop::ip_bad_header_length;     // (4)
  if (ip.total_length.host() < ip.header_bytes()) return Drop::ip_bad_total_length;  // (5)
  if (packet_bytes < ip.total_length.host() || header.size() < ip.header_bytes()) return Drop::ip_truncated;
  if (!checksum_verified && inet_sum(header.first(ip.header_bytes())) != 0xffff) return Drop::ip_bad_checksum;  // (2)
  return Drop::none;
}

/// Addresses that must not appear in a packet from a link.   Spec: RFC 1812 5.3.7, RFC 1122 3.2.1.3.
[[nodiscard]] constexpr Drop check_addresses(Ipv4 src, Ipv4 dst) noexcept {
  if (src.is_multicast() || src.is_class_e() || src.is_loopback() || src.is_this_network()) return Drop::ip_martian_source;
  if (dst.is_loopback() || dst.is_this_network() || (dst.is_class_e() && !dst.is_limited_broadcast()))
    return Drop::ip_martian_destination;
  return Drop::none;
}

/// A packet that passes through, with the next hop that the FIB gave.
struct Transit {
  Burst packets;
  std::array<NextHopId, Burst::capacity> hops;
};

class IpInput {
 public:
  IpInput(const Routes& routes, Neighbors& neighbors, Icmp& icmp, ShardCounters& counters) noexcept
      : routes_{routes}, neighbors_{neighbors}, icmp_{icmp}, counters_{counters} {}

  /// Takes frames received on one port. TCP for us goes to `tcp` (data at the IPv4 header), what passes through to `transit`;
  /// ICMP errors about TCP, too; ARP and other ICMP are answered here.   Requires: `tcp` and `transit` are empty.
  void run(Burst& frames, const PortInfo& port, Instant now, Burst& tcp, Transit& transit) noexcept;

 private:
  void classify(Packet packet, const PortInfo& port, Instant now) noexcept;
  void deliver(Packet packet, const NextHop& hop, Instant now, Burst& tcp) noexcept;

  const Routes& routes_;
  Neighbors& neighbors_;
  Icmp& icmp_;
  ShardCounters& counters_;
  Burst valid_;  // IPv4 packets of the present run that passed the checks
};

}  // namespace engine
