#include "engine/icmp.h"

#include <gtest/gtest.h>

#include "tests/support/shard_fixture.h"

namespace engine {
namespace {

using support::Bytes;
using support::EngineOptions;
using support::icmp;
using support::icmp_echo;
using support::ip;
using support::Lines;
using support::TestEngine;
using support::udp;

const Ipv4 ours = ip("10.0.0.1"), peer = ip("10.0.0.9"), beyond = ip("50.0.0.1");

Ipv4Header header(Ipv4 src, Ipv4 dst, std::uint8_t protocol = protocol_udp, std::uint16_t flags_fragment = 0) {
  Ipv4Header ip{};
  ip.version_ihl = 0x45;
  ip.src = src.wire();
  ip.dst = dst.wire();
  ip.protocol = protocol;
  ip.flags_fragment = be16{flags_fragment};
  return ip;
}

TEST(MaySendErrorAbout, OnlyAboutWhatOneHostSentToOneHost) {  // RFC 1122 3.2.2, RFC 1812 4.3.2.7
  const Bytes some = support::counted_bytes(8);
  EXPECT_TRUE(may_send_error_about(header(peer, beyond), some));
  EXPECT_TRUE(may_send_error_about(header(peer, beyond, protocol_udp, 0x2000), some)) << "a first fragment";
  EXPECT_FALSE(may_send_error_about(header(peer, beyond, protocol_udp, 0x0001), some)) << "a later fragment";
  for (const char* dst : {"224.0.0.1", "255.255.255.255", "240.0.0.1"})
    EXPECT_FALSE(may_send_error_about(header(peer, ip(dst)), some)) << dst;
  for (const char* src : {"0.0.0.0", "0.1.1.1", "127.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"})
    EXPECT_FALSE(may_send_error_about(header(ip(src), beyond), some)) << src;
}

TEST(MaySendErrorAbout, NotAboutErrors) {
  const auto about_type = [](std::uint8_t type) {
    const Bytes message{std::byte{type}};
    return may_send_error_about(header(peer, beyond, protocol_icmp), message);
  };
  for (const std::uint8_t error : {3, 4, 5, 11, 12}) EXPECT_FALSE(about_type(error)) << int{error};
  for (const std::uint8_t query : {0, 8, 13, 14, 17}) EXPECT_TRUE(about_type(query)) << int{query};
  EXPECT_FALSE(may_send_error_about(header(peer, beyond, protocol_icmp), {})) << "nobody can tell";
}

class IcmpTest : public testing::Test {
 protected:
  IcmpTest() { engine_.know({"10.0.0.9", "10.0.1.9"}); }
  ~IcmpTest() override { engine_.expect_accounted(); }
  static EngineOptions options() {
    EngineOptions o;
    o.icmp_errors_per_second = 10;
    return o;
  }
  TestEngine engine_{options()};
};

TEST_F(IcmpTest, EchoIsAnsweredWithItsDataFromTheAddressThatWasAsked) {
  EXPECT_EQ(engine_.reply_to(0, support::ipv4({.src = peer, .dst = ours, .ttl = 3}, icmp_echo(7, 9, "some data"))),
            (Lines{"ip 10.0.0.1 > 10.0.0.9 icmp echo reply id 7 seq 9 len 9 ttl 64"}));
  EXPECT_EQ(engine_.reply_to(0, support::ipv4({.src = peer, .dst = ip("10.0.1.1")}, icmp_echo(7, 10))),
            (Lines{"ip 10.0.1.1 > 10.0.0.9 icmp echo reply id 7 seq 10 ttl 64"}));
  EXPECT_EQ(engine_.shard().counters().consumed.get(), 2u);
  EXPECT_EQ(engine_.shard().counters().originated.get(), 2u);
}

TEST_F(IcmpTest, TheReplyCarriesTheSameBytes) {
  std::string data;
  for (int i = 0; i < 1400; ++i) data += static_cast<char>('a' + i % 26);
  engine_.deliver(0, support::ipv4({.src = peer, .dst = ours}, icmp_echo(1, 1, data)));
  engine_.turn();
  const auto frames = engine_.sent_bytes(0);
  ASSERT_EQ(frames.size(), 1u);
  const auto payload = std::span{frames[0]}.subspan(sizeof(EthernetHeader) + sizeof(Ipv4Header) + sizeof(IcmpHeader));
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(payload.data()), payload.size()), data);
  EXPECT_EQ(support::describe_link(frames[0]), "02:00:00:00:00:01 > 02:01:0a:00:00:09");
}

TEST_F(IcmpTest, EchoInOddChainsIsAnsweredRight) {
  const Bytes frame = engine_.frame(0, support::ipv4({.src = peer, .dst = ours}, icmp_echo(1, 2, std::string(301, 'z'))));
  const std::vector<std::size_t> cuts{42, 45, 100};
  engine_.port(0).deliver(0, frame, cuts);
  engine_.turn();
  EXPECT_EQ(engine_.sent(0), (Lines{"ip 10.0.0.1 > 10.0.0.9 icmp echo reply id 1 seq 2 len 301 ttl 64"}));
}

TEST_F(IcmpTest, EveryChecksumOfARequestGivesARightReply) {
  for (std::uint32_t id = 0; id < 0x10000; id += 251) {
    const Lines lines =
        engine_.reply_to(0, support::ipv4({.src = peer, .dst = ours}, icmp_echo(static_cast<std::uint16_t>(id), 0xf7ff)));
    ASSERT_EQ(lines.size(), 1u);
    ASSERT_EQ(lines[0].find('['), std::string::npos) << lines[0];
  }
}

TEST_F(IcmpTest, ABrokenMessageIsMalformed) {
  Bytes bad = support::ipv4({.src = peer, .dst = ours}, icmp_echo(1, 1, "x"));
  bad[22] ^= std::byte{1};
  EXPECT_EQ(engine_.reply_to(0, bad), Lines{});
  EXPECT_EQ(engine_.reply_to(0, support::ipv4({.src = peer, .dst = ours}, support::raw(protocol_icmp, Bytes(7)))), Lines{});
  EXPECT_EQ(engine_.drops(Drop::icmp_malformed), 2u);
}

TEST_F(IcmpTest, WhatNeedsNoAnswerGetsNone) {
  const auto silent = [&](support::Transport t, Ipv4 dst = ours) {
    return engine_.reply_to(0, support::ipv4({.src = peer, .dst = dst}, std::move(t)));
  };
  EXPECT_EQ(silent(icmp(0, 0, 0x10001, {})), Lines{}) << "a reply";
  EXPECT_EQ(silent(icmp(3, 1, 0, support::counted_bytes(28))), Lines{}) << "an error";
  EXPECT_EQ(silent(icmp(8, 5, 0, {})), Lines{}) << "an echo with a code";
  EXPECT_EQ(silent(icmp(13, 0, 0, Bytes(12))), Lines{}) << "a time stamp request";
  EXPECT_EQ(silent(icmp_echo(1, 1), ip("10.0.0.255")), Lines{}) << "an echo to the broadcast address";
  EXPECT_EQ(engine_.drops(Drop::icmp_not_answered), 5u);
}

TEST_F(IcmpTest, NothingIsEverSentToABroadcastAddress) {  // "smurf"
  for (const char* src : {"10.0.0.255", "10.0.0.0", "10.0.1.255"}) {
    EXPECT_EQ(engine_.reply_to(0, support::ipv4({.src = ip(src), .dst = ours}, icmp_echo(1, 1))), Lines{}) << src;
    EXPECT_EQ(engine_.reply_to(0, support::ipv4({.src = ip(src), .dst = ours}, udp(1, 2))), Lines{}) << src;
    EXPECT_EQ(engine_.reply_to(0, support::ipv4({.src = ip(src), .dst = beyond}, udp(1, 2))), Lines{}) << src;
  }
}

TEST_F(IcmpTest, AnErrorQuotesAtMostWhatMakesItA576BytePacket) {  // RFC 1812 4.3.2.3
  engine_.deliver(0, support::ipv4({.src = peer, .dst = beyond}, udp(1, 2, std::string(1000, 'q'))));
  engine_.turn();
  auto frames = engine_.sent_bytes(0);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].size(), sizeof(EthernetHeader) + 576);
  EXPECT_EQ(support::describe(frames[0]),
            "ip 10.0.0.1 > 10.0.0.9 icmp net unreachable about (10.0.0.9 > 50.0.0.1 proto 17 ttl 64, 548 bytes) ttl 64");
  const Bytes original = support::ipv4({.src = peer, .dst = beyond}, udp(1, 2, std::string(1000, 'q')));
  const std::size_t quote_at = sizeof(EthernetHeader) + sizeof(Ipv4Header) + sizeof(IcmpHeader);
  EXPECT_TRUE(std::equal(frames[0].begin() + quote_at, frames[0].end(), original.begin())) << "quoted as it was received";
}

TEST_F(IcmpTest, AnErrorQuotesChainsAndNoPadding) {
  const Bytes packet = support::ipv4({.src = peer, .dst = beyond}, udp(1, 2, "abcdefgh"));
  const Bytes frame = support::ethernet(support::port_mac(0), support::peer_mac(peer), packet, ether_type_ipv4, 60);
  const std::vector<std::size_t> cuts{14 + 20, 14 + 31};
  engine_.port(0).deliver(0, frame, cuts);
  engine_.turn();
  const auto frames = engine_.sent_bytes(0);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_TRUE(std::equal(packet.begin(), packet.end(), frames[0].begin() + 14 + 28, frames[0].end()));
}

TEST_F(IcmpTest, ErrorsHavePrecedence6) {  // RFC 1812 4.3.2.5
  engine_.deliver(0, support::ipv4({.src = peer, .dst = beyond}, udp(1, 2)));
  engine_.turn();
  const auto frames = engine_.sent_bytes(0);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(load<Ipv4Header>(std::span{frames[0]}.subspan(sizeof(EthernetHeader))).dscp_ecn, 0xc0);
}

TEST_F(IcmpTest, ErrorsAreRateLimitedAndWhatIsNotSentIsCounted) {
  for (int i = 0; i < 250; ++i) engine_.deliver(0, support::ipv4({.src = peer, .dst = beyond}, udp(1, 2)));
  engine_.settle();
  EXPECT_EQ(engine_.sent(0).size(), Icmp::error_burst);
  EXPECT_EQ(engine_.drops(Drop::icmp_rate_limited), 50u);
  EXPECT_EQ(engine_.drops(Drop::no_route), 250u);
  engine_.pass(1s, 100ms);
  for (int i = 0; i < 20; ++i) engine_.deliver(0, support::ipv4({.src = peer, .dst = beyond}, udp(1, 2)));
  engine_.settle();
  EXPECT_EQ(engine_.sent(0).size(), 10u) << "ten a second";
}

TEST(Icmp, NoErrorsAtAllIfTheirRateIsZero) {
  EngineOptions options;
  options.icmp_errors_per_second = 0;
  TestEngine engine{options};
  engine.know({"10.0.0.9"});
  EXPECT_EQ(engine.reply_to(0, support::ipv4({.src = peer, .dst = beyond}, udp(1, 2))), Lines{});
  EXPECT_EQ(engine.drops(Drop::icmp_rate_limited), 1u);
  EXPECT_EQ(engine.reply_to(0, support::ipv4({.src = peer, .dst = ours}, icmp_echo(1, 1))).size(), 1u) << "no error";
  engine.expect_accounted();
}

TEST_F(IcmpTest, EchoIsNotRateLimited) {
  for (std::uint16_t i = 0; i < 300; ++i) engine_.deliver(0, support::ipv4({.src = peer, .dst = ours}, icmp_echo(1, i)));
  engine_.settle();
  EXPECT_EQ(engine_.sent(0).size(), 300u);
}

TEST_F(IcmpTest, NoErrorsAboutErrorsAndLaterFragmentsOfTransit) {
  EXPECT_EQ(engine_.reply_to(0, support::ipv4({.src = peer, .dst = beyond}, icmp(11, 0, 0, support::counted_bytes(28)))),
            Lines{});
  EXPECT_EQ(engine_.reply_to(0, support::ipv4({.src = peer, .dst = beyond, .flags_fragment = 3}, support::raw(17, Bytes(16)))),
            Lines{});
  EXPECT_EQ(engine_.reply_to(0, support::ipv4({.src = peer, .dst = beyond}, icmp_echo(1, 1))).size(), 1u)
      << "about an echo there is one";
  EXPECT_EQ(engine_.drops(Drop::no_route), 3u);
}

TEST_F(IcmpTest, AnErrorToAHostBehindAGatewayComesFromTheAddressOfItsPort) {
  engine_.set_routes({support::route_via("60.0.0.0/8", 1, "10.0.1.9", "10.0.1.1")});
  EXPECT_EQ(engine_.reply_to(0, support::ipv4({.src = ip("60.0.0.1"), .dst = beyond}, udp(1, 2))),
            (Lines{"ip 10.0.1.1 > 60.0.0.1 icmp net unreachable about (60.0.0.1 > 50.0.0.1 proto 17 ttl 64, 28 bytes) ttl 64"}));
}

TEST_F(IcmpTest, WithoutAWayBackTheErrorIsADropOfOurOwnPacket) {
  EXPECT_EQ(engine_.reply_to(0, support::ipv4({.src = ip("70.0.0.1"), .dst = beyond}, udp(1, 2))), Lines{});
  EXPECT_EQ(engine_.drops(Drop::no_route), 2u) << "the packet, and the error about it";
}

}  // namespace
}  // namespace engine
