#include "engine/ip_input.h"

#include <gtest/gtest.h>

#include "tests/support/shard_fixture.h"

namespace engine {
namespace {

using support::Bytes;
using support::ethernet;
using support::ip;
using support::Lines;
using support::peer_mac;
using support::port_mac;
using support::tcp;
using support::TestEngine;
using support::udp;

const Ipv4 ours = ip("10.0.0.1"), peer = ip("10.0.0.9");

Bytes syn(Ipv4 src = peer, Ipv4 dst = ours) {
  return support::ipv4({.src = src, .dst = dst}, tcp({.src_port = 1000, .dst_port = 80}));
}

TEST(CheckIpv4, EveryFieldInTheRfcsOrder) {
  const Bytes good = syn();
  const auto checked = [&](auto change, std::size_t packet_bytes = 0, bool verified = false) {
    Bytes bytes = good;
    change(bytes);
    return check_ipv4(bytes, packet_bytes == 0 ? bytes.size() : packet_bytes, verified);
  };
  EXPECT_EQ(checked([](Bytes&) {}), Drop::none);
  EXPECT_EQ(checked([](Bytes& b) { b.resize(19); }), Drop::ip_truncated);
  EXPECT_EQ(checked([](Bytes& b) { b[0] = std::byte{0x65}; }), Drop::ip_bad_version);
  EXPECT_EQ(checked([](Bytes& b) { b[0] = std::byte{0x44}; }), Drop::ip_bad_header_length);
  EXPECT_EQ(checked([](Bytes& b) { b[2] = std::byte{0}, b[3] = std::byte{19}; }), Drop::ip_bad_total_length);
  EXPECT_EQ(checked([](Bytes& b) { b[3] = std::byte{41}; }), Drop::ip_truncated) << "one byte more than there is";
  EXPECT_EQ(checked([](Bytes& b) { b[0] = std::byte{0x4f}; }), Drop::ip_bad_total_length) << "a header longer than the packet";
  EXPECT_EQ(checked([](Bytes& b) { b[0] = std::byte{0x4f}, b[3] = std::byte{60}, b.resize(40); }, 60), Drop::ip_truncated)
      << "the header does not lie in the first segment";
  EXPECT_EQ(checked([](Bytes& b) { b[10] ^= std::byte{1}; }), Drop::ip_bad_checksum);
  EXPECT_EQ(checked([](Bytes& b) { b[10] ^= std::byte{1}; }, 0, true), Drop::none) << "the port has verified it";
  EXPECT_EQ(checked([](Bytes&) {}, 46), Drop::none) << "padding";
}

TEST(CheckAddresses, WhatNoLinkMaySend) {  // RFC 1812 5.3.7
  for (const char* src : {"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"})
    EXPECT_EQ(check_addresses(ip(src), ours), Drop::ip_martian_source) << src;
  for (const char* dst : {"0.0.0.0", "127.0.0.1", "240.0.0.1", "255.255.255.254"})
    EXPECT_EQ(check_addresses(peer, ip(dst)), Drop::ip_martian_destination) << dst;
  for (const char* dst : {"10.0.0.1", "224.0.0.1", "255.255.255.255", "169.254.1.1"})
    EXPECT_EQ(check_addresses(peer, ip(dst)), Drop::none) << dst;
  EXPECT_EQ(check_addresses(ip("169.254.1.1"), ours), Drop::none);
}

TEST(IpInput, TcpToUsGoesToTheHandlerCutToItsLength) {
  TestEngine engine;
  const Bytes padded = ethernet(port_mac(0), peer_mac(peer), syn(), ether_type_ipv4, 60);
  ASSERT_EQ(padded.size(), 60u) << "40 bytes of packet, 6 of padding";
  engine.deliver_frame(0, padded);
  engine.turn();
  EXPECT_EQ(engine.handler().received, (Lines{"ip 10.0.0.9 > 10.0.0.1 tcp 1000 > 80 S seq 0 ack 0 win 65535 len 0 ttl 64"}));
  engine.expect_accounted();
}

TEST(IpInput, AnyOfOurAddressesOnAnyPortIsUs) {
  TestEngine engine;
  engine.deliver(0, syn(peer, ip("10.0.1.1")));
  engine.turn();
  EXPECT_EQ(engine.handler().received.size(), 1u);
}

struct FrameCase {
  const char* name;
  Bytes frame;
  Drop why;
};
std::ostream& operator<<(std::ostream& os, const FrameCase& c) { return os << c.name; }

Bytes to_us(const Bytes& packet) { return ethernet(port_mac(0), peer_mac(peer), packet); }

Bytes changed(std::size_t at, std::uint8_t value, bool fix = true) {
  Bytes packet = syn();
  packet[at] = std::byte{value};
  if (fix) support::fix_ip_checksum(packet);
  return to_us(packet);
}

Bytes with_options() {
  return to_us(support::ipv4({.src = peer, .dst = ours, .options = Bytes(4, std::byte{1})}, tcp({.dst_port = 80})));
}

Bytes fragment(std::uint16_t flags_offset) {
  return to_us(
      support::ipv4({.src = peer, .dst = ours, .flags_fragment = flags_offset}, support::raw(17, support::counted_bytes(16))));
}

std::vector<FrameCase> frame_cases() {
  return {
      {"empty", {}, Drop::frame_truncated},
      {"thirteen bytes", Bytes(13), Drop::frame_truncated},
      {"ethernet header only", ethernet(port_mac(0), peer_mac(peer), {}), Drop::ip_truncated},
      {"other mac", ethernet(port_mac(5), peer_mac(peer), syn()), Drop::not_for_this_mac},
      {"ipv6", ethernet(port_mac(0), peer_mac(peer), Bytes(40), be16{0x86dd}), Drop::unknown_ether_type},
      {"vlan", ethernet(port_mac(0), peer_mac(peer), Bytes(40), ether_type_vlan), Drop::vlan_unexpected},
      {"length field", ethernet(port_mac(0), peer_mac(peer), Bytes(40), be16{46}), Drop::unknown_ether_type},
      {"truncated arp", ethernet(port_mac(0), peer_mac(peer), Bytes(27), ether_type_arp), Drop::arp_malformed},
      {"version 6", changed(0, 0x65), Drop::ip_bad_version},
      {"header of 16", changed(0, 0x44), Drop::ip_bad_header_length},
      {"total length 19", changed(3, 19), Drop::ip_bad_total_length},
      {"total length 41", changed(3, 41), Drop::ip_truncated},
      {"checksum", changed(10, 0x77, false), Drop::ip_bad_checksum},
      {"from loopback", to_us(syn(ip("127.0.0.1"))), Drop::ip_martian_source},
      {"to loopback", to_us(syn(peer, ip("127.0.0.1"))), Drop::ip_martian_destination},
      {"from ourselves", to_us(syn(ours)), Drop::ip_martian_source},
      {"from our other address", to_us(syn(ip("10.0.1.1"))), Drop::ip_martian_source},
      {"from a subnet's broadcast", to_us(syn(ip("10.0.0.255"))), Drop::ip_martian_source},
      {"from another subnet's broadcast", to_us(syn(ip("10.0.1.255"))), Drop::ip_martian_source},
      {"from a subnet's zero address", to_us(syn(ip("10.0.0.0"))), Drop::ip_martian_source},
      {"broadcast frame to our address", ethernet(mac_broadcast, peer_mac(peer), syn()), Drop::broadcast_not_forwarded},
      {"multicast frame to our address", ethernet({{1, 0, 0x5e, 0, 0, 1}}, peer_mac(peer), syn()), Drop::broadcast_not_forwarded},
      {"tcp to the subnet's broadcast", to_us(syn(peer, ip("10.0.0.255"))), Drop::broadcast_not_forwarded},
      {"udp to the subnet's broadcast", to_us(support::ipv4({.src = peer, .dst = ip("10.0.0.255")}, udp(1, 7, "x"))),
       Drop::port_unreachable},
      {"limited broadcast", to_us(syn(peer, ip("255.255.255.255"))), Drop::broadcast_not_forwarded},
      {"options", with_options(), Drop::ip_options},
      {"first fragment", fragment(0x2000), Drop::ip_fragment_for_us},
      {"last fragment", fragment(0x0002), Drop::ip_fragment_for_us},
  };
}

class BadFrame : public testing::TestWithParam<FrameCase> {};

TEST_P(BadFrame, IsDroppedForItsReasonAndAnswersNothing) {
  TestEngine engine;
  engine.know({"10.0.0.9"});
  engine.deliver_frame(0, GetParam().frame);
  engine.turn();
  EXPECT_EQ(engine.drops(GetParam().why), 1u);
  EXPECT_EQ(engine.dropped(), 1u);
  EXPECT_EQ(engine.sent(0), Lines{});
  EXPECT_EQ(engine.sent(1), Lines{});
  EXPECT_TRUE(engine.handler().received.empty());
  engine.expect_accounted();
}

INSTANTIATE_TEST_SUITE_P(All, BadFrame, testing::ValuesIn(frame_cases()), [](const auto& one) {
  std::string name = one.param.name;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == ' ' || c == '\''; }, '_');
  return name;
});

TEST(IpInput, EveryReasonToRefuseAHeaderIsReachedByAFrame) {
  std::vector<Drop> missing;
  for (const Drop why : {Drop::ip_truncated, Drop::ip_bad_version, Drop::ip_bad_header_length, Drop::ip_bad_total_length,
                         Drop::ip_bad_checksum, Drop::ip_martian_source, Drop::ip_martian_destination}) {
    const auto cases = frame_cases();
    if (std::none_of(cases.begin(), cases.end(), [&](const FrameCase& c) { return c.why == why; })) missing.push_back(why);
  }
  EXPECT_TRUE(missing.empty());
}

TEST(IpInput, UdpToUsIsAnsweredPortUnreachable) {
  TestEngine engine;
  engine.know({"10.0.0.9"});
  EXPECT_EQ(engine.reply_to(0, support::ipv4({.src = peer, .dst = ours}, udp(5000, 53, "query"))),
            (Lines{"ip 10.0.0.1 > 10.0.0.9 icmp port unreachable about (10.0.0.9 > 10.0.0.1 proto 17 ttl 64, 33 bytes) ttl 64"}));
  EXPECT_EQ(engine.drops(Drop::port_unreachable), 1u);
  engine.expect_accounted();
}

TEST(IpInput, AnUnknownProtocolToUsIsAnsweredProtocolUnreachable) {
  TestEngine engine;
  engine.know({"10.0.0.9"});
  EXPECT_EQ(
      engine.reply_to(0, support::ipv4({.src = peer, .dst = ours}, support::raw(47, support::counted_bytes(8)))),
      (Lines{"ip 10.0.0.1 > 10.0.0.9 icmp protocol unreachable about (10.0.0.9 > 10.0.0.1 proto 47 ttl 64, 28 bytes) ttl 64"}));
  EXPECT_EQ(engine.drops(Drop::protocol_unreachable), 1u);
}

TEST(IpInput, NoErrorIsSentAboutABroadcast) {  // RFC 1122 3.2.2
  TestEngine engine;
  engine.know({"10.0.0.9"});
  for (const char* to : {"10.0.0.255", "10.0.0.0", "10.0.1.255"}) {
    EXPECT_EQ(engine.reply_to(0, support::ipv4({.src = peer, .dst = ip(to)}, udp(5000, 53))), Lines{}) << to;
    EXPECT_EQ(engine.reply_to(0, support::ipv4({.src = peer, .dst = ip(to)}, support::raw(47, {}))), Lines{}) << to;
  }
  engine.expect_accounted();
}

TEST(IpInput, AVerifiedChecksumIsNotComputedAgain) {
  TestEngine engine;
  Bytes packet = syn();
  packet[10] ^= std::byte{0x55};
  Packet frame = support::make_packet(engine.mempool(), engine.frame(0, packet));
  frame.get()->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD;
  engine.port(0).deliver(0, std::move(frame));
  engine.turn();
  EXPECT_EQ(engine.handler().received.size(), 1u);
}

TEST(IpInput, AHeaderAcrossSegmentsIsTruncatedAPayloadAcrossThemIsNot) {
  TestEngine engine;
  const Bytes frame =
      engine.frame(0, support::ipv4({.src = peer, .dst = ours}, tcp({.src_port = 1, .dst_port = 80}, std::string(300, 'x'))));
  for (const std::size_t cut : {std::size_t{14}, std::size_t{20}, std::size_t{33}}) {
    const std::vector<std::size_t> cuts{cut};
    engine.port(0).deliver(0, frame, cuts);
  }
  engine.turn();
  EXPECT_EQ(engine.drops(Drop::ip_truncated), 3u);
  const std::vector<std::size_t> cuts{54, 101, 102};
  engine.port(0).deliver(0, frame, cuts);
  engine.turn();
  EXPECT_EQ(engine.handler().received, (Lines{"ip 10.0.0.9 > 10.0.0.1 tcp 1 > 80 S seq 0 ack 0 win 65535 len 300 ttl 64"}));
  engine.expect_accounted();
}

}  // namespace
}  // namespace engine
