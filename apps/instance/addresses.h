// From the ports, routes and listeners of a configuration to what the engine looks packets up in.
#pragma once

#include <vector>

#include "apps/config.h"
#include "engine/ip_config.h"
#include "engine/neighbor_table.h"
#include "engine/result.h"
#include "engine/routes.h"
#include "tcp/listeners.h"

namespace apps {

/// The ports' addresses, and for each port every address that it answers ARP for: its own, and listeners in its subnets.
[[nodiscard]] engine::IpConfig ip_config(const Config& config);

/// Local addresses (ports' and listeners'), connected subnets with their broadcast addresses, and the routes of the file.
/// Errors: a gateway that is in no connected subnet.
[[nodiscard]] engine::Result<std::vector<engine::Route>> routes(const Config& config);

/// Static neighbors, each at the port of its subnet.
[[nodiscard]] std::vector<engine::Neighbor> static_neighbors(const Config& config);

/// A listener's address in one piece: "*:80" is every port's own addresses.
struct ExpandedListen {
  engine::SocketAddress address;
  std::size_t listener;  // index in config.listeners
};
[[nodiscard]] std::vector<ExpandedListen> expand_listeners(const Config& config);

}  // namespace apps
