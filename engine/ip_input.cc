#include "engine/ip_input.h"

#include "engine/icmp_error.h"

namespace engine {

void IpInput::run(Burst& frames, const PortInfo& port, Instant now, Burst& tcp, Transit& transit) noexcept {
  frames.drain([&](Packet packet) noexcept { classify(std::move(packet), port, now); });
  if (valid_.empty()) return;

  std::array<std::uint32_t, Burst::capacity> addresses;
  std::array<std::uint64_t, Burst::capacity> hops;
  const auto mbufs = valid_.mbufs();
  const std::size_t n = mbufs.size();
  for (std::size_t i = 0; i < n; ++i) addresses[i] = rte_pktmbuf_mtod(mbufs[i], const Ipv4Header*)->dst.host();
  routes_.active().lookup_bulk({addresses.data(), n}, {hops.data(), n});

  std::size_t i = 0;
  valid_.drain([&](Packet packet) noexcept {
    const auto id = static_cast<NextHopId>(hops[i++]);
    const NextHop& hop = routes_.next_hop(id);
    if (hop.kind == NextHop::Kind::local || hop.kind == NextHop::Kind::broadcast)
      return deliver(std::move(packet), hop, now, tcp);
    transit.hops[transit.packets.size()] = id;
    transit.packets.push(std::move(packet));
  });
}

/// Ethernet, then IPv4: what is valid goes to valid_, data at the IPv4 header, cut to its total length.
void IpInput::classify(Packet packet, const PortInfo& port, Instant now) noexcept {
  packet.set_port(port.id);
  if (packet.first_segment().size() < sizeof(EthernetHeader))
    return counters_.drop(Drop::frame_truncated, port.id, packet, PacketStart::ethernet);
  const auto ethernet = packet.header_at<EthernetHeader>(0);
  if (ethernet.dst != port.mac && !ethernet.dst.is_multicast())
    return counters_.drop(Drop::not_for_this_mac, port.id, packet, PacketStart::ethernet);
  packet.strip_front(sizeof(EthernetHeader));
  if (ethernet.ether_type == ether_type_ipv4) [[likely]] {
    const Drop why = check_ipv4(packet.first_segment(), packet.bytes(), packet.ip_checksum_verified());
    if (why != Drop::none) [[unlikely]]
      return counters_.drop(why, port.id, packet);
    const auto ip = packet.header_at<Ipv4Header>(0);
    const Drop martian = check_addresses(Ipv4{ip.src}, Ipv4{ip.dst});
    if (martian != Drop::none) [[unlikely]]
      return counters_.drop(martian, port.id, packet);
    // RFC 1122 3.3.6, RFC 1812 5.3.4: a link-layer broadcast that is not an IP broadcast must not be forwarded, nor start
    // anything.
    if (ethernet.dst.is_multicast()) [[unlikely]]
      return counters_.drop(Drop::broadcast_not_forwarded, port.id, packet);
    packet.trim_to(ip.total_length.host());
    return valid_.push(std::move(packet));
  }
  if (ethernet.ether_type == ether_type_arp) return neighbors_.on_arp(std::move(packet), port.id, now);
  packet.push_front(sizeof(EthernetHeader));  // as it came: its example shows the type
  counters_.drop(ethernet.ether_type == ether_type_vlan ? Drop::vlan_unexpected : Drop::unknown_ether_type, port.id, packet,
                 PacketStart::ethernet);
}

/// A packet to one of our addresses. A source that is an address of ours or a broadcast of our subnets is a lie (RFC 1812 5.3.7),
/// and an answer to it would be sent to everybody. The answer looks the source up again: the second time it is in the cache.
void IpInput::deliver(Packet packet, const NextHop& hop, Instant now, Burst& tcp) noexcept {
  const auto ip = packet.header_at<Ipv4Header>(0);
  const PortId port = packet.port();
  const NextHop::Kind source = routes_.next_hop(routes_.active().lookup(Ipv4{ip.src})).kind;
  if (source == NextHop::Kind::local || source == NextHop::Kind::broadcast)
    return counters_.drop(Drop::ip_martian_source, port, packet);
  if (ip.is_fragment()) return counters_.drop(Drop::ip_fragment_for_us, port, packet);
  if (ip.header_bytes() != sizeof(Ipv4Header)) return counters_.drop(Drop::ip_options, port, packet);
  const bool is_ours_alone = hop.kind == NextHop::Kind::local;
  switch (ip.protocol) {
    case protocol_tcp:
      if (!is_ours_alone) return counters_.drop(Drop::broadcast_not_forwarded, port, packet);  // RFC 9293 3.10.7: never answered
      return tcp.push(std::move(packet));
    case protocol_icmp:
      if (is_ours_alone && read_tcp_error(packet.first_segment())) return tcp.push(std::move(packet));
      return icmp_.on_packet(std::move(packet), is_ours_alone, now);
    case protocol_udp:
      if (is_ours_alone) icmp_.send_error(IcmpError::port_unreachable, packet, now);  // RFC 1122 3.2.2: not about a broadcast
      return counters_.drop(Drop::port_unreachable, port, packet);
    default:
      if (is_ours_alone) icmp_.send_error(IcmpError::protocol_unreachable, packet, now);
      return counters_.drop(Drop::protocol_unreachable, port, packet);
  }
}

}  // namespace engine
