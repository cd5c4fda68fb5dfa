// The IPv4 part of a snapshot: which addresses are ours, on which port. Immutable once published.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/ids.h"
#include "engine/text.h"
#include "engine/wire.h"

namespace engine {

/// A port's own part.
struct PortConfig {
  std::string name;
  std::vector<Cidr> addresses;  // own addresses with their subnets; the first is the source of what we originate
  std::vector<Ipv4> answered;   // sorted: every address for which this port answers ARP (own, listeners in its subnets)

  [[nodiscard]] bool answers(Ipv4 address) const noexcept {
    return std::binary_search(answered.begin(), answered.end(), address);
  }
  [[nodiscard]] bool is_connected(Ipv4 address) const noexcept {
    return std::any_of(addresses.begin(), addresses.end(), [&](const Cidr& c) { return c.contains(address); });
  }
  /// Our address towards a neighbor of this port; zero if the port has none.
  [[nodiscard]] Ipv4 source_for(Ipv4 neighbor) const noexcept {
    for (const Cidr& c : addresses)
      if (c.contains(neighbor)) return c.address;
    return addresses.empty() ? Ipv4{} : addresses.front().address;
  }
};

struct IpConfig {
  std::vector<PortConfig> ports;  // by PortId
  bool forwarding = false;
  std::uint32_t icmp_errors_per_second = 1000;

  [[nodiscard]] const PortConfig& port(PortId id) const noexcept { return ports[id.value]; }
};

}  // namespace engine
