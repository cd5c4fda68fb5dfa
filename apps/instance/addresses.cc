#include "apps/instance/addresses.h"

#include <algorithm>
#include <optional>

#include "engine/config.h"

namespace apps {

namespace {

using engine::Cidr;
using engine::Ipv4;
using engine::NextHop;
using engine::PortId;
using engine::Route;

/// The port and address of ours whose subnet holds `address`.
struct Connected {
  PortId port;
  Ipv4 source;
};
std::optional<Connected> connected_to(const Config& config, Ipv4 address) {
  for (std::size_t i = 0; i < config.ports.size(); ++i)
    for (const Cidr& subnet : config.ports[i].addresses)
      if (subnet.contains(address)) return Connected{PortId{static_cast<std::uint16_t>(i)}, subnet.address};
  return std::nullopt;
}

void add_port_routes(std::vector<Route>& all, const engine::PortSettings& port, PortId id) {
  for (const Cidr& subnet : port.addresses) {
    if (subnet.length < 32)
      all.push_back({{subnet.network(), subnet.length}, {NextHop::Kind::connected, id, {}, subnet.address}});
    if (subnet.length >= 31) continue;  // RFC 3021: no broadcast address
    all.push_back({{subnet.broadcast(), 32}, {NextHop::Kind::broadcast, id, {}, subnet.address}});
    all.push_back({{subnet.network(), 32}, {NextHop::Kind::broadcast, id, {}, subnet.address}});  // RFC 1122 3.3.6, the old form
  }
}

}  // namespace

std::vector<ExpandedListen> expand_listeners(const Config& config) {
  std::vector<ExpandedListen> all;
  for (std::size_t i = 0; i < config.listeners.size(); ++i)
    for (const http::ListenAddress& listen : config.listeners[i].addresses) {
      if (listen.address) {
        all.push_back({{*listen.address, listen.port}, i});
        continue;
      }
      for (const engine::PortSettings& port : config.ports)
        for (const Cidr& own : port.addresses) all.push_back({{own.address, listen.port}, i});
    }
  return all;
}

engine::IpConfig ip_config(const Config& config) {
  engine::IpConfig ip;
  ip.forwarding = config.forwarding.enabled;
  ip.icmp_errors_per_second = config.forwarding.icmp_errors_per_second;
  for (const engine::PortSettings& settings : config.ports) {
    engine::PortConfig port;
    port.name = settings.name;
    port.addresses = settings.addresses;
    for (const Cidr& own : settings.addresses) port.answered.push_back(own.address);
    for (const ExpandedListen& listen : expand_listeners(config))
      if (port.is_connected(listen.address.address)) port.answered.push_back(listen.address.address);
    std::sort(port.answered.begin(), port.answered.end());
    port.answered.erase(std::unique(port.answered.begin(), port.answered.end()), port.answered.end());
    ip.ports.push_back(std::move(port));
  }
  return ip;
}

engine::Result<std::vector<Route>> routes(const Config& config) {
  std::vector<Route> all;
  // In this order: the last of equal prefixes wins, and what is ours is ours.
  for (const engine::RouteConfig& route : config.routes) {
    if (route.kind != NextHop::Kind::gateway) {
      all.push_back({route.prefix, {route.kind, PortId{0}, {}, {}}});
      continue;
    }
    const auto way = connected_to(config, route.via);
    if (!way)
      return engine::Error{engine::Errc::invalid, "via " + engine::to_string(route.via) + " is in no port's subnet", route.place};
    all.push_back({route.prefix, {NextHop::Kind::gateway, way->port, route.via, way->source}});
  }
  for (std::size_t i = 0; i < config.ports.size(); ++i)
    add_port_routes(all, config.ports[i], PortId{static_cast<std::uint16_t>(i)});
  for (std::size_t i = 0; i < config.ports.size(); ++i)
    for (const Cidr& own : config.ports[i].addresses)
      all.push_back({{own.address, 32}, {NextHop::Kind::local, PortId{static_cast<std::uint16_t>(i)}, {}, own.address}});
  for (const ExpandedListen& listen : expand_listeners(config)) {
    const Ipv4 address = listen.address.address;
    const auto way = connected_to(config, address);  // none: routed to us (anycast), no port answers ARP for it
    all.push_back({{address, 32}, {NextHop::Kind::local, way ? way->port : PortId{0}, {}, address}});
  }
  return all;
}

std::vector<engine::Neighbor> static_neighbors(const Config& config) {
  std::vector<engine::Neighbor> all;
  for (const engine::NeighborConfig& neighbor : config.neighbors)
    if (const auto way = connected_to(config, neighbor.address))
      all.push_back({way->port, neighbor.address, neighbor.mac, true, {}});
  return all;
}

}  // namespace apps
