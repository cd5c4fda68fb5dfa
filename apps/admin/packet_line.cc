#include "apps/admin/packet_line.h"

#include <fmt/format.h>
#include <optional>
#include <utility>

#include "engine/byteorder.h"
#include "engine/text.h"
#include "engine/wire.h"

namespace apps {

namespace {

using Bytes = std::span<const std::byte>;
using engine::Ipv4;

template <typename Header>
std::optional<Header> header_of(Bytes bytes) {
  if (bytes.size() < sizeof(Header)) return std::nullopt;
  return engine::load<Header>(bytes);
}

std::string raw(Bytes bytes, std::size_t packet_bytes) {
  constexpr std::size_t shown = 24;
  std::string text = fmt::format("{} bytes:", packet_bytes);
  for (const std::byte b : bytes.first(std::min(shown, bytes.size())))
    text += fmt::format(" {:02x}", std::to_integer<unsigned>(b));
  return packet_bytes > shown ? text + " .." : text;
}

std::string flags_of(std::uint8_t bits) {
  constexpr std::string_view letters = "FSRPAUEC";
  std::string text;
  for (std::size_t i = 0; i < letters.size(); ++i)
    if ((bits >> i & 1) != 0) text += letters[i];
  return text.empty() ? "none" : text;
}

std::string tcp_line(const engine::Ipv4Header& ip, Bytes payload) {
  const auto tcp = header_of<engine::TcpHeader>(payload);
  if (!tcp) return fmt::format("{} > {} tcp, cut off", to_string(Ipv4{ip.src}), to_string(Ipv4{ip.dst}));
  constexpr std::uint8_t ack_bit = 16;
  const std::size_t headers = ip.header_bytes() + tcp->header_bytes();
  const std::size_t total = ip.total_length.host();
  return fmt::format("{}:{} > {}:{} tcp {} seq {}{} win {} len {}", to_string(Ipv4{ip.src}), tcp->src_port.host(),
                     to_string(Ipv4{ip.dst}), tcp->dst_port.host(), flags_of(tcp->flags), tcp->seq.host(),
                     (tcp->flags & ack_bit) != 0 ? fmt::format(" ack {}", tcp->ack.host()) : "", tcp->window.host(),
                     total > headers ? total - headers : 0);
}

std::string udp_line(const engine::Ipv4Header& ip, Bytes payload) {
  const auto udp = header_of<engine::UdpHeader>(payload);
  if (!udp) return fmt::format("{} > {} udp, cut off", to_string(Ipv4{ip.src}), to_string(Ipv4{ip.dst}));
  const std::size_t length = udp->length.host();
  return fmt::format("{}:{} > {}:{} udp len {}", to_string(Ipv4{ip.src}), udp->src_port.host(), to_string(Ipv4{ip.dst}),
                     udp->dst_port.host(), length > sizeof *udp ? length - sizeof *udp : 0);
}

std::string icmp_line(const engine::Ipv4Header& ip, Bytes payload) {
  const auto icmp = header_of<engine::IcmpHeader>(payload);
  if (!icmp) return fmt::format("{} > {} icmp, cut off", to_string(Ipv4{ip.src}), to_string(Ipv4{ip.dst}));
  return fmt::format("{} > {} icmp type {} code {}", to_string(Ipv4{ip.src}), to_string(Ipv4{ip.dst}), icmp->type, icmp->code);
}

std::string ipv4_line(Bytes bytes, std::size_t packet_bytes) {
  const auto ip = header_of<engine::Ipv4Header>(bytes);
  if (!ip || ip->version_ihl >> 4 != 4 || ip->header_bytes() < sizeof *ip) return raw(bytes, packet_bytes);
  if (ip->is_fragment())
    return fmt::format("{} > {} protocol {} fragment at {} len {}", to_string(Ipv4{ip->src}), to_string(Ipv4{ip->dst}),
                       ip->protocol, ip->fragment_offset(),
                       ip->total_length.host() - std::min<std::size_t>(ip->total_length.host(), ip->header_bytes()));
  const Bytes payload = bytes.subspan(std::min(bytes.size(), ip->header_bytes()));
  switch (ip->protocol) {
    case engine::protocol_tcp:
      return tcp_line(*ip, payload);
    case engine::protocol_udp:
      return udp_line(*ip, payload);
    case engine::protocol_icmp:
      return icmp_line(*ip, payload);
    default:
      return fmt::format("{} > {} protocol {} len {}", to_string(Ipv4{ip->src}), to_string(Ipv4{ip->dst}), ip->protocol,
                         ip->total_length.host());
  }
}

std::string arp_line(Bytes bytes, std::size_t packet_bytes) {
  const auto arp = header_of<engine::ArpPacket>(bytes);
  if (!arp) return raw(bytes, packet_bytes);
  if (arp->operation == engine::arp_request)
    return fmt::format("arp who-has {} tell {} ({})", to_string(Ipv4{arp->target}), to_string(Ipv4{arp->sender}),
                       to_string(arp->sender_mac));
  if (arp->operation == engine::arp_reply)
    return fmt::format("arp {} is-at {}", to_string(Ipv4{arp->sender}), to_string(arp->sender_mac));
  return fmt::format("arp operation {} from {}", arp->operation.host(), to_string(arp->sender_mac));
}

std::string ethernet_line(Bytes bytes, std::size_t packet_bytes) {
  const auto ethernet = header_of<engine::EthernetHeader>(bytes);
  if (!ethernet) return raw(bytes, packet_bytes);
  const Bytes payload = bytes.subspan(sizeof *ethernet);
  const std::size_t payload_bytes = packet_bytes - sizeof *ethernet;
  std::string inner = fmt::format("type 0x{:04x} len {}", ethernet->ether_type.host(), payload_bytes);
  if (ethernet->ether_type == engine::ether_type_ipv4) inner = ipv4_line(payload, payload_bytes);
  if (ethernet->ether_type == engine::ether_type_arp) inner = arp_line(payload, payload_bytes);
  return fmt::format("{} > {}, {}", to_string(ethernet->src), to_string(ethernet->dst), inner);
}

}  // namespace

std::string packet_line(const engine::DropExample& example) {
  switch (example.start) {
    case engine::PacketStart::ethernet:
      return ethernet_line(example.kept(), example.packet_bytes);
    case engine::PacketStart::arp:
      return arp_line(example.kept(), example.packet_bytes);
    case engine::PacketStart::ipv4:
      return ipv4_line(example.kept(), example.packet_bytes);
  }
  return raw(example.kept(), example.packet_bytes);
}

std::string example_line(std::string_view packet, double age_s, std::string_view port) {
  return fmt::format("{}, {:.1f} s ago{}{}", packet, age_s, port.empty() ? "" : " on port ", port);
}

}  // namespace apps
