// The second half of tests/support/packet_builder.h: a frame as one line.
#include <fmt/format.h>

#include "engine/checksum.h"
#include "engine/text.h"
#include "tests/support/packet_builder.h"

namespace support {

using engine::Ipv4;
using engine::Ipv4Header;

namespace {

using View = std::span<const std::byte>;

std::string mac_text(const engine::MacAddress& mac) { return engine::to_string(mac); }
std::string ip_text(engine::be32 address) { return engine::to_string(Ipv4{address}); }

std::string describe_arp(View bytes) {
  if (bytes.size() < sizeof(engine::ArpPacket)) return fmt::format("arp of {} bytes", bytes.size());
  const auto a = engine::load<engine::ArpPacket>(bytes);
  if (a.operation == engine::arp_request)
    return fmt::format("arp who-has {} tell {} ({})", ip_text(a.target), ip_text(a.sender), mac_text(a.sender_mac));
  if (a.operation == engine::arp_reply)
    return fmt::format("arp {} is-at {} to {} ({})", ip_text(a.sender), mac_text(a.sender_mac), ip_text(a.target),
                       mac_text(a.target_mac));
  return fmt::format("arp operation {}", a.operation.host());
}

/// "10.0.0.1 > 10.0.0.2 udp": what a truncated quotation still tells.
std::string describe_quoted(View bytes) {
  if (bytes.size() < sizeof(Ipv4Header)) return fmt::format("{} bytes", bytes.size());
  const auto ip = engine::load<Ipv4Header>(bytes);
  return fmt::format("{} > {} proto {} ttl {}, {} bytes", ip_text(ip.src), ip_text(ip.dst), ip.protocol, ip.ttl, bytes.size());
}

std::string icmp_name(const engine::IcmpHeader& h) {
  switch (h.type) {
    case 0:
      return fmt::format("echo reply id {} seq {}", h.rest_high.host(), h.rest_low.host());
    case 3:
      switch (h.code) {
        case 0:
          return "net unreachable";
        case 1:
          return "host unreachable";
        case 2:
          return "protocol unreachable";
        case 3:
          return "port unreachable";
        case 4:
          return fmt::format("fragmentation needed mtu {}", h.rest_low.host());
        default:
          return fmt::format("unreachable code {}", h.code);
      }
    case 8:
      return fmt::format("echo request id {} seq {}", h.rest_high.host(), h.rest_low.host());
    case 11:
      return "time exceeded";
    default:
      return fmt::format("type {} code {}", h.type, h.code);
  }
}

std::string describe_icmp(View bytes, std::string& wrong) {
  if (bytes.size() < sizeof(engine::IcmpHeader)) return fmt::format("icmp of {} bytes", bytes.size());
  const auto h = engine::load<engine::IcmpHeader>(bytes);
  if (engine::inet_sum(bytes) != 0xffff) wrong += " [icmp checksum]";
  const View data = bytes.subspan(sizeof h);
  const bool is_error = h.type == 3 || h.type == 11;
  if (is_error) return fmt::format("icmp {} about ({})", icmp_name(h), describe_quoted(data));
  return fmt::format("icmp {}{}", icmp_name(h), data.empty() ? "" : fmt::format(" len {}", data.size()));
}

std::string describe_udp(View bytes, const Ipv4Header& ip, std::string& wrong) {
  if (bytes.size() < sizeof(engine::UdpHeader)) return fmt::format("udp of {} bytes", bytes.size());
  const auto h = engine::load<engine::UdpHeader>(bytes);
  engine::InetSum sum = engine::pseudo_header_sum(ip.src, ip.dst, ip.protocol, static_cast<std::uint16_t>(bytes.size()));
  sum.add(bytes);
  if (h.checksum != engine::be16{} && sum.fold() != 0xffff) wrong += " [udp checksum]";
  return fmt::format("udp {} > {} len {}", h.src_port.host(), h.dst_port.host(), bytes.size() - sizeof h);
}

std::string describe_tcp(View bytes, const Ipv4Header& ip, std::string& wrong) {
  if (bytes.size() < sizeof(engine::TcpHeader)) return fmt::format("tcp of {} bytes", bytes.size());
  const auto h = engine::load<engine::TcpHeader>(bytes);
  engine::InetSum sum = engine::pseudo_header_sum(ip.src, ip.dst, ip.protocol, static_cast<std::uint16_t>(bytes.size()));
  sum.add(bytes);
  if (sum.fold() != 0xffff) wrong += " [tcp checksum]";
  std::string flags;
  for (std::size_t i = 0; i < 8; ++i)
    if ((h.flags >> i & 1) != 0) flags += std::string_view{"FSRPAUEC"}[i];
  const std::size_t header_bytes = std::min(h.header_bytes(), bytes.size());
  return fmt::format("tcp {} > {} {} seq {} ack {} win {} len {}", h.src_port.host(), h.dst_port.host(),
                     flags.empty() ? "." : flags, h.seq.host(), h.ack.host(), h.window.host(), bytes.size() - header_bytes);
}

}  // namespace

std::string describe_ipv4(View packet) {
  if (packet.size() < sizeof(Ipv4Header)) return fmt::format("ip of {} bytes", packet.size());
  const auto ip = engine::load<Ipv4Header>(packet);
  const std::size_t header_bytes = ip.header_bytes();
  if (header_bytes < sizeof ip || header_bytes > packet.size() || ip.total_length.host() < header_bytes)
    return fmt::format("ip malformed, {} bytes", packet.size());
  std::string wrong;
  if (engine::inet_sum(packet.first(header_bytes)) != 0xffff) wrong += " [ip checksum]";
  if (ip.total_length.host() != packet.size())
    wrong += fmt::format(" [total length {} of {}]", ip.total_length.host(), packet.size());
  const View data = packet.first(std::min<std::size_t>(packet.size(), ip.total_length.host())).subspan(header_bytes);
  std::string transport;
  if (ip.is_fragment())
    transport = fmt::format("proto {} fragment at {} len {}", ip.protocol, ip.fragment_offset(), data.size());
  else if (ip.protocol == engine::protocol_icmp)
    transport = describe_icmp(data, wrong);
  else if (ip.protocol == engine::protocol_udp)
    transport = describe_udp(data, ip, wrong);
  else if (ip.protocol == engine::protocol_tcp)
    transport = describe_tcp(data, ip, wrong);
  else
    transport = fmt::format("proto {} len {}", ip.protocol, data.size());
  return fmt::format("ip {} > {} {} ttl {}{}", ip_text(ip.src), ip_text(ip.dst), transport, ip.ttl, wrong);
}

std::string describe(View frame) {
  if (frame.size() < sizeof(engine::EthernetHeader)) return fmt::format("frame of {} bytes", frame.size());
  const auto ethernet = engine::load<engine::EthernetHeader>(frame);
  const View payload = frame.subspan(sizeof ethernet);
  if (ethernet.ether_type == engine::ether_type_ipv4) return describe_ipv4(payload);
  if (ethernet.ether_type == engine::ether_type_arp) return describe_arp(payload);
  return fmt::format("ether type {:#06x} len {}", ethernet.ether_type.host(), payload.size());
}

std::string describe_link(View frame) {
  if (frame.size() < sizeof(engine::EthernetHeader)) return fmt::format("frame of {} bytes", frame.size());
  const auto ethernet = engine::load<engine::EthernetHeader>(frame);
  return fmt::format("{} > {}", mac_text(ethernet.src), mac_text(ethernet.dst));
}

}  // namespace support
