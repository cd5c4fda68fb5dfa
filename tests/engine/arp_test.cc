#include "engine/arp.h"

#include <gtest/gtest.h>

namespace engine {
namespace {

constexpr MacAddress ours{{2, 0, 0, 0, 0, 1}}, peer{{2, 0, 0, 0, 0, 9}};
constexpr Ipv4 our_address{10, 0, 0, 1}, peer_address{10, 0, 0, 9};

TEST(Arp, RequestAsksForTheTarget) {
  const ArpPacket request = make_arp_request(ours, our_address, peer_address);
  EXPECT_EQ(check_arp(request), Drop::none);
  EXPECT_EQ(request.operation, arp_request);
  EXPECT_EQ(request.sender_mac, ours);
  EXPECT_EQ(Ipv4{request.sender}, our_address);
  EXPECT_TRUE(request.target_mac.is_zero());
  EXPECT_EQ(Ipv4{request.target}, peer_address);
}

TEST(Arp, ReplyGoesBackWithTheAddressThatWasAskedFor) {
  const ArpPacket reply = make_arp_reply(make_arp_request(peer, peer_address, our_address), ours);
  EXPECT_EQ(check_arp(reply), Drop::none);
  EXPECT_EQ(reply.operation, arp_reply);
  EXPECT_EQ(reply.sender_mac, ours);
  EXPECT_EQ(Ipv4{reply.sender}, our_address);
  EXPECT_EQ(reply.target_mac, peer);
  EXPECT_EQ(Ipv4{reply.target}, peer_address);
}

TEST(Arp, AProbeHasNoSenderAndIsInOrder) {  // RFC 5227 2.1.1
  EXPECT_EQ(check_arp(make_arp_request(peer, Ipv4{}, our_address)), Drop::none);
}

TEST(Arp, AnythingButEthernetAndIpv4IsMalformed) {
  const ArpPacket good = make_arp_request(peer, peer_address, our_address);
  const auto broken = [&](auto change) {
    ArpPacket arp = good;
    change(arp);
    return check_arp(arp);
  };
  EXPECT_EQ(broken([](ArpPacket& a) { a.hardware = be16{6}; }), Drop::arp_malformed);
  EXPECT_EQ(broken([](ArpPacket& a) { a.protocol = be16{0x86dd}; }), Drop::arp_malformed);
  EXPECT_EQ(broken([](ArpPacket& a) { a.hardware_bytes = 8; }), Drop::arp_malformed);
  EXPECT_EQ(broken([](ArpPacket& a) { a.protocol_bytes = 16; }), Drop::arp_malformed);
  EXPECT_EQ(broken([](ArpPacket& a) { a.operation = be16{3}; }), Drop::arp_malformed);
  EXPECT_EQ(broken([](ArpPacket& a) { a.operation = be16{0}; }), Drop::arp_malformed);
}

TEST(Arp, ASenderThatIsNotOneStationIsMalformed) {
  const auto from = [](const MacAddress& mac, Ipv4 address) { return check_arp(make_arp_request(mac, address, our_address)); };
  EXPECT_EQ(from(mac_broadcast, peer_address), Drop::arp_malformed);
  EXPECT_EQ(from({{1, 0, 0x5e, 0, 0, 1}}, peer_address), Drop::arp_malformed);
  EXPECT_EQ(from({}, peer_address), Drop::arp_malformed);
  EXPECT_EQ(from(peer, Ipv4{224, 0, 0, 1}), Drop::arp_malformed);
  EXPECT_EQ(from(peer, Ipv4{255, 255, 255, 255}), Drop::arp_malformed);
}

}  // namespace
}  // namespace engine
