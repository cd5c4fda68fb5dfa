#include "engine/wire.h"

#include <gtest/gtest.h>

namespace engine {
namespace {

TEST(MacAddress, TheGroupBitIsTheLowestOfTheFirstByte) {
  EXPECT_TRUE(mac_broadcast.is_multicast());
  EXPECT_TRUE((MacAddress{{0x01, 0, 0x5e, 0, 0, 1}}).is_multicast());
  EXPECT_FALSE((MacAddress{{0x02, 1, 1, 1, 1, 1}}).is_multicast());
  EXPECT_TRUE(MacAddress{}.is_zero());
  EXPECT_FALSE(mac_broadcast.is_zero());
}

TEST(Ipv4, ClassesEndWhereTheRfcsSay) {
  EXPECT_TRUE((Ipv4{224, 0, 0, 0}).is_multicast());
  EXPECT_TRUE((Ipv4{239, 255, 255, 255}).is_multicast());
  EXPECT_FALSE((Ipv4{223, 255, 255, 255}).is_multicast());
  EXPECT_FALSE((Ipv4{240, 0, 0, 0}).is_multicast());
  EXPECT_TRUE((Ipv4{240, 0, 0, 0}).is_class_e());
  EXPECT_TRUE((Ipv4{255, 255, 255, 255}).is_class_e());
  EXPECT_TRUE((Ipv4{255, 255, 255, 255}).is_limited_broadcast());
  EXPECT_FALSE((Ipv4{255, 255, 255, 254}).is_limited_broadcast());
  EXPECT_TRUE((Ipv4{127, 0, 0, 1}).is_loopback());
  EXPECT_FALSE((Ipv4{128, 0, 0, 0}).is_loopback());
  EXPECT_FALSE((Ipv4{126, 255, 255, 255}).is_loopback());
  EXPECT_TRUE((Ipv4{0, 255, 255, 255}).is_this_network());
  EXPECT_FALSE((Ipv4{1, 0, 0, 0}).is_this_network());
  EXPECT_TRUE((Ipv4{169, 254, 0, 0}).is_link_local());
  EXPECT_FALSE((Ipv4{169, 253, 255, 255}).is_link_local());
  EXPECT_TRUE(Ipv4{}.is_zero());
}

TEST(Ipv4, OrderAndWireForm) {
  EXPECT_LT((Ipv4{9, 255, 255, 255}), (Ipv4{10, 0, 0, 0}));
  EXPECT_EQ(Ipv4{(Ipv4{10, 1, 2, 3}).wire()}, (Ipv4{10, 1, 2, 3}));
}

TEST(Ipv4Header, FragmentsAreThoseWithAnOffsetOrMoreToCome) {
  Ipv4Header ip{};
  ip.flags_fragment = be16{ipv4_dont_fragment};
  EXPECT_FALSE(ip.is_fragment());
  ip.flags_fragment = be16{0x2000};  // more fragments
  EXPECT_TRUE(ip.is_fragment());
  EXPECT_EQ(ip.fragment_offset(), 0u);
  ip.flags_fragment = be16{185};
  EXPECT_TRUE(ip.is_fragment());
  EXPECT_EQ(ip.fragment_offset(), 1480u);
  ip.flags_fragment = be16{0x8000};  // the reserved bit
  EXPECT_FALSE(ip.is_fragment());
}

TEST(Headers, LengthsAreInWords) {
  Ipv4Header ip{};
  ip.version_ihl = 0x4f;
  EXPECT_EQ(ip.header_bytes(), 60u);
  TcpHeader tcp{};
  tcp.offset_reserved = 0xa3;
  EXPECT_EQ(tcp.header_bytes(), 40u);
}

}  // namespace
}  // namespace engine
