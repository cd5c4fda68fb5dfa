#include "apps/instance/addresses.h"

#include <gtest/gtest.h>

#include "engine/drop.h"

namespace apps {
namespace {

Config config_of(const std::string& toml) {
  auto loaded = parse_config(toml, "t.toml");
  if (!loaded) {
    ADD_FAILURE() << loaded.error().message();
    return {};
  }
  return (*std::move(loaded)).config;
}

const char* ports = R"(
[[port]]
name = "lan"
device = "tap:a"
addresses = ["10.0.0.1/24", "10.0.9.1/30"]
[[port]]
name = "wan"
device = "tap:b"
addresses = ["192.0.2.0/31", "203.0.113.7/32"]
)";

/// The route for exactly that prefix that counts: the last of equal ones.
std::string route_to(const std::vector<engine::Route>& all, const std::string& prefix) {
  std::string text = "none";
  for (const engine::Route& route : all) {
    if (to_string(route.prefix) != prefix) continue;
    constexpr std::string_view kinds[] = {"none", "local", "connected", "gateway", "broadcast", "unreachable", "blackhole"};
    text = std::string{kinds[engine::index_of(route.next_hop.kind)]} + " port " + std::to_string(route.next_hop.port.value);
    if (!route.next_hop.gateway.is_zero()) text += " via " + to_string(route.next_hop.gateway);
    if (!route.next_hop.source.is_zero()) text += " from " + to_string(route.next_hop.source);
  }
  return text;
}

TEST(Addresses, OwnAddressesAreLocalAndSubnetsConnected) {
  const auto all = routes(config_of(ports));
  ASSERT_TRUE(all);
  EXPECT_EQ(route_to(*all, "10.0.0.1/32"), "local port 0 from 10.0.0.1");
  EXPECT_EQ(route_to(*all, "10.0.0.0/24"), "connected port 0 from 10.0.0.1");
  EXPECT_EQ(route_to(*all, "10.0.9.0/30"), "connected port 0 from 10.0.9.1");
}

TEST(Addresses, BothFormsOfBroadcastAreNoHosts) {  // RFC 1122 3.3.6
  const auto all = routes(config_of(ports));
  ASSERT_TRUE(all);
  EXPECT_EQ(route_to(*all, "10.0.0.255/32"), "broadcast port 0 from 10.0.0.1");
  EXPECT_EQ(route_to(*all, "10.0.0.0/32"), "broadcast port 0 from 10.0.0.1");
  EXPECT_EQ(route_to(*all, "10.0.9.3/32"), "broadcast port 0 from 10.0.9.1");
}

TEST(Addresses, ALinkOfTwoHasNoBroadcast) {  // RFC 3021
  const auto all = routes(config_of(ports));
  ASSERT_TRUE(all);
  EXPECT_EQ(route_to(*all, "192.0.2.0/31"), "connected port 1 from 192.0.2.0");
  EXPECT_EQ(route_to(*all, "192.0.2.0/32"), "local port 1 from 192.0.2.0");
  EXPECT_EQ(route_to(*all, "192.0.2.1/32"), "none") << "a host, found through the subnet";
}

TEST(Addresses, ASingleAddressHasNoSubnet) {
  const auto all = routes(config_of(ports));
  ASSERT_TRUE(all);
  EXPECT_EQ(route_to(*all, "203.0.113.7/32"), "local port 1 from 203.0.113.7");
}

TEST(Addresses, GatewaysBelongToThePortOfTheirSubnet) {
  const auto all = routes(config_of(std::string{ports} + R"(
[[route]]
prefix = "0.0.0.0/0"
via = "192.0.2.1"
[[route]]
prefix = "10.20.0.0/16"
via = "10.0.9.2"
[[route]]
prefix = "10.0.0.0/8"
unreachable = true
[[route]]
prefix = "172.16.0.0/12"
blackhole = true
)"));
  ASSERT_TRUE(all);
  EXPECT_EQ(route_to(*all, "0.0.0.0/0"), "gateway port 1 via 192.0.2.1 from 192.0.2.0");
  EXPECT_EQ(route_to(*all, "10.20.0.0/16"), "gateway port 0 via 10.0.9.2 from 10.0.9.1");
  EXPECT_EQ(route_to(*all, "10.0.0.0/8"), "unreachable port 0");
  EXPECT_EQ(route_to(*all, "172.16.0.0/12"), "blackhole port 0");
}

TEST(Addresses, AGatewayBeyondAllSubnetsIsAnError) {
  Config config = config_of(ports);
  config.routes.push_back(
      {*engine::parse_cidr("10.9.0.0/16"), engine::NextHop::Kind::gateway, engine::Ipv4{172, 16, 0, 1}, "t.toml:9:1"});
  const auto all = routes(config);
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().message(), "t.toml:9:1: via 172.16.0.1 is in no port's subnet");
}

TEST(Addresses, WhatIsOursStaysOursWhateverARouteSays) {
  const auto all = routes(config_of(std::string{ports} + R"(
[[listener]]
name = "web"
address = "198.51.100.10:80"
[[rule]]
respond = {}
[[route]]
prefix = "10.0.0.1/32"
blackhole = true
[[route]]
prefix = "198.51.100.10/32"
via = "10.0.0.9"
)"));
  ASSERT_TRUE(all);
  EXPECT_EQ(route_to(*all, "10.0.0.1/32"), "local port 0 from 10.0.0.1");
  EXPECT_EQ(route_to(*all, "198.51.100.10/32"), "local port 0 from 198.51.100.10");
}

const char* listeners = R"(
[[listener]]
name = "web"
address = ["10.0.0.10:80", "10.0.0.10:81", "*:8080"]
[[listener]]
name = "anycast"
address = "198.51.100.10:80"
[[rule]]
respond = {}
)";

TEST(Addresses, AListenerIsLocalAndAnsweredForWhereItsSubnetIs) {
  const Config config = config_of(std::string{ports} + listeners);
  const auto all = routes(config);
  ASSERT_TRUE(all);
  EXPECT_EQ(route_to(*all, "10.0.0.10/32"), "local port 0 from 10.0.0.10");
  const engine::IpConfig ip = ip_config(config);
  ASSERT_EQ(ip.ports.size(), 2u);
  EXPECT_EQ(ip.ports[0].answered,
            (std::vector<engine::Ipv4>{engine::Ipv4{10, 0, 0, 1}, engine::Ipv4{10, 0, 0, 10}, engine::Ipv4{10, 0, 9, 1}}))
      << "sorted, each once";
  EXPECT_EQ(ip.ports[1].answered, (std::vector<engine::Ipv4>{engine::Ipv4{192, 0, 2, 0}, engine::Ipv4{203, 0, 113, 7}}));
  EXPECT_EQ(ip.ports[0].name, "lan");
  EXPECT_EQ(ip.ports[1].addresses.size(), 2u);
}

TEST(Addresses, AnAnycastListenerIsLocalAndNobodyAnswersArpForIt) {
  const Config config = config_of(std::string{ports} + listeners);
  const auto all = routes(config);
  ASSERT_TRUE(all);
  EXPECT_EQ(route_to(*all, "198.51.100.10/32"), "local port 0 from 198.51.100.10");
  for (const engine::PortConfig& port : ip_config(config).ports)
    for (const engine::Ipv4 answered : port.answered) EXPECT_NE(answered, (engine::Ipv4{198, 51, 100, 10}));
}

TEST(Addresses, AStarIsEveryPortsOwnAddress) {
  std::vector<std::string> texts;
  for (const ExpandedListen& listen : expand_listeners(config_of(std::string{ports} + listeners)))
    texts.push_back(std::to_string(listen.listener) + " " + to_string(listen.address));
  EXPECT_EQ(texts, (std::vector<std::string>{"0 10.0.0.10:80", "0 10.0.0.10:81", "0 10.0.0.1:8080", "0 10.0.9.1:8080",
                                             "0 192.0.2.0:8080", "0 203.0.113.7:8080", "1 198.51.100.10:80"}));
}

TEST(Addresses, ForwardingIsAsConfigured) {
  EXPECT_FALSE(ip_config(config_of(ports)).forwarding);
  const engine::IpConfig ip =
      ip_config(config_of(std::string{ports} + "[forwarding]\nenabled = true\nicmp_errors_per_second = 7\n"));
  EXPECT_TRUE(ip.forwarding);
  EXPECT_EQ(ip.icmp_errors_per_second, 7u);
}

TEST(Addresses, StaticNeighborsStandAtThePortOfTheirSubnetForEver) {
  const Config config = config_of(std::string{ports} + R"(
[[neighbor]]
address = "192.0.2.1"
mac = "02:00:00:00:00:fe"
[[neighbor]]
address = "10.0.0.9"
mac = "02:00:00:00:00:09"
)");
  const auto all = static_neighbors(config);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].port.value, 1);
  EXPECT_EQ(to_string(all[0].address), "192.0.2.1");
  EXPECT_EQ(to_string(all[0].mac), "02:00:00:00:00:fe");
  EXPECT_TRUE(all[0].permanent);
  EXPECT_EQ(all[1].port.value, 0);
}

}  // namespace
}  // namespace apps
