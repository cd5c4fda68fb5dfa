#include "apps/config_check.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <string>
#include <vector>

#include "engine/ids.h"
#include "engine/wording.h"

namespace apps {

namespace {

using engine::Cidr;
using engine::Document;
using engine::Ipv4;
using engine::NextHop;
using engine::Place;
using engine::quote;

class Check {
 public:
  Check(const Config& config, Document& document) : config_{config}, document_{document} { collect_addresses(); }

  void ports();
  void routes();
  void neighbors();
  void listeners();
  void rules();
  void pools();

 private:
  struct Subnet {
    Cidr cidr;                // with the port's own address
    std::size_t port, index;  // among its addresses
  };
  using Path = std::initializer_list<Document::Step>;

  void collect_addresses();
  void fail(Path path, std::string what) { document_.fail(document_.place(path), std::move(what)); }
  void warn(Path path, std::string what) { document_.warn(document_.place(path), std::move(what)); }
  [[nodiscard]] std::string at(Path path) const { return document_.text(document_.place(path)); }
  /// Complains about each name that an earlier element has.
  template <typename T>
  void names(std::string_view key, const std::vector<T>& elements);
  template <typename T>
  void reference(Path path, std::string_view key, std::string_view kind, const std::string& name, const std::vector<T>& elements);
  /// A neighbor, next hop or server must be a host of a subnet, and not us.   Returns: whether it was fine.
  bool other_host(Path path, std::string_view key, Ipv4 address);
  /// Network and broadcast addresses of our subnets are no hosts'.   Returns: "" if it is neither.
  [[nodiscard]] std::string flaw_in_subnet(Ipv4 address) const;
  [[nodiscard]] const Subnet* subnet_of(Ipv4 address) const;
  [[nodiscard]] bool has_route(Ipv4 address) const;
  void subnets();
  [[nodiscard]] std::string subnet_list() const;
  void listen(std::size_t index, std::map<engine::SocketAddress, Place>& taken);

  const Config& config_;
  Document& document_;
  std::vector<Subnet> subnets_;
  std::map<Ipv4, std::string> ours_;  // and whose they are
};

void Check::collect_addresses() {
  for (std::size_t i = 0; i < config_.ports.size(); ++i)
    for (std::size_t k = 0; k < config_.ports[i].addresses.size(); ++k) {
      const Cidr& cidr = config_.ports[i].addresses[k];
      subnets_.push_back({cidr, i, k});
      ours_.emplace(cidr.address, fmt::format("port {}", quote(config_.ports[i].name)));
    }
  for (const http::ListenerConfig& listener : config_.listeners)
    for (const http::ListenAddress& address : listener.addresses)
      if (address.address) ours_.emplace(*address.address, fmt::format("listener {}", quote(listener.name)));
}

template <typename T>
void Check::names(std::string_view key, const std::vector<T>& elements) {
  std::map<std::string_view, std::size_t> first;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (elements[i].name.empty()) continue;
    if (const auto [other, is_new] = first.try_emplace(elements[i].name, i); !is_new)
      fail({key, i, "name"},
           fmt::format("name: {} is taken by the {} at {}", quote(elements[i].name), key, elements[other->second].place));
  }
}

template <typename T>
void Check::reference(Path path, std::string_view key, std::string_view kind, const std::string& name,
                      const std::vector<T>& elements) {
  if (std::any_of(elements.begin(), elements.end(), [&](const T& element) { return element.name == name; })) return;
  std::vector<std::string_view> known;
  for (const T& element : elements) known.push_back(element.name);
  fail(path, fmt::format("{}: no {} is called {}{} there are: {}", key, kind, quote(name), engine::did_you_mean(name, known),
                         known.empty() ? "none" : engine::listed(known, 12)));
}

const Check::Subnet* Check::subnet_of(Ipv4 address) const {
  const auto found = std::find_if(subnets_.begin(), subnets_.end(), [&](const Subnet& s) { return s.cidr.contains(address); });
  return found != subnets_.end() ? &*found : nullptr;
}

bool Check::has_route(Ipv4 address) const {
  if (subnet_of(address) != nullptr) return true;
  const engine::RouteConfig* best = nullptr;
  for (const engine::RouteConfig& route : config_.routes)
    if (route.prefix.contains(address) && (best == nullptr || route.prefix.length > best->prefix.length)) best = &route;
  return best != nullptr && best->kind == NextHop::Kind::gateway;
}

std::string Check::flaw_in_subnet(Ipv4 address) const {
  const Subnet* subnet = subnet_of(address);
  if (subnet == nullptr || !is_edge_of(subnet->cidr, address)) return {};
  return fmt::format("is the {} address of the subnet {} of port {}", address == subnet->cidr.network() ? "network" : "broadcast",
                     to_string(Cidr{subnet->cidr.network(), subnet->cidr.length}), quote(config_.ports[subnet->port].name));
}

bool Check::other_host(Path path, std::string_view key, Ipv4 address) {
  const auto own = ours_.find(address);
  const std::string flaw =
      own != ours_.end() ? fmt::format("is our own, an address of {}", own->second) : flaw_in_subnet(address);
  if (!flaw.empty()) fail(path, fmt::format("{}: {} {}", key, to_string(address), flaw));
  return flaw.empty();
}

void Check::ports() {
  const auto& ports = config_.ports;
  if (ports.empty()) fail({}, "there is no [[port]], at least one is needed");
  if (ports.size() > engine::ports_max)
    fail({"port", engine::ports_max},
         fmt::format("{} ports are above {}, the most that an engine has", ports.size(), engine::ports_max));
  names("port", ports);
  for (std::size_t i = 0; i < ports.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (ports[i].device == ports[j].device)
        fail({"port", i, "device"}, fmt::format("device: {} is taken by port {} at {}", quote(ports[i].device),
                                                quote(ports[j].name), at({"port", j, "device"})));
  subnets();
}

void Check::subnets() {
  for (auto one = subnets_.begin(); one != subnets_.end(); ++one)
    for (auto other = subnets_.begin(); other != one; ++other) {
      const auto complain = [&](std::string_view what) {
        fail({"port", one->port, "addresses", one->index},
             fmt::format("addresses: {} {} {} of port {}", to_string(one->cidr), what, to_string(other->cidr),
                         quote(config_.ports[other->port].name)));
      };
      if (one->cidr.address == other->cidr.address)
        complain("is the same address as");
      else if (one->port != other->port &&
               (one->cidr.contains(other->cidr.network()) || other->cidr.contains(one->cidr.network())))
        complain("overlaps");  // a subnet belongs to one port, or nobody knows where its hosts are
    }
}

void Check::routes() {
  const auto& routes = config_.routes;
  bool has_gateway = false;
  std::map<Cidr, std::size_t> first;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const engine::RouteConfig& route = routes[i];
    if (const auto [other, is_new] = first.try_emplace(route.prefix, i); !is_new)
      fail({"route", i, "prefix"},
           fmt::format("prefix: {} has a route already, at {}", to_string(route.prefix), routes[other->second].place));
    for (const Subnet& subnet : subnets_)
      if (subnet.cidr.network() == route.prefix.address && subnet.cidr.length == route.prefix.length)
        fail({"route", i, "prefix"},
             fmt::format("prefix: {} is the subnet of port {}", to_string(route.prefix), quote(config_.ports[subnet.port].name)));
    if (route.kind != NextHop::Kind::gateway) continue;
    has_gateway = true;
    if (other_host({"route", i, "via", std::size_t{0}}, "via", route.via) && subnet_of(route.via) == nullptr)
      fail({"route", i, "via", std::size_t{0}},
           fmt::format("via: {} is in no subnet of a port, there are: {}", to_string(route.via), subnet_list()));
  }
  const engine::ForwardingConfig& forwarding = config_.forwarding;
  if (forwarding.routes && *forwarding.routes < routes.size())
    fail({"forwarding", "routes"},
         fmt::format("routes: {} is below {}, the routes of the file", *forwarding.routes, routes.size()));
  if (has_gateway && config_.ports.size() > 1 && !forwarding.enabled && !forwarding.enabled_is_set)
    warn({"route", std::size_t{0}},
         "routes are there and forwarding is off: only our own packets use them; [forwarding] enabled = true or false says what "
         "is meant");
}

std::string Check::subnet_list() const {
  std::vector<std::string> texts;
  for (const Subnet& subnet : subnets_) texts.push_back(to_string(Cidr{subnet.cidr.network(), subnet.cidr.length}));
  const std::vector<std::string_view> views{texts.begin(), texts.end()};
  return views.empty() ? "none" : engine::listed(views, 12);
}

void Check::neighbors() {
  if (config_.neighbors.size() > neighbors_max)
    fail({"neighbor", std::size_t{neighbors_max}},
         fmt::format("{} neighbors are above {}, the most that an engine has", config_.neighbors.size(), neighbors_max));
  std::map<Ipv4, std::size_t> first;
  for (std::size_t i = 0; i < config_.neighbors.size(); ++i) {
    const Ipv4 address = config_.neighbors[i].address;
    if (const auto [other, is_new] = first.try_emplace(address, i); !is_new)
      fail({"neighbor", i, "address"},
           fmt::format("address: {} is a neighbor already, at {}", to_string(address), config_.neighbors[other->second].place));
    if (other_host({"neighbor", i, "address"}, "address", address) && subnet_of(address) == nullptr)
      fail({"neighbor", i, "address"},
           fmt::format("address: {} is in no subnet of a port, there are: {}", to_string(address), subnet_list()));
  }
}

void Check::listeners() {
  names("listener", config_.listeners);
  std::map<engine::SocketAddress, Place> taken;
  for (std::size_t i = 0; i < config_.listeners.size(); ++i) {
    listen(i, taken);
    const std::string& name = config_.listeners[i].name;
    if (std::none_of(config_.rules.begin(), config_.rules.end(), [&](const http::Rule& rule) { return rule.applies_to(name); }))
      warn({"listener", i}, fmt::format("no rule applies to listener {}: every request is answered 404", quote(name)));
  }
}

/// The addresses of one listener, "*" being every port's own.
void Check::listen(std::size_t index, std::map<engine::SocketAddress, Place>& taken) {
  const auto& addresses = config_.listeners[index].addresses;
  for (std::size_t k = 0; k < addresses.size(); ++k) {
    const Place place = document_.place({"listener", index, "address", k});
    const auto take = [&](Ipv4 address) {
      const engine::SocketAddress one{address, addresses[k].port};
      const auto [other, is_new] = taken.try_emplace(one, place);
      if (is_new) return;
      const std::string which =
          addresses[k].address ? "" : fmt::format("{} includes {}, which ", to_string(addresses[k]), to_string(one));
      document_.fail(place, fmt::format("address: {}is used twice, first at {}", which.empty() ? to_string(one) + " " : which,
                                        document_.text(other->second)));
    };
    if (addresses[k].address) {
      const Ipv4 address = *addresses[k].address;
      if (const std::string flaw = flaw_in_subnet(address); !flaw.empty())
        document_.fail(place, fmt::format("address: {} {}", to_string(address), flaw));
      take(address);
      continue;
    }
    for (const Subnet& subnet : subnets_) take(subnet.cidr.address);
    if (subnets_.empty())
      document_.fail(place,
                     fmt::format("address: {} means every port's own addresses, and no port has one", to_string(addresses[k])));
    for (const engine::PortSettings& port : config_.ports)
      if (port.addresses.empty() && !subnets_.empty())
        document_.warn(place, fmt::format("address: {} leaves out port {}, which has no address", to_string(addresses[k]),
                                          quote(port.name)));
  }
}

void Check::rules() {
  names("rule", config_.rules);
  for (std::size_t i = 0; i < config_.rules.size(); ++i) {
    const http::Rule& rule = config_.rules[i];
    for (std::size_t k = 0; k < rule.listeners.size(); ++k)
      reference({"rule", i, "listener", k}, "listener", "listener", rule.listeners[k], config_.listeners);
    if (const auto* action = std::get_if<http::PoolAction>(&rule.action))
      reference({"rule", i, "pool"}, "pool", "pool", action->pool, config_.pools);
  }
  if (!config_.rules.empty() && config_.listeners.empty())
    warn({"rule", std::size_t{0}}, "there are rules and no [[listener]]: nothing is served");
}

void Check::pools() {
  names("pool", config_.pools);
  for (std::size_t i = 0; i < config_.pools.size(); ++i) {
    const http::PoolConfig& pool = config_.pools[i];
    const auto uses = [&](const http::Rule& rule) {
      const auto* action = std::get_if<http::PoolAction>(&rule.action);
      return action != nullptr && action->pool == pool.name;
    };
    if (std::none_of(config_.rules.begin(), config_.rules.end(), uses))
      warn({"pool", i}, fmt::format("no rule uses pool {}", quote(pool.name)));
    for (std::size_t k = 0; k < pool.servers.size(); ++k) {
      const Ipv4 address = pool.servers[k].address.address;
      if (other_host({"pool", i, "servers", k, "address"}, "servers", address) && !has_route(address))
        warn({"pool", i, "servers", k, "address"},
             fmt::format("servers: there is no route to {}: it is in no subnet of a port and no [[route]] leads to it",
                         to_string(address)));
    }
    for (std::size_t k = 0; k < pool.sources.size(); ++k)
      if (!ours_.contains(pool.sources[k]))
        fail({"pool", i, "source", k}, fmt::format("source: {} is not our own: it must be an address of a port or of a listener",
                                                   to_string(pool.sources[k])));
  }
}

}  // namespace

void check_config(const Config& config, Document& document) {
  Check check{config, document};
  check.ports();
  check.routes();
  check.neighbors();
  check.listeners();
  check.rules();
  check.pools();
}

}  // namespace apps
