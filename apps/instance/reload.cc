// Snapshots of an instance: made from a configuration, published, exchanged for another.
#include <algorithm>
#include <fmt/format.h>

#include "apps/instance/addresses.h"
#include "apps/instance/instance.h"
#include "apps/instance/site_parts.h"

namespace apps {

using engine::Errc;
using engine::Error;
using engine::Result;

namespace {

/// What cannot change while the instance runs, or nothing.
Result<void> check_unchanged(const Config& now, const Config& next) {
  const auto fixed = [](const char* what, const std::string& place) {
    return Error{Errc::not_supported, fmt::format("{} cannot change while the instance runs: restart it", what), place};
  };
  const engine::EngineConfig &a = now.engine, &b = next.engine;
  if (a.name != b.name) return fixed("engine.name", b.place);
  if (a.workers != b.workers || a.cores != b.cores || a.control_core != b.control_core)
    return fixed("the set of workers", b.place);
  if (a.poll != b.poll || a.memory != b.memory || a.max_connections != b.max_connections || a.buffers != b.buffers)
    return fixed("[engine]", b.place);
  if (now.ports.size() != next.ports.size()) return fixed("the set of ports", b.place);
  for (std::size_t i = 0; i < now.ports.size(); ++i) {
    const engine::PortSettings &p = now.ports[i], &q = next.ports[i];
    if (p.name != q.name || p.device != q.device || p.mtu != q.mtu || p.queues != q.queues ||
        p.rx_descriptors != q.rx_descriptors || p.tx_descriptors != q.tx_descriptors || p.rss != q.rss ||
        p.offloads != q.offloads || p.promiscuous != q.promiscuous)
      return fixed("a port", q.place);
  }
  if (now.admin.listen != next.admin.listen) return fixed("admin.listen", next.admin.place);
  if (now.forwarding.routes != next.forwarding.routes ||
      now.forwarding.icmp_errors_per_second != next.forwarding.icmp_errors_per_second)
    return fixed("the capacity of routes and icmp_errors_per_second", next.forwarding.place);
  if (now.tcp.time_wait_max != next.tcp.time_wait_max || now.tcp.half_open_max != next.tcp.half_open_max)
    return fixed("time_wait_max and half_open_max", "[tcp]");
  return {};
}

}  // namespace

Result<std::unique_ptr<http::Snapshot>> Instance::make_snapshot(const Config& config) {
  auto site = site_builder_->build(site_parts(config));
  if (!site) return site.error();
  auto snapshot = std::make_unique<http::Snapshot>();
  snapshot->generation = generation_ + 1;
  snapshot->ip = ip_config(config);
  snapshot->tcp = config.tcp;
  snapshot->site = std::move(*site);
  std::vector<tcp::Listeners::Entry> entries;
  for (const ExpandedListen& listen : expand_listeners(config))
    entries.push_back({listen.address, site_builder_->listener_number(config.listeners[listen.listener].name)});
  snapshot->listeners = tcp::Listeners{entries};
  return snapshot;
}

/// Routes first, then the snapshot: an address is ours in the table before a listener answers on it.
Result<void> Instance::publish(const Config& config, std::unique_ptr<http::Snapshot> snapshot) {
  auto table = apps::routes(config);
  if (!table) return table.error();
  if (auto done = routes_->assign(*table, [this] { qsbr_->wait(); }); !done) return done;
  set_static_neighbors(config);
  ++generation_;
  SiteView view = make_site_view(config, *snapshot);
  view.routes = routes_->size();
  site_builder_->published(snapshot->site);
  snapshots_->publish(std::move(snapshot));
  const std::lock_guard lock{view_mutex_};
  view_ = std::make_shared<const SiteView>(std::move(view));
  return {};
}

/// Those that stay are not touched: packets to them go on.   Requires: at most neighbors_max, which the check of the file saw to.
void Instance::set_static_neighbors(const Config& config) {
  const auto wanted = static_neighbors(config);
  for (const engine::Neighbor& old : static_neighbors_) {
    const bool stays = std::any_of(wanted.begin(), wanted.end(), [&](const engine::Neighbor& neighbor) {
      return neighbor.port == old.port && neighbor.address == old.address;
    });
    if (!stays) neighbors_->remove(old.port, old.address);
  }
  for (const engine::Neighbor& neighbor : wanted) CHECK(neighbors_->put(neighbor));
  static_neighbors_ = wanted;
}

Result<Instance::Prepared> Instance::prepare(Config next) {
  if (auto same = check_unchanged(config_, next); !same) return same.error();
  auto snapshot = make_snapshot(next);
  if (!snapshot) return snapshot.error();
  return Prepared{std::move(next), std::move(*snapshot)};
}

Result<void> Instance::adopt(Prepared prepared) {
  if (auto done = publish(prepared.config, std::move(prepared.snapshot)); !done) return done;
  config_ = std::move(prepared.config);
  return {};
}

}  // namespace apps
