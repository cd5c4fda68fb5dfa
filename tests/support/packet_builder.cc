#include "tests/support/packet_builder.h"

#include <cstring>
#include <type_traits>

#include "engine/check.h"
#include "engine/checksum.h"
#include "engine/text.h"

namespace support {

using engine::be16;
using engine::be32;
using engine::Ipv4;
using engine::Ipv4Header;

namespace {

void append(Bytes& to, std::span<const std::byte> more) {
  const std::size_t before = to.size();
  to.resize(before + more.size());
  if (!more.empty()) std::memcpy(to.data() + before, more.data(), more.size());
}
template <typename Header>
requires(alignof(Header) == 1 && std::is_class_v<Header>) void append_header(Bytes& to, const Header& header) {
  append(to, std::as_bytes(std::span{&header, 1}));
}

constexpr std::string_view flag_letters = "FSRPAUEC";

void put_checksum(Bytes& bytes, std::size_t at, be16 checksum) { engine::store(bytes.data() + at, checksum); }

}  // namespace

Bytes bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span{text});
  return {bytes.begin(), bytes.end()};
}

Bytes counted_bytes(std::size_t count) {
  Bytes bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i);
  return bytes;
}

Ipv4 ip(std::string_view text) {
  const auto address = engine::parse_ipv4(text);
  CHECK(address.has_value());
  return *address;
}

Transport icmp(std::uint8_t type, std::uint8_t code, std::uint32_t rest, const Bytes& data) {
  Transport t{engine::protocol_icmp, {}, 2, false};
  append_header(t.bytes, engine::IcmpHeader{type, code, be16{}, be16{static_cast<std::uint16_t>(rest >> 16)},
                                            be16{static_cast<std::uint16_t>(rest)}});
  append(t.bytes, data);
  return t;
}

Transport icmp_echo(std::uint16_t id, std::uint16_t seq, std::string_view data) {
  return icmp(8, 0, std::uint32_t{id} << 16 | seq, bytes_of(data));
}

Transport udp(std::uint16_t src_port, std::uint16_t dst_port, std::string_view data) {
  Transport t{engine::protocol_udp, {}, 6, true};
  append_header(t.bytes, engine::UdpHeader{be16{src_port}, be16{dst_port},
                                           be16{static_cast<std::uint16_t>(sizeof(engine::UdpHeader) + data.size())}, be16{}});
  append(t.bytes, bytes_of(data));
  return t;
}

Transport raw(std::uint8_t protocol, Bytes bytes) { return {protocol, std::move(bytes), std::nullopt, false}; }

Transport tcp(const TcpFields& f, std::string_view data) {
  Bytes options = f.options;
  options.resize((options.size() + 3) / 4 * 4);
  std::uint8_t flags = 0;
  for (const char c : f.flags) {
    const std::size_t bit = flag_letters.find(c);
    CHECK(bit != std::string_view::npos);
    flags = static_cast<std::uint8_t>(flags | 1u << bit);
  }
  const auto words = static_cast<std::uint8_t>((sizeof(engine::TcpHeader) + options.size()) / 4);
  Transport t{engine::protocol_tcp, {}, 16, true};
  append_header(t.bytes, engine::TcpHeader{be16{f.src_port}, be16{f.dst_port}, be32{f.seq}, be32{f.ack},
                                           static_cast<std::uint8_t>(words << 4), flags, be16{f.window}, be16{}, be16{}});
  append(t.bytes, options);
  append(t.bytes, bytes_of(data));
  return t;
}

Bytes ipv4(const Ipv4Fields& f, Transport transport) {
  const std::size_t header_bytes = sizeof(Ipv4Header) + f.options.size();
  const auto total = static_cast<std::uint16_t>(header_bytes + transport.bytes.size());
  if (transport.checksum_at) {
    engine::InetSum sum;
    if (transport.has_pseudo_header)
      sum = engine::pseudo_header_sum(f.src.wire(), f.dst.wire(), transport.protocol,
                                      static_cast<std::uint16_t>(transport.bytes.size()));
    sum.add(transport.bytes);
    put_checksum(transport.bytes, *transport.checksum_at, sum.checksum());
  }
  Bytes packet;
  append_header(packet, Ipv4Header{f.version_ihl.value_or(static_cast<std::uint8_t>(0x40 | header_bytes / 4)), f.dscp_ecn,
                                   be16{f.total_length.value_or(total)}, be16{f.id}, be16{f.flags_fragment}, f.ttl,
                                   transport.protocol, be16{}, f.src.wire(), f.dst.wire()});
  append(packet, f.options);
  append(packet, transport.bytes);
  fix_ip_checksum(packet);
  return packet;
}

void fix_ip_checksum(Bytes& packet) {
  auto ip = engine::load<Ipv4Header>(packet);
  ip.checksum = be16{};
  engine::store(packet.data(), ip);
  const std::size_t header_bytes = std::min(std::max(ip.header_bytes(), sizeof ip), packet.size());
  ip.checksum = be16::from_raw(static_cast<std::uint16_t>(~engine::inet_sum(std::span{packet}.first(header_bytes))));
  engine::store(packet.data(), ip);
}

Bytes arp(be16 operation, const engine::MacAddress& sender_mac, Ipv4 sender, const engine::MacAddress& target_mac, Ipv4 target) {
  Bytes bytes;
  append_header(bytes, engine::ArpPacket{be16{1}, engine::ether_type_ipv4, 6, 4, operation, sender_mac, sender.wire(), target_mac,
                                         target.wire()});
  return bytes;
}

Bytes ethernet(const engine::MacAddress& dst, const engine::MacAddress& src, const Bytes& packet, be16 ether_type,
               std::size_t frame_bytes_min) {
  Bytes frame;
  append_header(frame, engine::EthernetHeader{dst, src, ether_type});
  append(frame, packet);
  if (frame.size() < frame_bytes_min) frame.resize(frame_bytes_min, std::byte{0xee});
  return frame;
}

Bytes arp_frame(const engine::MacAddress& dst, const Bytes& arp_packet) {
  return ethernet(dst, engine::load<engine::ArpPacket>(arp_packet).sender_mac, arp_packet, engine::ether_type_arp);
}

}  // namespace support
