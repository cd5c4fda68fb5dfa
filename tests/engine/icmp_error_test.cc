#include "engine/icmp_error.h"

#include <gtest/gtest.h>

#include "tests/support/packet_builder.h"

namespace engine {
namespace {

using support::Bytes;

constexpr Ipv4 router{10, 9, 9, 9}, ours{10, 0, 0, 1}, peer{10, 0, 0, 2};

Bytes quote(std::size_t bytes, std::uint8_t protocol = protocol_tcp) {
  Bytes packet = support::ipv4({.src = ours, .dst = peer}, support::tcp({.src_port = 80, .dst_port = 4000, .seq = 77}, "text"));
  packet[9] = std::byte{protocol};
  packet.resize(bytes);
  return packet;
}
Bytes error(std::uint8_t type, std::uint8_t code, const Bytes& about) {
  return support::ipv4({.src = router, .dst = ours}, support::icmp(type, code, 1200, about));
}

TEST(IcmpTcpError, NamesTheConnectionAndTheSegment) {
  const auto read = read_tcp_error(error(3, 4, quote(28)));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->type, IcmpTcpError::unreachable);
  EXPECT_EQ(read->code, IcmpTcpError::needs_fragmentation);
  EXPECT_EQ(read->next_hop_mtu, 1200);
  EXPECT_EQ(read->tuple, (FourTuple{peer.wire(), ours.wire(), be16{4000}, be16{80}}));
  EXPECT_EQ(read->seq, 77u);
  EXPECT_EQ(read->segment_bytes, 44);
}

TEST(IcmpTcpError, WhatIsNoneOrTooShortIsNotRead) {
  for (const std::uint8_t type : {0, 4, 5, 8, 13}) EXPECT_FALSE(read_tcp_error(error(type, 0, quote(28)))) << int{type};
  for (std::size_t bytes = 0; bytes < 28; ++bytes) EXPECT_FALSE(read_tcp_error(error(3, 4, quote(bytes)))) << bytes;
  EXPECT_FALSE(read_tcp_error(error(3, 4, quote(28, protocol_udp))));
  Bytes fragment = quote(28);
  fragment[7] = std::byte{1};
  EXPECT_FALSE(read_tcp_error(error(3, 4, fragment)));
  Bytes long_header = quote(28);
  long_header[0] = std::byte{0x4f};
  EXPECT_FALSE(read_tcp_error(error(3, 4, long_header)));
  Bytes short_header = quote(28);
  short_header[0] = std::byte{0x44};
  EXPECT_FALSE(read_tcp_error(error(3, 4, short_header)));
}

}  // namespace
}  // namespace engine
