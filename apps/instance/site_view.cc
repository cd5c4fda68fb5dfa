#include "apps/instance/site_view.h"

namespace apps {

namespace {

std::uint16_t number_of(const http::Site& site, const std::string& listener) {
  for (const auto& one : site.listeners)
    if (one != nullptr && one->name == listener) return one->number;
  return 0;
}

SiteView::Pool view_of(const http::Pool& pool) {
  SiteView::Pool view{pool.settings().name, pool.settings().number, {}};
  for (const http::Server& server : pool.servers())
    view.servers.push_back({server.settings.name, server.settings.number, server.address_text});
  return view;
}

}  // namespace

SiteView make_site_view(const Config& config, const http::Snapshot& snapshot) {
  SiteView view;
  view.generation = snapshot.generation;
  for (const engine::PortSettings& port : config.ports) {
    auto& addresses = view.port_addresses.emplace_back();
    for (const engine::Cidr& address : port.addresses) addresses.push_back(engine::to_string(address));
  }
  for (const http::ListenerConfig& listener : config.listeners) {
    auto& one = view.listeners.emplace_back(SiteView::Listener{listener.name, number_of(snapshot.site, listener.name), {}});
    for (const http::ListenAddress& address : listener.addresses) one.addresses.push_back(http::to_string(address));
  }
  // Every shard has the same pools, each its own state of them.
  for (const auto& pool : snapshot.site.shards.front().pools) view.pools.push_back(view_of(*pool));
  return view;
}

}  // namespace apps
