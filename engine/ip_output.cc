#include "engine/ip_output.h"

namespace engine {

IpOutput::~IpOutput() {
  for (std::uint16_t i = 0; i < pending_.size(); ++i) counters_.drop(Drop::stopping, PortId::none());
}

void IpOutput::flush(Instant now) noexcept {
  if (pending_.empty()) return;
  std::array<std::uint32_t, Burst::capacity> addresses;
  std::array<std::uint64_t, Burst::capacity> hops;
  const auto mbufs = pending_.mbufs();
  const std::size_t n = mbufs.size();
  for (std::size_t i = 0; i < n; ++i) addresses[i] = rte_pktmbuf_mtod(mbufs[i], const Ipv4Header*)->dst.host();
  routes_.active().lookup_bulk({addresses.data(), n}, {hops.data(), n});
  std::size_t i = 0;
  pending_.drain(
      [&](Packet packet) noexcept { dispatch(std::move(packet), routes_.next_hop(static_cast<NextHopId>(hops[i++])), now); });
}

void IpOutput::dispatch(Packet&& packet, const NextHop& hop, Instant now) noexcept {
  switch (hop.kind) {
    case NextHop::Kind::connected:
    case NextHop::Kind::gateway:
    case NextHop::Kind::broadcast: {
      const Ipv4 destination{packet.header_at<Ipv4Header>(0).dst};
      if (packet.bytes() > link_.port_info(hop.port).mtu) return counters_.drop(Drop::needs_fragmentation, hop.port, packet);
      return send_to(std::move(packet), hop, destination, now);
    }
    case NextHop::Kind::local:
      return counters_.drop(Drop::output_to_self, hop.port, packet);
    case NextHop::Kind::unreachable:
      return counters_.drop(Drop::route_unreachable, PortId::none(), packet);
    case NextHop::Kind::blackhole:
      return counters_.drop(Drop::route_blackhole, PortId::none(), packet);
    case NextHop::Kind::none:
      return counters_.drop(Drop::no_route, PortId::none(), packet);
  }
}

void IpOutput::send_to(Packet&& packet, const NextHop& hop, Ipv4 destination, Instant now) noexcept {
  if (hop.kind == NextHop::Kind::broadcast) return link_.send_ipv4(std::move(packet), hop.port, mac_broadcast);
  neighbors_.send(std::move(packet), hop.port, hop.kind == NextHop::Kind::gateway ? hop.gateway : destination, now);
}

Ipv4 IpOutput::source_for(Ipv4 destination) const noexcept {
  const NextHop& hop = routes_.next_hop(routes_.active().lookup(destination));
  if (hop.kind != NextHop::Kind::connected && hop.kind != NextHop::Kind::gateway) return Ipv4{};
  return hop.source;
}

bool IpOutput::is_broadcast(Ipv4 destination) const noexcept {
  return routes_.next_hop(routes_.active().lookup(destination)).kind == NextHop::Kind::broadcast;
}

std::uint16_t IpOutput::mtu_for(Ipv4 destination) const noexcept {
  const NextHop& hop = routes_.next_hop(routes_.active().lookup(destination));
  if (hop.kind != NextHop::Kind::connected && hop.kind != NextHop::Kind::gateway) return 0;
  return link_.port_info(hop.port).mtu;
}

}  // namespace engine
