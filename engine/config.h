// What a user can set about the engine: workers, ports, routes, neighbors, forwarding. Defaults are the member initialisers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/eal.h"
#include "engine/eth_port.h"
#include "engine/idle.h"
#include "engine/routes.h"
#include "engine/text.h"
#include "engine/time.h"

namespace engine {

class Section;

// `place`: where the section begins, "http-lb.toml:12:1".

/// [engine]
struct EngineConfig {
  std::string name;                           // of the instance
  std::uint16_t workers = 1;                  // as many as cores, if those are set
  std::vector<std::uint16_t> cores;           // CPU of each worker; empty: chosen at start
  std::optional<std::uint16_t> control_core;  // none: any CPU
  PollMode poll = PollMode::adaptive;
  MemoryChoice memory = MemoryChoice::automatic;
  std::uint32_t max_connections = 100'000;  // whole instance, without TIME-WAIT
  std::optional<std::uint64_t> buffers;     // bytes of packet memory for TCP, whole instance; none: "auto"
  Duration drain_delay = 0s;
  Duration drain_timeout = 10s;
  std::string place;
};

/// [[port]]
struct PortSettings {
  std::string name;
  std::string device;           // as parse_device reads it
  std::vector<Cidr> addresses;  // the first is the source of what we originate
  std::uint16_t mtu = 1500;
  std::optional<std::uint16_t> queues;  // none: "auto", one per worker if the device has as many
  std::uint16_t rx_descriptors = 1024, tx_descriptors = 1024;
  RssChoice rss = RssChoice::automatic;
  bool offloads = true;
  bool promiscuous = false;
  std::string place;
};

/// [[route]]
struct RouteConfig {
  Cidr prefix;
  NextHop::Kind kind = NextHop::Kind::gateway;  // or blackhole, unreachable
  Ipv4 via;                                     // Kind::gateway; its port follows from the subnet
  std::string place;
};

/// [[neighbor]]: the port follows from the subnet.
struct NeighborConfig {
  Ipv4 address;
  MacAddress mac;
  std::string place;
};

/// [forwarding]
struct ForwardingConfig {
  bool enabled = false;
  bool enabled_is_set = false;          // written in the file: then `check` has no doubts
  std::optional<std::uint32_t> routes;  // capacity
  std::uint32_t icmp_errors_per_second = 1000;
  std::string place;

  static constexpr std::uint32_t routes_to_spare = 4096;
  /// Capacity of the table without netlink, for a file with `routes_of_file`.
  [[nodiscard]] constexpr std::uint32_t route_capacity(std::size_t routes_of_file) const noexcept {
    return routes.value_or(static_cast<std::uint32_t>(routes_of_file) + routes_to_spare);
  }
};

/// `default_name`: the file's stem.
[[nodiscard]] EngineConfig read_engine(Section section, std::string_view default_name);
/// `index`: of the port in the file.
[[nodiscard]] PortSettings read_port(Section section, std::uint16_t index);
[[nodiscard]] RouteConfig read_route(Section section);
[[nodiscard]] NeighborConfig read_neighbor(Section section);
[[nodiscard]] ForwardingConfig read_forwarding(Section section);

/// Why no host can have this address ("is a loopback address"), or "".
[[nodiscard]] std::string_view flaw_of_host(Ipv4 address) noexcept;
/// An address that a host can have.   Errors: anything else, quoted.
[[nodiscard]] Result<Ipv4> parse_host(std::string_view text);
/// A prefix without bits behind its length: "10.0.0.0/8".
[[nodiscard]] Result<Cidr> parse_prefix(std::string_view text);
/// Network and broadcast address of a subnet belong to no host; /31 (RFC 3021) and /32 have neither.
[[nodiscard]] bool is_edge_of(const Cidr& subnet, Ipv4 address) noexcept;

}  // namespace engine
