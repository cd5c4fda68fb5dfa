#include "apps/admin/views.h"

#include "apps/admin/packet_line.h"

namespace apps {

namespace {

Json items(Json list) { return Json{{"items", std::move(list)}}; }

Json by_name(const std::vector<NamedCount>& counts) {
  Json object = Json::object();
  for (const NamedCount& one : counts) object[one.name] = one.count;
  return object;
}

double rounded(double value) { return static_cast<double>(static_cast<std::int64_t>(value * 1000 + 0.5)) / 1000; }

std::string_view name_of(engine::RssMode mode) noexcept {
  switch (mode) {
    case engine::RssMode::single:
      return "one worker";
    case engine::RssMode::hardware:
      return "hardware";
    case engine::RssMode::software:
      return "software";
  }
  return "";
}

/// Cumulative, with upper bounds in seconds, like the metric.
Json histogram(const HistogramReading& reading) {
  Json buckets = Json::array();
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < reading.counts.size(); ++i) {
    below += reading.counts[i];
    Json le = "+Inf";
    if (i < http::DurationHistogram::bounds_us.size()) le = static_cast<double>(http::DurationHistogram::bounds_us[i]) / 1e6;
    buckets.push_back({{"le", std::move(le)}, {"count", below}});
  }
  return {{"count", below}, {"sum", static_cast<double>(reading.sum_us) / 1e6}, {"buckets", std::move(buckets)}};
}

Json engine_section(const Readings& r) {
  const EngineReading& e = r.engine;
  std::uint64_t drops = 0;
  for (const DropReading& drop : r.drops) drops += drop.count;
  return {{"drops_total", drops},
          {"packets_unaccounted", e.unaccounted},
          {"forwarded_packets_total", e.forwarded},
          {"steered_packets_total", e.steered},
          {"originated_packets_total", e.originated},
          {"consumed_packets_total", e.consumed},
          {"linearized_packets_total", e.linearized},
          {"routes", e.routes},
          {"neighbors", e.neighbors},
          {"config_generation", e.config_generation},
          {"config_retired", e.config_retired},
          {"config_reloads_total", {{"ok", e.reloads_ok}, {"failed", e.reloads_failed}}}};
}

Json tcp_section(const TcpReading& t) {
  Json section{{"connections", by_name(t.connections)}, {"closed_total", by_name(t.closed)}};
  for (const NamedCount& total : t.totals) section[total.name + "_total"] = total.count;
  return section;
}

Json http_section(const HttpReading& h) {
  Json requests = Json::array();
  for (const RequestReading& request : h.requests)
    requests.push_back({{"listener", request.listener},
                        {"pool", request.pool},
                        {"server", request.server},
                        {"code", request.code},
                        {"requests_total", request.count}});
  return {{"requests_total", h.requests_total()},
          {"connections", h.sessions},
          {"exchanges", h.exchanges},
          {"server_connections_opened_total", h.upstream_opened},
          {"server_connections_reused_total", h.upstream_reused},
          {"retries_total", h.upstream_retries},
          {"rejected_total", by_name(h.rejected)},
          {"requests", std::move(requests)}};
}

Json memory_section(const Readings& r) {
  Json mempools = Json::array();
  for (const MempoolReading& pool : r.mempools)
    mempools.push_back({{"mempool", pool.name}, {"size_mbufs", pool.size}, {"available_mbufs", pool.available}});
  std::uint64_t used = 0, size = 0;
  for (const WorkerReading& worker : r.workers) {
    used += worker.account_used;
    size += worker.account_capacity;
  }
  return {{"account_used_mbufs", used}, {"account_size_mbufs", size}, {"mempools", std::move(mempools)}};
}

Json workers_section(const Readings& r) {
  Json workers = Json::array();
  for (std::size_t i = 0; i < r.workers.size(); ++i) {
    const WorkerReading& w = r.workers[i];
    workers.push_back({{"worker", i},
                       {"cpu", w.cpu},
                       {"busy_cycles_total", w.busy_cycles},
                       {"idle_cycles_total", w.idle_cycles},
                       {"turns_total", w.turns},
                       {"sleeps_total", w.sleeps},
                       {"packets_unaccounted", w.unaccounted},
                       {"account_used_mbufs", w.account_used},
                       {"account_size_mbufs", w.account_capacity}});
  }
  return workers;
}

}  // namespace

Json stats_view(const Readings& r) {
  return {{"instance", r.instance},
          {"ready", r.not_ready.empty()},
          {"not_ready_reason", r.not_ready},
          {"version", r.version},
          {"dpdk", r.dpdk},
          {"uptime_seconds", rounded(r.uptime_s)},
          {"start_time_seconds", rounded(r.started_unix_s)},
          {"tsc_hz", r.tsc_hz},
          {"workers", workers_section(r)},
          {"engine", engine_section(r)},
          {"tcp", tcp_section(r.tcp)},
          {"http", http_section(r.http)},
          {"memory", memory_section(r)}};
}

Json ports_view(const Readings& r) {
  Json list = Json::array();
  for (const PortReading& p : r.ports)
    list.push_back({{"name", p.info.name},
                    {"up", p.status.up},
                    {"device", p.info.device},
                    {"driver", p.info.driver},
                    {"mac", engine::to_string(p.info.mac)},
                    {"addresses", p.addresses},
                    {"mtu", p.info.mtu},
                    {"queues", {{"rx", p.info.rx_queues}, {"tx", p.info.tx_queues}}},
                    {"rx_descriptors", p.info.rx_descriptors},
                    {"tx_descriptors", p.info.tx_descriptors},
                    {"rss", name_of(p.info.rss)},
                    {"rx_packets_total", p.rx_packets},
                    {"rx_bytes_total", p.rx_bytes},
                    {"tx_packets_total", p.tx_packets},
                    {"tx_bytes_total", p.tx_bytes},
                    {"rx_missed_total", p.status.rx_missed},
                    {"drops_total", p.drops}});
  return items(std::move(list));
}

Json drops_view(const Readings& r) {
  Json list = Json::array();
  for (const DropReading& drop : r.drops) {
    Json examples = Json::array();
    for (const DropExampleReading& example : drop.examples)
      examples.push_back({{"text", example_line(example.packet, example.age_s, example.port)},
                          {"packet", example.packet},
                          {"port", example.port},
                          {"worker", example.worker},
                          {"age_seconds", rounded(example.age_s)}});
    list.push_back({{"layer", drop.layer},
                    {"reason", drop.reason},
                    {"port", drop.port},
                    {"drops_total", drop.count},
                    {"help", drop.help},
                    {"examples", std::move(examples)}});
  }
  return items(std::move(list));
}

Json pools_view(const Readings& r) {
  Json list = Json::array();
  for (const PoolReading& pool : r.http.pools) {
    if (!pool.is_current) continue;
    Json servers = Json::array();
    for (const ServerReading& server : pool.servers) {
      if (!server.is_current) continue;
      servers.push_back({{"name", server.name},
                         {"address", server.address},
                         {"up", true},
                         {"connections", server.connections},
                         {"idle_connections", server.idle},
                         {"requests_total", server.requests},
                         {"retries_total", server.retries},
                         {"connect_failures_total", server.connect_failures},
                         {"failures_total", server.failures}});
    }
    list.push_back(
        {{"name", pool.name}, {"servers", std::move(servers)}, {"request_duration_seconds", histogram(pool.durations)}});
  }
  return items(std::move(list));
}

Json listeners_view(const Readings& r) {
  Json list = Json::array();
  for (const ListenerReading& listener : r.http.listeners) {
    if (!listener.is_current) continue;
    list.push_back({{"name", listener.name},
                    {"address", listener.addresses},
                    {"connections", listener.connections},
                    {"request_bytes_total", listener.request_bytes},
                    {"response_bytes_total", listener.response_bytes},
                    {"request_duration_seconds", histogram(listener.durations)}});
  }
  return items(std::move(list));
}

Json neighbors_view(const Readings& r) {
  Json list = Json::array();
  for (const NeighborReading& neighbor : r.neighbors)
    list.push_back({{"address", neighbor.address},
                    {"mac", neighbor.mac},
                    {"port", neighbor.port},
                    {"permanent", neighbor.is_permanent},
                    {"age_seconds", rounded(neighbor.age_s)}});
  return items(std::move(list));
}

std::string to_text(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

}  // namespace apps
