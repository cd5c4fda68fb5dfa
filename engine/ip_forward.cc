#include "engine/ip_forward.h"

namespace engine {

namespace {

/// TTL less one, with the checksum updated by RFC 1624.   Requires: ttl > 1.
void decrement_ttl(Ipv4Header& ip) noexcept {
  const be16 before{static_cast<std::uint16_t>(ip.ttl << 8 | ip.protocol)};
  --ip.ttl;
  ip.checksum = update_checksum(ip.checksum, before, be16{static_cast<std::uint16_t>(ip.ttl << 8 | ip.protocol)});
}

}  // namespace

void IpForward::run(Transit& transit, Instant now) noexcept {
  std::size_t i = 0;
  transit.packets.drain([&](Packet packet) noexcept { forward(std::move(packet), routes_.next_hop(transit.hops[i++]), now); });
}

void IpForward::forward(Packet packet, const NextHop& hop, Instant now) noexcept {
  const PortId from = packet.port();
  if (!config_->forwarding) return counters_.drop(Drop::forwarding_disabled, from, packet);
  auto& ip = packet.rewrite<Ipv4Header>(0);
  const Ipv4 destination{ip.dst};
  // RFC 1812 5.3.4, 5.3.5; RFC 3927 7.
  if (destination.is_multicast() || destination.is_limited_broadcast() || destination.is_link_local() ||
      Ipv4{ip.src}.is_link_local())
    return counters_.drop(Drop::broadcast_not_forwarded, from, packet);
  if (ip.header_bytes() != sizeof(Ipv4Header)) return counters_.drop(Drop::ip_options, from, packet);
  switch (hop.kind) {
    case NextHop::Kind::connected:
    case NextHop::Kind::gateway:
      break;
    case NextHop::Kind::blackhole:
      return counters_.drop(Drop::route_blackhole, from, packet);
    case NextHop::Kind::unreachable:
      icmp_.send_error(IcmpError::host_unreachable, packet, now);
      return counters_.drop(Drop::route_unreachable, from, packet);
    case NextHop::Kind::none:
      icmp_.send_error(IcmpError::net_unreachable, packet, now);
      return counters_.drop(Drop::no_route, from, packet);
    case NextHop::Kind::local:  // IpInput delivers these
    case NextHop::Kind::broadcast:
      return counters_.drop(Drop::broadcast_not_forwarded, from, packet);
  }
  if (ip.ttl <= 1) {  // RFC 1812 5.3.1
    icmp_.send_error(IcmpError::ttl_exceeded, packet, now);
    return counters_.drop(Drop::ttl_expired, from, packet);
  }
  const std::uint16_t mtu = link_.port_info(hop.port).mtu;
  if (packet.bytes() > mtu) {
    // A packet that may be fragmented is lost too: fragmentation is not built, and the sender learns the MTU all the same.
    icmp_.send_error(IcmpError::fragmentation_needed, packet, now, mtu);
    return counters_.drop(Drop::needs_fragmentation, from, packet);
  }
  decrement_ttl(ip);
  packet.clear_offloads();
  counters_.forwarded.add();
  output_.send_to(std::move(packet), hop, destination, now);
}

}  // namespace engine
