#include "engine/text.h"

#include <gtest/gtest.h>

namespace engine {
namespace {

TEST(Text, Ipv4) {
  EXPECT_EQ(parse_ipv4("198.18.0.1"), (Ipv4{198, 18, 0, 1}));
  EXPECT_EQ(parse_ipv4("0.0.0.0"), Ipv4{});
  EXPECT_EQ(parse_ipv4("255.255.255.255"), Ipv4{0xffffffffu});
  for (const char* bad : {"", "1", "1.2.3", "1.2.3.", "1.2.3.4.", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.-4", "1.2.3.4 ",
                          " 1.2.3.4", "1..2.3", "a.b.c.d", "0x1.2.3.4", "1.2.3.1000"})
    EXPECT_FALSE(parse_ipv4(bad)) << bad;
  EXPECT_EQ(to_string(Ipv4{10, 200, 0, 9}), "10.200.0.9");
}

TEST(Text, Cidr) {
  const auto cidr = parse_cidr("198.18.3.77/22");
  ASSERT_TRUE(cidr);
  EXPECT_EQ(to_string(*cidr), "198.18.3.77/22");
  EXPECT_EQ(cidr->network(), (Ipv4{198, 18, 0, 0}));
  EXPECT_EQ(cidr->broadcast(), (Ipv4{198, 18, 3, 255}));
  EXPECT_TRUE(cidr->contains(Ipv4{198, 18, 2, 1}));
  EXPECT_FALSE(cidr->contains(Ipv4{198, 18, 4, 1}));
  EXPECT_TRUE(parse_cidr("0.0.0.0/0")->contains(Ipv4{1, 2, 3, 4}));
  EXPECT_EQ(parse_cidr("10.0.0.1")->length, 32);
  for (const char* bad : {"10.0.0.1/", "10.0.0.1/33", "10.0.0.1/024", "/8", "10.0.0.1/-1", "10.0.0.1/8/8"})
    EXPECT_FALSE(parse_cidr(bad)) << bad;
}

TEST(Text, SocketAddress) {
  EXPECT_EQ(parse_socket_address("10.0.0.1:80"), (SocketAddress{Ipv4{10, 0, 0, 1}, 80}));
  for (const char* bad : {"10.0.0.1", "10.0.0.1:", "10.0.0.1:0", "10.0.0.1:65536", ":80", "10.0.0.1:80 "})
    EXPECT_FALSE(parse_socket_address(bad)) << bad;
}

TEST(Text, Mac) {
  const auto mac = parse_mac("02:00:0A:ff:00:fe");
  ASSERT_TRUE(mac);
  EXPECT_EQ(to_string(*mac), "02:00:0a:ff:00:fe");
  for (const char* bad : {"", "02:00:00:00:00", "02-00-00-00-00-00", "02:00:00:00:00:0", "02:00:00:00:00:zz"})
    EXPECT_FALSE(parse_mac(bad)) << bad;
}

}  // namespace
}  // namespace engine
