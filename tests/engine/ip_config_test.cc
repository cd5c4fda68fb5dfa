#include "engine/ip_config.h"

#include <gtest/gtest.h>

namespace engine {
namespace {

Cidr cidr(std::string_view text) { return *parse_cidr(text); }
Ipv4 ip(std::string_view text) { return *parse_ipv4(text); }

PortConfig port() {
  return {"lan", {cidr("10.0.0.1/24"), cidr("192.168.0.5/16")}, {ip("10.0.0.1"), ip("10.0.0.80"), ip("192.168.0.5")}};
}

TEST(PortConfig, AnswersForItsListAndNothingElse) {
  const PortConfig p = port();
  for (const char* ours : {"10.0.0.1", "10.0.0.80", "192.168.0.5"}) EXPECT_TRUE(p.answers(ip(ours))) << ours;
  for (const char* not_ours : {"10.0.0.0", "10.0.0.2", "10.0.0.81", "192.168.0.4", "0.0.0.0", "255.255.255.255"})
    EXPECT_FALSE(p.answers(ip(not_ours))) << not_ours;
}

TEST(PortConfig, IsConnectedToItsSubnets) {
  const PortConfig p = port();
  EXPECT_TRUE(p.is_connected(ip("10.0.0.200")));
  EXPECT_TRUE(p.is_connected(ip("192.168.77.1")));
  EXPECT_FALSE(p.is_connected(ip("10.0.1.1")));
}

TEST(PortConfig, TalksToANeighborFromTheAddressOfItsSubnet) {
  const PortConfig p = port();
  EXPECT_EQ(p.source_for(ip("192.168.3.3")), ip("192.168.0.5"));
  EXPECT_EQ(p.source_for(ip("10.0.0.9")), ip("10.0.0.1"));
  EXPECT_EQ(p.source_for(ip("172.16.0.1")), ip("10.0.0.1")) << "the first, if no subnet fits";
  EXPECT_TRUE((PortConfig{"bare", {}, {}}).source_for(ip("10.0.0.9")).is_zero());
}

}  // namespace
}  // namespace engine
