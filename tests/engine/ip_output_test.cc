#include "engine/ip_output.h"

#include <gtest/gtest.h>

#include "tests/support/shard_fixture.h"

namespace engine {
namespace {

using support::Bytes;
using support::EngineOptions;
using support::ip;
using support::Lines;
using support::TestEngine;
using support::udp;

class IpOutputTest : public testing::Test {
 protected:
  IpOutputTest() { engine_.know({"10.0.0.9", "10.0.1.254"}); }
  ~IpOutputTest() override { engine_.expect_accounted(); }
  static EngineOptions options() {
    EngineOptions o;
    o.routes = {support::route_via("20.0.0.0/8", 1, "10.0.1.254", "10.0.1.1"),
                support::route_of_kind("30.0.0.0/8", NextHop::Kind::unreachable),
                support::route_of_kind("40.0.0.0/8", NextHop::Kind::blackhole)};
    return o;
  }
  void send(std::string_view dst, std::string_view data = "data") {
    const Bytes bytes = support::ipv4({.src = ip("10.0.0.1"), .dst = ip(dst)}, udp(1, 2, data));
    engine_.shard().output().send(support::make_packet(engine_.mempool(), bytes), engine_.now());
  }
  IpOutput& output() { return engine_.shard().output(); }
  TestEngine engine_{options()};
};

TEST_F(IpOutputTest, PacketsLeaveWithTheTurnTowardsTheirNextHop) {
  send("10.0.0.9");
  send("20.1.1.1");
  EXPECT_EQ(engine_.sent(0), Lines{});
  engine_.turn();
  EXPECT_EQ(engine_.sent(0), (Lines{"ip 10.0.0.1 > 10.0.0.9 udp 1 > 2 len 4 ttl 64"}));
  const auto frames = engine_.sent_bytes(1);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(support::describe_link(frames[0]), "02:00:00:00:00:02 > 02:01:0a:00:01:fe");
  EXPECT_EQ(engine_.shard().counters().originated.get(), 2u);
  EXPECT_EQ(engine_.shard().counters().tx.get(), 2u);
}

TEST_F(IpOutputTest, MoreThanABurstLosesNothingAndKeepsTheOrder) {
  for (int i = 0; i < 200; ++i) send("10.0.0.9", std::string(static_cast<std::size_t>(i), 'x'));
  engine_.turn();
  const auto frames = engine_.sent_bytes(0);
  ASSERT_EQ(frames.size(), 200u);
  for (std::size_t i = 0; i < 200; ++i) EXPECT_EQ(frames[i].size(), 14 + 28 + i);
}

TEST_F(IpOutputTest, ASubnetsBroadcastIsSentAsOne) {
  send("10.0.0.255");
  engine_.turn();
  const auto frames = engine_.sent_bytes(0);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(support::describe_link(frames[0]), "02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff");
}

TEST_F(IpOutputTest, EveryOtherNextHopIsACountedDrop) {
  const auto dropped = [&](std::string_view dst, Drop why, std::string_view data = "") {
    const std::uint64_t before = engine_.drops(why);
    send(dst, data);
    engine_.turn();
    return engine_.drops(why) - before;
  };
  EXPECT_EQ(dropped("10.0.1.1", Drop::output_to_self), 1u);
  EXPECT_EQ(dropped("30.0.0.1", Drop::route_unreachable), 1u);
  EXPECT_EQ(dropped("40.0.0.1", Drop::route_blackhole), 1u);
  EXPECT_EQ(dropped("50.0.0.1", Drop::no_route), 1u);
  EXPECT_EQ(dropped("10.0.0.9", Drop::needs_fragmentation, std::string(1473, 'x')), 1u);
  EXPECT_EQ(dropped("10.0.0.9", Drop::needs_fragmentation, std::string(1472, 'x')), 0u) << "exactly the MTU";
  EXPECT_EQ(engine_.sent(0).size(), 1u);
}

TEST_F(IpOutputTest, SourceAndMtuAreThoseOfTheWay) {
  engine_.port(1).info_to_change().mtu = 1400;
  EXPECT_EQ(output().source_for(ip("10.0.0.9")), ip("10.0.0.1"));
  EXPECT_EQ(output().source_for(ip("20.0.0.1")), ip("10.0.1.1"));
  EXPECT_EQ(output().mtu_for(ip("10.0.0.9")), 1500);
  EXPECT_EQ(output().mtu_for(ip("20.0.0.1")), 1400);
  for (const char* nowhere : {"10.0.0.1", "10.0.0.255", "30.0.0.1", "40.0.0.1", "50.0.0.1"}) {
    EXPECT_TRUE(output().source_for(ip(nowhere)).is_zero()) << nowhere;
    EXPECT_EQ(output().mtu_for(ip(nowhere)), 0) << nowhere;
  }
}

TEST_F(IpOutputTest, KnowsBroadcastAddresses) {
  EXPECT_TRUE(output().is_broadcast(ip("10.0.1.255")));
  EXPECT_TRUE(output().is_broadcast(ip("10.0.1.0")));
  for (const char* host : {"10.0.1.1", "10.0.1.254", "50.0.0.255"}) EXPECT_FALSE(output().is_broadcast(ip(host))) << host;
}

}  // namespace
}  // namespace engine
