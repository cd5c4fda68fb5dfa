// HTTP's part of a reading: by number in the shards, by name here.
#include <algorithm>
#include <map>

#include "apps/admin/readings.h"

namespace apps {

namespace {

struct ServerName {
  std::string pool, server;
};
/// A server is numbered as "POOL\nSERVER" (http/site_builder.h).
ServerName split(const std::string& name) {
  const std::size_t at = name.find('\n');
  return at == std::string::npos ? ServerName{} : ServerName{name.substr(0, at), name.substr(at + 1)};
}

constexpr std::uint16_t no_server = 0xffff;

}  // namespace

std::uint64_t HttpReading::requests_total() const noexcept {
  std::uint64_t sum = requests_beyond_table;
  for (const RequestReading& request : requests) sum += request.count;
  return sum;
}

void Reader::read_http(Readings& out, const SiteView& view) const {
  HttpReading& h = out.http;
  for (std::size_t i = 1; i < http::reject_info.size(); ++i)
    h.rejected.push_back({std::string{http::reject_info[i].name}, 0, std::string{http::reject_info[i].help}});
  const http::SiteNames& names = instance_.site_names();
  for (std::uint16_t number = 0; number < names.listeners.size(); ++number) {
    ListenerReading listener;
    listener.name = names.listeners.name(number);
    for (const SiteView::Listener& current : view.listeners)
      if (current.number == number && current.name == listener.name) {
        listener.is_current = true;
        listener.addresses = current.addresses;
      }
    for (const auto& worker : instance_.workers()) {
      const http::ListenerCounters& c = worker->proxy->counters().listeners[number];
      listener.connections += c.connections.get();
      listener.request_bytes += c.request_bytes.get();
      listener.response_bytes += c.response_bytes.get();
      listener.durations.add(c.durations);
    }
    // A name that a refused configuration asked for has a number, too, and nothing else.
    if (listener.is_current || listener.connections != 0 || listener.durations.count() != 0)
      h.listeners.push_back(std::move(listener));
  }
  for (const auto& worker : instance_.workers()) {
    const http::Counters& c = worker->proxy->counters();
    for (std::size_t i = 0; i < h.rejected.size(); ++i) h.rejected[i].count += c.rejected[i + 1].get();
    h.sessions += c.sessions.get();
    h.exchanges += c.exchanges.get();
    h.upstream_opened += c.upstream_opened.get();
    h.upstream_reused += c.upstream_reused.get();
    h.upstream_retries += c.upstream_retries.get();
  }
  read_requests(out);
  read_pools(out, view);
}

void Reader::read_requests(Readings& out) const {
  const http::SiteNames& names = instance_.site_names();
  std::map<std::uint64_t, std::uint64_t> counts;
  for (const auto& worker : instance_.workers()) {
    const http::RequestCounts& requests = worker->proxy->counters().requests;
    requests.for_each([&](const http::RequestKey& key, std::uint64_t n) { counts[key.packed()] += n; });
    out.http.requests_beyond_table += requests.overflow();
  }
  for (const auto& [packed, n] : counts) {
    const http::RequestKey key = http::RequestKey::unpack(packed);
    ServerName server;
    if (key.server != no_server) server = split(names.servers.name(key.server));
    out.http.requests.push_back(
        {names.listeners.name(key.listener), std::move(server.pool), std::move(server.server), key.code, n});
  }
}

void Reader::read_pools(Readings& out, const SiteView& view) const {
  const http::SiteNames& names = instance_.site_names();
  std::vector<PoolReading> pools(names.pools.size());
  for (std::uint16_t number = 0; number < pools.size(); ++number) {
    pools[number].name = names.pools.name(number);
    for (const auto& worker : instance_.workers()) pools[number].durations.add(worker->proxy->counters().pools[number].durations);
  }
  std::map<std::string, PoolReading*> by_name;
  for (PoolReading& pool : pools) by_name[pool.name] = &pool;
  const std::uint16_t servers = names.servers.size();
  std::vector<ServerReading> all(servers);
  for (std::uint16_t number = 0; number < servers; ++number) {
    ServerReading& server = all[number];
    for (const auto& worker : instance_.workers()) {
      const http::ServerCounters& c = worker->proxy->counters().servers[number];
      server.connections += c.connections.get();
      server.idle += c.idle.get();
      server.requests += c.requests.get();
      server.connect_failures += c.connect_failures.get();
      server.failures += c.failures.get();
      server.retries += c.retries.get();
    }
  }
  // What is published first, in the order of the file; then what is gone and counted something.
  for (const SiteView::Pool& current : view.pools) {
    if (current.number >= pools.size()) continue;
    PoolReading& pool = pools[current.number];
    pool.is_current = true;
    for (const SiteView::Server& server : current.servers) {
      if (server.number >= servers) continue;
      ServerReading reading = all[server.number];
      reading.name = server.name;
      reading.address = server.address;
      reading.is_current = true;
      pool.servers.push_back(std::move(reading));
      all[server.number] = {};
    }
  }
  for (std::uint16_t number = 0; number < servers; ++number) {
    if (all[number].requests == 0 && all[number].connections == 0) continue;
    const ServerName name = split(names.servers.name(number));
    all[number].name = name.server;
    if (const auto pool = by_name.find(name.pool); pool != by_name.end()) pool->second->servers.push_back(std::move(all[number]));
  }
  for (const SiteView::Pool& current : view.pools)
    if (current.number < pools.size()) out.http.pools.push_back(pools[current.number]);
  for (PoolReading& pool : pools)
    if (!pool.is_current && !pool.servers.empty()) out.http.pools.push_back(std::move(pool));
}

}  // namespace apps
