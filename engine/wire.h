// Headers as they lie on the wire, without padding and with alignment 1. Field names are the standards'.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>

#include "engine/byteorder.h"

namespace engine {

struct MacAddress {
  std::array<std::uint8_t, 6> bytes{};
  [[nodiscard]] constexpr bool is_multicast() const noexcept { return (bytes[0] & 1u) != 0; }
  [[nodiscard]] constexpr bool is_zero() const noexcept { return *this == MacAddress{}; }
  friend constexpr bool operator==(const MacAddress&, const MacAddress&) noexcept = default;
};
inline constexpr MacAddress mac_broadcast{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

/// An IPv4 address in host order: it can be masked and compared for order. `be32` is the same on the wire.
struct Ipv4 {
  std::uint32_t value = 0;
  constexpr Ipv4() noexcept = default;
  constexpr explicit Ipv4(std::uint32_t host_order) noexcept : value{host_order} {}
  constexpr explicit Ipv4(be32 wire) noexcept : value{wire.host()} {}
  constexpr Ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) noexcept
      : value{std::uint32_t{a} << 24 | std::uint32_t{b} << 16 | std::uint32_t{c} << 8 | d} {}
  [[nodiscard]] constexpr be32 wire() const noexcept { return be32{value}; }
  [[nodiscard]] constexpr bool is_zero() const noexcept { return value == 0; }
  [[nodiscard]] constexpr bool is_multicast() const noexcept { return (value >> 28) == 0xe; }   // RFC 5771
  [[nodiscard]] constexpr bool is_loopback() const noexcept { return (value >> 24) == 127; }    // RFC 1122 3.2.1.3 (g)
  [[nodiscard]] constexpr bool is_this_network() const noexcept { return (value >> 24) == 0; }  // (a), (b)
  [[nodiscard]] constexpr bool is_class_e() const noexcept { return (value >> 28) == 0xf; }     // RFC 1112 4
  [[nodiscard]] constexpr bool is_limited_broadcast() const noexcept { return value == 0xffffffffu; }
  [[nodiscard]] constexpr bool is_link_local() const noexcept { return (value >> 16) == 0xa9fe; }  // RFC 3927
  friend constexpr auto operator<=>(Ipv4, Ipv4) noexcept = default;
};

struct EthernetHeader {
  MacAddress dst, src;
  be16 ether_type;
};
static_assert(sizeof(EthernetHeader) == 14 && alignof(EthernetHeader) == 1);
inline constexpr be16 ether_type_ipv4{0x0800};
inline constexpr be16 ether_type_arp{0x0806};
inline constexpr be16 ether_type_vlan{0x8100};

struct ArpPacket {  // RFC 826, Ethernet and IPv4
  be16 hardware, protocol;
  std::uint8_t hardware_bytes, protocol_bytes;
  be16 operation;
  MacAddress sender_mac;
  be32 sender;
  MacAddress target_mac;
  be32 target;
};
static_assert(sizeof(ArpPacket) == 28 && alignof(ArpPacket) == 1);
inline constexpr be16 arp_request{1};
inline constexpr be16 arp_reply{2};

struct Ipv4Header {  // RFC 791 3.1; options follow
  std::uint8_t version_ihl, dscp_ecn;
  be16 total_length, id, flags_fragment;
  std::uint8_t ttl, protocol;
  be16 checksum;
  be32 src, dst;
  [[nodiscard]] constexpr std::size_t header_bytes() const noexcept { return (version_ihl & 0x0fu) * 4u; }
  [[nodiscard]] constexpr bool is_fragment() const noexcept { return (flags_fragment.host() & 0x3fffu) != 0; }
  [[nodiscard]] constexpr std::size_t fragment_offset() const noexcept { return (flags_fragment.host() & 0x1fffu) * 8u; }
};
static_assert(sizeof(Ipv4Header) == 20 && alignof(Ipv4Header) == 1);
inline constexpr std::uint16_t ipv4_dont_fragment = 0x4000;
inline constexpr std::uint8_t protocol_icmp = 1, protocol_tcp = 6, protocol_udp = 17;

struct IcmpHeader {  // RFC 792; `rest` is id and sequence of an echo, next-hop MTU of "fragmentation needed" (RFC 1191 4), or
                     // unused
  std::uint8_t type, code;
  be16 checksum;
  be16 rest_high, rest_low;
};
static_assert(sizeof(IcmpHeader) == 8 && alignof(IcmpHeader) == 1);

struct UdpHeader {  // RFC 768
  be16 src_port, dst_port, length, checksum;
};
static_assert(sizeof(UdpHeader) == 8 && alignof(UdpHeader) == 1);

struct TcpHeader {  // RFC 9293 3.1; options follow
  be16 src_port, dst_port;
  be32 seq, ack;
  std::uint8_t offset_reserved, flags;
  be16 window, checksum, urgent;
  [[nodiscard]] constexpr std::size_t header_bytes() const noexcept { return (offset_reserved >> 4) * 4u; }
};
static_assert(sizeof(TcpHeader) == 20 && alignof(TcpHeader) == 1);

}  // namespace engine
