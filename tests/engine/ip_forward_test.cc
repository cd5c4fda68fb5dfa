#include "engine/ip_forward.h"

#include <gtest/gtest.h>

#include "engine/random.h"
#include "tests/support/shard_fixture.h"

namespace engine {
namespace {

using support::Bytes;
using support::EngineOptions;
using support::ip;
using support::Lines;
using support::TestEngine;
using support::udp;

const Ipv4 client = ip("10.0.0.9"), server = ip("10.0.1.9");

EngineOptions options() {
  EngineOptions o;
  o.ports = {{{"10.0.0.1/24"}}, {{"10.0.1.1/24"}, 600}};
  o.routes = {support::route_via("20.0.0.0/8", 1, "10.0.1.254", "10.0.1.1"),
              support::route_of_kind("30.0.0.0/8", NextHop::Kind::unreachable),
              support::route_of_kind("40.0.0.0/8", NextHop::Kind::blackhole)};
  return o;
}

Bytes packet(Ipv4 dst, std::uint8_t ttl = 64, std::string_view data = "data") {
  return support::ipv4({.src = client, .dst = dst, .ttl = ttl}, udp(5000, 53, data));
}

class IpForwardTest : public testing::Test {
 protected:
  IpForwardTest() { engine_.know({"10.0.0.9", "10.0.1.9", "10.0.1.254"}); }
  ~IpForwardTest() override { engine_.expect_accounted(); }
  /// What the engine says to a packet of which it drops the original for `why`.
  Lines refused(const Bytes& bytes, Drop why) {
    const std::uint64_t before = engine_.drops(why);
    Lines lines = engine_.reply_to(0, bytes);
    EXPECT_EQ(engine_.drops(why), before + 1);
    return lines;
  }
  TestEngine engine_{options()};
};

TEST_F(IpForwardTest, ToAConnectedNeighborWithOneTtlLess) {
  engine_.deliver(0, packet(server));
  engine_.turn();
  const auto frames = engine_.sent_bytes(1);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(support::describe(frames[0]), "ip 10.0.0.9 > 10.0.1.9 udp 5000 > 53 len 4 ttl 63");
  EXPECT_EQ(support::describe_link(frames[0]), "02:00:00:00:00:02 > 02:01:0a:00:01:09");
  EXPECT_EQ(engine_.shard().counters().forwarded.get(), 1u);
}

TEST_F(IpForwardTest, ThroughAGateway) {
  engine_.deliver(0, packet(ip("20.1.2.3")));
  engine_.turn();
  const auto frames = engine_.sent_bytes(1);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(support::describe(frames[0]), "ip 10.0.0.9 > 20.1.2.3 udp 5000 > 53 len 4 ttl 63");
  EXPECT_EQ(support::describe_link(frames[0]), "02:00:00:00:00:02 > 02:01:0a:00:01:fe") << "the frame goes to the gateway";
}

TEST_F(IpForwardTest, TheChecksumStaysRightForAnyHeader) {  // RFC 1624
  Random random{1};
  for (int round = 0; round < 2000; ++round) {
    const auto number = [&] { return static_cast<std::uint16_t>(random.next()); };
    const auto ttl = static_cast<std::uint8_t>(2 + random.below(254));
    const Bytes bytes = support::ipv4({.src = Ipv4{0x0b000000u | static_cast<std::uint32_t>(random.below(1u << 24))},
                                       .dst = ip("20.0.0.1"),
                                       .ttl = ttl,
                                       .id = number(),
                                       .dscp_ecn = static_cast<std::uint8_t>(number())},
                                      udp(number(), number()));
    engine_.deliver(0, bytes);
    engine_.turn();
    const Lines lines = engine_.sent(1);
    ASSERT_EQ(lines.size(), 1u);
    ASSERT_EQ(lines[0].find('['), std::string::npos) << lines[0];
    ASSERT_TRUE(lines[0].ends_with("ttl " + std::to_string(ttl - 1))) << lines[0];
  }
}

TEST_F(IpForwardTest, TtlOneIsTimeExceeded) {  // RFC 1812 5.3.1
  EXPECT_EQ(refused(packet(server, 1), Drop::ttl_expired),
            (Lines{"ip 10.0.0.1 > 10.0.0.9 icmp time exceeded about (10.0.0.9 > 10.0.1.9 proto 17 ttl 1, 32 bytes) ttl 64"}));
  EXPECT_EQ(refused(packet(server, 0), Drop::ttl_expired).size(), 1u);
  EXPECT_EQ(engine_.reply_to(0, packet(server, 2)), (Lines{"ip 10.0.0.9 > 10.0.1.9 udp 5000 > 53 len 4 ttl 1"}));
}

TEST_F(IpForwardTest, TtlOneToOurselvesIsNoForwarding) {
  engine_.deliver(0,
                  support::ipv4({.src = client, .dst = ip("10.0.1.1"), .ttl = 1}, support::tcp({.src_port = 1, .dst_port = 80})));
  engine_.turn();
  EXPECT_EQ(engine_.handler().received.size(), 1u);
}

TEST_F(IpForwardTest, WithoutARouteItIsNetUnreachable) {
  EXPECT_EQ(refused(packet(ip("50.0.0.1")), Drop::no_route),
            (Lines{"ip 10.0.0.1 > 10.0.0.9 icmp net unreachable about (10.0.0.9 > 50.0.0.1 proto 17 ttl 64, 32 bytes) ttl 64"}));
}

TEST_F(IpForwardTest, AnUnreachableRouteSaysHostUnreachable) {
  EXPECT_EQ(refused(packet(ip("30.0.0.1")), Drop::route_unreachable),
            (Lines{"ip 10.0.0.1 > 10.0.0.9 icmp host unreachable about (10.0.0.9 > 30.0.0.1 proto 17 ttl 64, 32 bytes) ttl 64"}));
}

TEST_F(IpForwardTest, ABlackholeSaysNothing) { EXPECT_EQ(refused(packet(ip("40.0.0.1")), Drop::route_blackhole), Lines{}); }

TEST_F(IpForwardTest, TooLargeForTheNextLinkIsFragmentationNeededWithItsMtu) {  // RFC 1191 4
  const std::string data(600 - 28 + 1, 'x');
  EXPECT_EQ(refused(packet(server, 64, data), Drop::needs_fragmentation),
            (Lines{"ip 10.0.0.1 > 10.0.0.9 icmp fragmentation needed mtu 600 about (10.0.0.9 > 10.0.1.9 proto 17 ttl 64, 548 "
                   "bytes) ttl 64"}));
  EXPECT_EQ(engine_.reply_to(0, packet(server, 64, std::string_view{data}.substr(1))).size(), 1u) << "exactly the MTU passes";
}

TEST_F(IpForwardTest, BroadcastMulticastAndLinkLocalStayOnTheirLink) {  // RFC 1812 5.3.4, 5.3.5; RFC 3927 7
  for (const char* dst : {"224.0.0.5", "239.1.1.1", "255.255.255.255", "169.254.7.7"})
    EXPECT_EQ(refused(packet(ip(dst)), Drop::broadcast_not_forwarded), Lines{}) << dst;
  EXPECT_EQ(refused(support::ipv4({.src = ip("169.254.1.1"), .dst = server}, udp(1, 2)), Drop::broadcast_not_forwarded), Lines{});
}

TEST_F(IpForwardTest, DirectedBroadcastsAreNotSentOut) {  // RFC 2644
  engine_.deliver(0, packet(ip("10.0.1.255")));
  engine_.turn();
  EXPECT_EQ(engine_.sent(1), Lines{});
}

TEST_F(IpForwardTest, OptionsAreACountedDrop) {
  const Bytes bytes = support::ipv4({.src = client, .dst = server, .options = Bytes(8, std::byte{1})}, udp(1, 2));
  EXPECT_EQ(refused(bytes, Drop::ip_options), Lines{});
}

TEST_F(IpForwardTest, SwitchedOffItForwardsNothingAndSaysNothing) {
  engine_.config().forwarding = false;
  engine_.publish();
  EXPECT_EQ(refused(packet(server), Drop::forwarding_disabled), Lines{});
  EXPECT_EQ(refused(packet(ip("50.0.0.1")), Drop::forwarding_disabled), Lines{});
  engine_.config().forwarding = true;
  engine_.publish();
  EXPECT_EQ(engine_.reply_to(0, packet(server)).size(), 1u);
}

TEST_F(IpForwardTest, AWholeBurstKeepsItsOrder) {
  for (std::uint16_t i = 0; i < 64; ++i)
    engine_.deliver(0, support::ipv4({.src = client, .dst = i % 2 == 0 ? server : ip("20.0.0.1"), .id = i}, udp(i, 53)));
  engine_.turn();
  const auto frames = engine_.sent_bytes(1);
  ASSERT_EQ(frames.size(), 64u);
  for (std::uint16_t i = 0; i < 64; ++i)
    EXPECT_EQ(load<Ipv4Header>(std::span{frames[i]}.subspan(sizeof(EthernetHeader))).id.host(), i);
}

TEST_F(IpForwardTest, ChainsPassUnchanged) {
  const Bytes frame = engine_.frame(0, packet(server, 64, std::string(500, 'y')));
  const std::vector<std::size_t> cuts{14 + 20, 14 + 28, 200, 201};
  engine_.port(0).deliver(0, frame, cuts);
  engine_.turn();
  EXPECT_EQ(engine_.sent(1), (Lines{"ip 10.0.0.9 > 10.0.1.9 udp 5000 > 53 len 500 ttl 63"}));
}

TEST_F(IpForwardTest, WhatTheReceivingPortSaidIsNoOrderToTheSendingOne) {
  Packet frame = support::make_packet(engine_.mempool(), engine_.frame(0, packet(server)));
  frame.get()->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_RSS_HASH;
  engine_.port(0).deliver(0, std::move(frame));
  engine_.turn();
  const auto sent = engine_.port(1).take_sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].get()->ol_flags, 0u);
}

}  // namespace
}  // namespace engine
