#include "engine/config.h"

#include <gtest/gtest.h>

#include "engine/section.h"
#include "tests/support/config_cases.h"

namespace engine {
namespace {

using support::read_good;

EngineConfig engine_of(std::string_view toml, std::string_view stem = "edge1") {
  return read_good(toml, [&](Section& s) { return read_engine(s.section("engine"), stem); });
}
PortSettings port_of(std::string_view toml) {
  return read_good(toml, [](Section& s) {
    std::vector<PortSettings> ports;
    s.read_sections("port", ports, [](Section port) { return read_port(std::move(port), 0); });
    return ports.at(0);
  });
}
RouteConfig route_of(std::string_view toml) {
  return read_good(toml, [](Section& s) {
    std::vector<RouteConfig> routes;
    s.read_sections("route", routes, read_route);
    return routes.at(0);
  });
}
ForwardingConfig forwarding_of(std::string_view toml) {
  return read_good(toml, [](Section& s) { return read_forwarding(s.section("forwarding")); });
}

TEST(EngineConfig, EveryMistakeIsNamedWithItsPlace) {
  const auto cases = support::load_config_cases("tests/engine/config_cases.txt");
  EXPECT_GE(cases.size(), 85u);
  for (const support::ConfigCase& one : cases) {
    const std::string said = support::complaints(one.toml, [](Section& s) {
      (void)read_engine(s.section("engine"), "t");
      std::vector<PortSettings> ports;
      s.read_sections("port", ports, [](Section port) { return read_port(std::move(port), 0); });
      std::vector<RouteConfig> routes;
      s.read_sections("route", routes, read_route);
      std::vector<NeighborConfig> neighbors;
      s.read_sections("neighbor", neighbors, read_neighbor);
      (void)read_forwarding(s.section("forwarding"));
    });
    EXPECT_EQ(said, one.expected) << one.where << "\n" << one.toml;
  }
}

TEST(EngineConfig, DefaultsAreThoseOfTheInterface) {
  const EngineConfig config = engine_of("");
  EXPECT_EQ(config.name, "edge1");
  EXPECT_EQ(config.workers, 1);
  EXPECT_TRUE(config.cores.empty());
  EXPECT_FALSE(config.control_core);
  EXPECT_EQ(config.poll, PollMode::adaptive);
  EXPECT_EQ(config.memory, MemoryChoice::automatic);
  EXPECT_EQ(config.max_connections, 100'000u);
  EXPECT_FALSE(config.buffers);
  EXPECT_EQ(config.drain_delay, 0s);
  EXPECT_EQ(config.drain_timeout, 10s);
}

TEST(EngineConfig, EveryKeyIsRead) {
  const EngineConfig config = engine_of(R"(
[engine]
name = "x.1"
cores = [2, 3]
control_core = 1
poll = "busy"
memory = "hugepages"
max_connections = 20_000
buffers = "512MiB"
file_cache = "auto"
drain_delay = "5s"
drain_timeout = "0s"
)");
  EXPECT_EQ(config.name, "x.1");
  EXPECT_EQ(config.workers, 2);
  EXPECT_EQ(config.cores, (std::vector<std::uint16_t>{2, 3}));
  EXPECT_EQ(config.control_core, 1);
  EXPECT_EQ(config.poll, PollMode::busy);
  EXPECT_EQ(config.memory, MemoryChoice::hugepages);
  EXPECT_EQ(config.max_connections, 20'000u);
  EXPECT_EQ(config.buffers, 512u << 20);
  EXPECT_EQ(config.drain_delay, 5s);
  EXPECT_EQ(config.drain_timeout, 0s);
  EXPECT_EQ(config.place, "t.toml:2:1");
  EXPECT_EQ(engine_of("[engine]\nworkers = 64\nmemory = \"normal\"\nbuffers = \"auto\"\n").workers, 64);
}

TEST(EngineConfig, AStemThatIsNoNameNeedsAName) {
  EXPECT_EQ(engine_of("engine.name = \"good\"", "my config").name, "good");
  EXPECT_EQ(support::complaints("", [](Section& s) { (void)read_engine(s.section("engine"), "my config"); }),
            "=> 1:1: name: must be set, since the file's stem will not do: 'my config' is no name: 1 to 63 letters, digits, '.', "
            "'_' and "
            "'-', the first no '.' or '-'\n");
}

TEST(PortSettings, DefaultsAreThoseOfTheInterface) {
  const PortSettings port = port_of("[[port]]\nname = \"lan\"\ndevice = \"tap:ps-lan\"\n");
  EXPECT_EQ(port.name, "lan");
  EXPECT_EQ(port.device, "tap:ps-lan");
  EXPECT_TRUE(port.addresses.empty());
  EXPECT_EQ(port.mtu, 1500);
  EXPECT_FALSE(port.queues);
  EXPECT_EQ(port.rx_descriptors, 1024);
  EXPECT_EQ(port.tx_descriptors, 1024);
  EXPECT_EQ(port.rss, RssChoice::automatic);
  EXPECT_TRUE(port.offloads);
  EXPECT_FALSE(port.promiscuous);
  EXPECT_EQ(port.place, "t.toml:1:1");
}

TEST(PortSettings, EveryKeyIsRead) {
  const PortSettings port = port_of(R"([[port]]
name = "lan"
device = "af_packet:eth1"
addresses = ["198.18.0.1/24", "10.0.0.1/31", "10.1.1.1/32"]
mtu = 9000
queues = 4
rx_descriptors = 512
tx_descriptors = 2048
rss = "software"
offloads = "off"
promiscuous = true
proxy_arp = false
urpf = "off"
kernel = false
)");
  ASSERT_EQ(port.addresses.size(), 3u);
  EXPECT_EQ(to_string(port.addresses[0]), "198.18.0.1/24");
  EXPECT_EQ(port.mtu, 9000);
  EXPECT_EQ(port.queues, 4);
  EXPECT_EQ(port.rx_descriptors, 512);
  EXPECT_EQ(port.tx_descriptors, 2048);
  EXPECT_EQ(port.rss, RssChoice::software);
  EXPECT_FALSE(port.offloads);
  EXPECT_TRUE(port.promiscuous);
  EXPECT_FALSE(port_of("[[port]]\nname = \"a\"\ndevice = \"vdev:net_null0,size=64\"\nqueues = \"auto\"\n").queues);
}

TEST(RouteConfig, ANextHopCanBeWrittenInThreeWays) {
  for (const char* via : {"\"10.0.0.1\"", "[\"10.0.0.1\"]", "[{ address = \"10.0.0.1\" }]", "{ address = \"10.0.0.1\" }"}) {
    const RouteConfig route = route_of(std::string{"[[route]]\nprefix = \"0.0.0.0/0\"\nvia = "} + via);
    EXPECT_EQ(route.kind, NextHop::Kind::gateway);
    EXPECT_EQ(route.via, (Ipv4{10, 0, 0, 1}));
    EXPECT_EQ(to_string(route.prefix), "0.0.0.0/0");
  }
}

TEST(RouteConfig, RoutesThatEndPackets) {
  EXPECT_EQ(route_of("[[route]]\nprefix = \"10.0.0.0/8\"\nblackhole = true\n").kind, NextHop::Kind::blackhole);
  const RouteConfig route = route_of("[[route]]\nprefix = \"128.0.0.0/1\"\nunreachable = true\n");
  EXPECT_EQ(route.kind, NextHop::Kind::unreachable);
  EXPECT_EQ(to_string(route.prefix), "128.0.0.0/1");
}

TEST(NeighborConfig, IsRead) {
  const auto neighbors = read_good("[[neighbor]]\naddress = \"198.18.0.254\"\nmac = \"02:00:00:00:00:FE\"\n", [](Section& s) {
    std::vector<NeighborConfig> all;
    s.read_sections("neighbor", all, read_neighbor);
    return all;
  });
  ASSERT_EQ(neighbors.size(), 1u);
  EXPECT_EQ(neighbors[0].address, (Ipv4{198, 18, 0, 254}));
  EXPECT_EQ(to_string(neighbors[0].mac), "02:00:00:00:00:fe");
}

TEST(ForwardingConfig, EveryKeyIsRead) {
  const ForwardingConfig defaults = forwarding_of("");
  EXPECT_FALSE(defaults.enabled || defaults.enabled_is_set || defaults.routes);
  EXPECT_EQ(defaults.icmp_errors_per_second, 1000u);
  EXPECT_EQ(defaults.route_capacity(10), 4106u);  // those of the file and 4,096
  const ForwardingConfig config = forwarding_of(R"([forwarding]
enabled = true
routes = 1_000_000
netlink = false
hash = "flow"
redirects = false
directed_broadcast = false
icmp_errors_per_second = 0
)");
  EXPECT_TRUE(config.enabled && config.enabled_is_set);
  EXPECT_EQ(config.route_capacity(10), 1'000'000u);
  EXPECT_EQ(config.icmp_errors_per_second, 0u);
  EXPECT_TRUE(forwarding_of("forwarding.enabled = false").enabled_is_set);
}

TEST(EngineConfig, EdgesOfSubnetsBelongToNoHost) {
  const auto edge = [](const char* subnet, const char* address) { return is_edge_of(*parse_cidr(subnet), *parse_ipv4(address)); };
  EXPECT_TRUE(edge("198.18.0.1/24", "198.18.0.0"));
  EXPECT_TRUE(edge("198.18.0.1/24", "198.18.0.255"));
  EXPECT_FALSE(edge("198.18.0.1/24", "198.18.0.254"));
  EXPECT_TRUE(edge("198.18.0.1/30", "198.18.0.3"));
  EXPECT_FALSE(edge("198.18.0.0/31", "198.18.0.0"));  // RFC 3021
  EXPECT_FALSE(edge("198.18.0.0/31", "198.18.0.1"));
  EXPECT_FALSE(edge("198.18.0.1/32", "198.18.0.1"));
}

}  // namespace
}  // namespace engine
