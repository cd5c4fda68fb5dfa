#include "engine/config.h"

#include <algorithm>
#include <fmt/format.h>

#include "engine/device.h"
#include "engine/section.h"
#include "engine/wording.h"

namespace engine {

namespace {

constexpr std::uint16_t mtu_min = 128;  // leaves TCP the 88 bytes of the smallest segment that it makes

Error invalid(std::string what) { return {Errc::invalid, std::move(what)}; }

/// A port's own address with the length of its subnet.
Result<Cidr> parse_port_address(std::string_view text) {
  const auto cidr = parse_cidr(text);
  if (!cidr || text.find('/') == std::string_view::npos || cidr->length == 0)
    return invalid(fmt::format("{} is no address with the length of its subnet, such as 198.18.0.1/24", quote(text)));
  if (const auto flaw = flaw_of_host(cidr->address); !flaw.empty()) return invalid(fmt::format("{} {}", quote(text), flaw));
  if (is_edge_of(*cidr, cidr->address))
    return invalid(fmt::format("{} is the {} address of its subnet", quote(text),
                               cidr->address == cidr->network() ? "network" : "broadcast"));
  return *cidr;
}

Result<MacAddress> parse_neighbor_mac(std::string_view text) {
  const auto mac = parse_mac(text);
  if (!mac) return invalid(fmt::format("{} is no MAC address such as 02:00:00:00:00:fe", quote(text)));
  if (mac->is_zero() || mac->is_multicast())
    return invalid(
        fmt::format("{} is {}, not the address of a neighbor", quote(text), mac->is_zero() ? "zero" : "a group address"));
  return *mac;
}

/// `via`: one address, alone, in a list, or as { address = ... }.
void read_via(Section& section, RouteConfig& route) {
  std::size_t hops = 0;
  for (Section::Element& hop : section.elements("via")) {
    if (++hops == 2)
      section.fail("via", hop.place, "several next hops (ECMP) are not supported yet, allowed: one address", Errc::not_supported);
    if (auto* table = std::get_if<Section>(&hop.value)) {
      if (table->require("address")) table->read_text("address", route.via, parse_host);
      table->not_supported("weight", "weighted next hops");
      table->finish();
    } else if (const auto address = parse_host(std::get<std::string_view>(hop.value))) {
      route.via = *address;
    } else {
      section.fail("via", hop.place, address.error().what);
    }
  }
}

}  // namespace

EngineConfig read_engine(Section section, std::string_view default_name) {
  EngineConfig config;
  config.place = section.place();
  if (!section.given("name")) {
    if (auto name = parse_name(default_name))
      config.name = *std::move(name);
    else
      section.fail("name", fmt::format("must be set, since the file's stem will not do: {}", name.error().what));
  }
  section.read_text("name", config.name, parse_name);
  section.exclusive({"workers", "cores"}, false);
  section.read("workers", config.workers, {.min = 1, .max = shards_max});
  if (section.read("cores", config.cores, {.min = 0, .max = 1023})) {
    if (config.cores.size() > shards_max)
      section.fail("cores", fmt::format("{} cores are above {}, the most workers", config.cores.size(), shards_max));
    config.workers = static_cast<std::uint16_t>(config.cores.size());
  }
  std::uint16_t control_core = 0;
  if (section.read("control_core", control_core, {.min = 0, .max = 1023})) {
    config.control_core = control_core;
    if (std::find(config.cores.begin(), config.cores.end(), control_core) != config.cores.end())
      section.fail("control_core", fmt::format("{} is among cores: a worker would starve the control thread", control_core));
  }
  section.read("poll", config.poll, {{"adaptive", PollMode::adaptive}, {"busy", PollMode::busy}});
  section.read("memory", config.memory,
               {{"auto", MemoryChoice::automatic}, {"hugepages", MemoryChoice::hugepages}, {"normal", MemoryChoice::normal}});
  section.read("max_connections", config.max_connections, {.min = 1, .max = 1u << 26});
  section.read_size_or("buffers", "auto", config.buffers, {.min = std::uint64_t{1} << 20, .max = std::uint64_t{1} << 40});
  section.supports_only("file_cache", "auto", "a size of the file cache");
  section.read("drain_delay", config.drain_delay, {.min = 0s, .max = 1h});
  section.read("drain_timeout", config.drain_timeout, {.min = 0s, .max = 1h});
  return section.finish(std::move(config));
}

PortSettings read_port(Section section, std::uint16_t index) {
  PortSettings port;
  port.place = section.place();
  section.require("name");
  section.read_text("name", port.name, parse_name);
  section.read("mtu", port.mtu, {.min = mtu_min, .max = 9600});
  section.read_or("queues", "auto", port.queues, {.min = 1, .max = shards_max});
  section.require("device");
  section.read_text("device", port.device, [&](std::string_view text) -> Result<std::string> {
    if (auto device = parse_device(text, {index, port.queues.value_or(1), port.mtu}); !device) return device.error();
    return std::string{text};
  });
  section.read_texts("addresses", port.addresses, parse_port_address);
  section.read("rx_descriptors", port.rx_descriptors, {.min = 32, .max = 32'768});
  section.read("tx_descriptors", port.tx_descriptors, {.min = 32, .max = 32'768});
  section.read("rss", port.rss,
               {{"auto", RssChoice::automatic}, {"hardware", RssChoice::hardware}, {"software", RssChoice::software}});
  section.read("offloads", port.offloads, {{"auto", true}, {"off", false}});
  section.read("promiscuous", port.promiscuous);
  section.supports_only("proxy_arp", false, "proxy ARP");
  section.supports_word("urpf", "off", {"loose", "strict"});
  section.not_supported("acl_in", "ACLs");
  section.not_supported("acl_out", "ACLs");
  section.supports_only("kernel", false, "kernel twins");
  return section.finish(std::move(port));
}

RouteConfig read_route(Section section) {
  RouteConfig route;
  route.place = section.place();
  section.require("prefix");
  section.read_text("prefix", route.prefix, parse_prefix);
  bool blackhole = false, unreachable = false;
  section.exclusive({"via", "blackhole", "unreachable"}, true);
  read_via(section, route);
  // `blackhole = false` alone would be a route to nowhere, and beside `via` it says nothing.
  if (section.read("blackhole", blackhole) && !blackhole) section.fail("blackhole", "false says nothing, allowed: true");
  if (section.read("unreachable", unreachable) && !unreachable) section.fail("unreachable", "false says nothing, allowed: true");
  if (blackhole) route.kind = NextHop::Kind::blackhole;
  if (unreachable) route.kind = NextHop::Kind::unreachable;
  section.not_supported("metric", "route metrics");
  return section.finish(std::move(route));
}

NeighborConfig read_neighbor(Section section) {
  NeighborConfig neighbor;
  neighbor.place = section.place();
  section.require("address");
  section.read_text("address", neighbor.address, parse_host);
  section.require("mac");
  section.read_text("mac", neighbor.mac, parse_neighbor_mac);
  return section.finish(std::move(neighbor));
}

ForwardingConfig read_forwarding(Section section) {
  ForwardingConfig config;
  config.place = section.place();
  config.enabled_is_set = section.read("enabled", config.enabled);
  std::uint32_t routes = 0;
  if (section.read("routes", routes, {.min = 1, .max = 1u << 24})) config.routes = routes;
  section.supports_only("netlink", false, "routes from the kernel");
  section.supports_word("hash", "flow", {"symmetric"});
  section.supports_only("redirects", false, "ICMP redirects");
  section.supports_only("directed_broadcast", false, "directed broadcasts");
  section.read("icmp_errors_per_second", config.icmp_errors_per_second, {.min = 0, .max = 1'000'000});
  return section.finish(std::move(config));
}

std::string_view flaw_of_host(Ipv4 address) noexcept {
  if (address.is_this_network()) return "is in 0.0.0.0/8, which no host has";
  if (address.is_loopback()) return "is a loopback address";
  if (address.is_multicast()) return "is a multicast address";
  if (address.is_class_e()) return "is in 240.0.0.0/4, which no host has";
  return {};
}

Result<Ipv4> parse_host(std::string_view text) {
  const auto address = parse_ipv4(text);
  if (!address) return invalid(fmt::format("{} is no IPv4 address such as 198.18.0.254", quote(text)));
  if (const auto flaw = flaw_of_host(*address); !flaw.empty()) return invalid(fmt::format("{} {}", quote(text), flaw));
  return *address;
}

Result<Cidr> parse_prefix(std::string_view text) {
  const auto cidr = parse_cidr(text);
  if (!cidr || text.find('/') == std::string_view::npos)
    return invalid(fmt::format("{} is no prefix such as 10.0.0.0/8", quote(text)));
  if (cidr->address == cidr->network()) return *cidr;
  return invalid(
      fmt::format("{} has bits behind its length: write {}", quote(text), to_string(Cidr{cidr->network(), cidr->length})));
}

bool is_edge_of(const Cidr& subnet, Ipv4 address) noexcept {
  return subnet.length <= 30 && (address == subnet.network() || address == subnet.broadcast());
}

}  // namespace engine
