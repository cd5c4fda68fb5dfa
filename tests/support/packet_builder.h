// Frames in a few words, with right lengths and checksums, and a frame as one readable line.
//   ethernet(port_mac, peer_mac, ipv4({.src = a, .dst = b, .ttl = 3}, icmp_echo(1, 7, "hello")))
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/wire.h"

namespace support {

using Bytes = std::vector<std::byte>;

[[nodiscard]] Bytes bytes_of(std::string_view text);
/// `count` bytes that differ from their neighbors: 0, 1, 2 ...
[[nodiscard]] Bytes counted_bytes(std::size_t count);
/// An address from its text; ends the process if it is none.
[[nodiscard]] engine::Ipv4 ip(std::string_view text);

/// What follows an IPv4 header. The checksum is filled in by `ipv4`, which knows the pseudo-header.
struct Transport {
  std::uint8_t protocol = 0;
  Bytes bytes{};
  std::optional<std::size_t> checksum_at{};
  bool has_pseudo_header = false;
};

[[nodiscard]] Transport icmp(std::uint8_t type, std::uint8_t code, std::uint32_t rest, const Bytes& data);
[[nodiscard]] Transport icmp_echo(std::uint16_t id, std::uint16_t seq, std::string_view data = "");
[[nodiscard]] Transport udp(std::uint16_t src_port, std::uint16_t dst_port, std::string_view data = "");
[[nodiscard]] Transport raw(std::uint8_t protocol, Bytes bytes);

struct TcpFields {
  std::uint16_t src_port = 0, dst_port = 0;
  std::uint32_t seq = 0, ack = 0;
  std::string_view flags = "S";  // letters of "FSRPAUEC"
  std::uint16_t window = 65'535;
  Bytes options{};  // padded with zeros to whole words
};
[[nodiscard]] Transport tcp(const TcpFields& fields, std::string_view data = "");

struct Ipv4Fields {
  engine::Ipv4 src, dst;
  std::uint8_t ttl = 64;
  std::uint16_t id = 1;
  std::uint16_t flags_fragment = 0;
  std::uint8_t dscp_ecn = 0;
  Bytes options{};                              // a multiple of 4
  std::optional<std::uint16_t> total_length{};  // instead of the true one
  std::optional<std::uint8_t> version_ihl{};
};
[[nodiscard]] Bytes ipv4(const Ipv4Fields& fields, Transport transport);
/// Header checksum and, unless it is a fragment, nothing else: for packets whose bytes were changed by hand.
void fix_ip_checksum(Bytes& packet);

[[nodiscard]] Bytes arp(engine::be16 operation, const engine::MacAddress& sender_mac, engine::Ipv4 sender,
                        const engine::MacAddress& target_mac, engine::Ipv4 target);

/// An Ethernet frame around a packet, padded with 0xee to `frame_bytes_min`.
[[nodiscard]] Bytes ethernet(const engine::MacAddress& dst, const engine::MacAddress& src, const Bytes& packet,
                             engine::be16 ether_type = engine::ether_type_ipv4, std::size_t frame_bytes_min = 0);
[[nodiscard]] Bytes arp_frame(const engine::MacAddress& dst, const Bytes& arp_packet);

/// "ip 10.0.0.1 > 10.0.0.2 icmp echo reply id 1 seq 1 ttl 64", "arp who-has 10.0.0.2 tell 10.0.0.1 (02:..)": everything that is
/// wrong (a checksum, a length) is said at the end in brackets.
[[nodiscard]] std::string describe(std::span<const std::byte> frame);
/// The same for a packet that starts at its IPv4 header.
[[nodiscard]] std::string describe_ipv4(std::span<const std::byte> packet);
/// "02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff"
[[nodiscard]] std::string describe_link(std::span<const std::byte> frame);

}  // namespace support
