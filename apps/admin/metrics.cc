#include "apps/admin/metrics.h"

#include <fmt/format.h>

#include "apps/admin/metrics_text.h"

namespace apps {

namespace {

using Type = MetricsText::Type;

void one(MetricsText& out, std::string_view name, Type type, std::string_view help, std::uint64_t value) {
  out.begin(name, type, help);
  out.sample({}, value);
}

/// One metric with a sample per element: `sample(out, element)` writes it.
template <typename Range, typename Sample>
void each(MetricsText& out, std::string_view name, Type type, std::string_view help, const Range& range, Sample&& sample) {
  out.begin(name, type, help);
  for (const auto& element : range) sample(element);
}

void write_instance(MetricsText& out, const Readings& r) {
  out.begin("penstock_build_info", Type::gauge, "Versions; always 1");
  out.sample({{"version", r.version}, {"dpdk", r.dpdk}}, 1);
  one(out, "penstock_ready", Type::gauge, "1 while /readyz says so", r.not_ready.empty() ? 1 : 0);
  one(out, "penstock_start_time_seconds", Type::gauge, "When the instance started, seconds since 1970",
      static_cast<std::uint64_t>(r.started_unix_s));
  out.begin("penstock_config_reloads_total", Type::counter, "Reloads of the configuration");
  out.sample({{"result", "ok"}}, r.engine.reloads_ok);
  out.sample({{"result", "failed"}}, r.engine.reloads_failed);
  one(out, "penstock_config_generation", Type::gauge, "Number of the configuration that is published; 1 is the first",
      r.engine.config_generation);
  one(out, "penstock_config_retired", Type::gauge, "Replaced configurations of which connections still hold a part",
      r.engine.config_retired);
}

void write_ports(MetricsText& out, const Readings& r) {
  const auto counter = [&](std::string_view name, std::string_view help, std::uint64_t PortReading::*value) {
    each(out, name, Type::counter, help, r.ports, [&](const PortReading& p) { out.sample({{"port", p.info.name}}, p.*value); });
  };
  each(out, "penstock_port_up", Type::gauge, "1 if the port has a link", r.ports, [&](const PortReading& p) {
    out.sample({{"port", p.info.name}}, p.status.up ? 1 : 0);
  });
  counter("penstock_port_rx_packets_total", "Packets that the workers received", &PortReading::rx_packets);
  counter("penstock_port_rx_bytes_total", "Bytes of them, Ethernet headers included", &PortReading::rx_bytes);
  counter("penstock_port_tx_packets_total", "Packets that the driver took", &PortReading::tx_packets);
  counter("penstock_port_tx_bytes_total", "Bytes of them, Ethernet headers included", &PortReading::tx_bytes);
  each(out, "penstock_drops_total", Type::counter, "Packets lost, by reason (penstock drops explains each)", r.drops,
       [&](const DropReading& d) {
         out.sample({{"layer", d.layer}, {"reason", d.reason}, {"port", d.port}}, d.count);
       });
}

void write_engine(MetricsText& out, const Readings& r) {
  const EngineReading& e = r.engine;
  one(out, "penstock_packets_unaccounted", Type::gauge,
      "Packets neither sent, used, lost by name nor held, at the last audit: 0, or there is a bug", e.unaccounted);
  one(out, "penstock_forwarded_packets_total", Type::counter, "Packets routed from port to port", e.forwarded);
  one(out, "penstock_steered_packets_total", Type::counter, "Packets handed to the worker that owns their flow", e.steered);
  one(out, "penstock_linearized_packets_total", Type::counter, "Packets copied into one buffer because their port cannot gather",
      e.linearized);
  one(out, "penstock_routes", Type::gauge, "Routes in the table, local and connected ones included", e.routes);
  one(out, "penstock_neighbors", Type::gauge, "Neighbors with a known MAC address", e.neighbors);
  each(out, "penstock_mempool_available_mbufs", Type::gauge, "mbufs not in use", r.mempools, [&](const MempoolReading& m) {
    out.sample({{"mempool", m.name}}, m.available);
  });
  each(out, "penstock_mempool_size_mbufs", Type::gauge, "mbufs in all", r.mempools, [&](const MempoolReading& m) {
    out.sample({{"mempool", m.name}}, m.size);
  });
}

void write_workers(MetricsText& out, const Readings& r) {
  const auto series = [&](std::string_view name, Type type, std::string_view help, std::uint64_t WorkerReading::*value) {
    out.begin(name, type, help);
    for (std::size_t i = 0; i < r.workers.size(); ++i) out.sample({{"worker", fmt::format("{}", i)}}, r.workers[i].*value);
  };
  out.begin("penstock_worker_cycles_total", Type::counter,
            "TSC cycles of turns with and without work; a sleeping worker counts none");
  for (std::size_t i = 0; i < r.workers.size(); ++i) {
    const std::string worker = fmt::format("{}", i);
    out.sample({{"worker", worker}, {"state", "busy"}}, r.workers[i].busy_cycles);
    out.sample({{"worker", worker}, {"state", "idle"}}, r.workers[i].idle_cycles);
  }
  one(out, "penstock_tsc_hz", Type::gauge, "TSC cycles per second", r.tsc_hz);
  series("penstock_worker_turns_total", Type::counter, "Turns of the worker's loop", &WorkerReading::turns);
  series("penstock_worker_sleeps_total", Type::counter, "Times that the worker slept", &WorkerReading::sleeps);
  series("penstock_worker_account_used_mbufs", Type::gauge, "Packet memory for TCP that is held or promised",
         &WorkerReading::account_used);
  series("penstock_worker_account_size_mbufs", Type::gauge, "Packet memory for TCP in all", &WorkerReading::account_capacity);
}

void write_tcp(MetricsText& out, const TcpReading& t) {
  each(out, "penstock_tcp_connections", Type::gauge, "Connections by state (RFC 9293 3.3.2)", t.connections,
       [&](const NamedCount& state) {
         out.sample({{"state", state.name}}, state.count);
       });
  each(out, "penstock_tcp_closed_total", Type::counter, "Connections that ended, by how", t.closed,
       [&](const NamedCount& reason) {
         out.sample({{"reason", reason.name}}, reason.count);
       });
  for (const NamedCount& total : t.totals)
    one(out, fmt::format("penstock_tcp_{}_total", total.name), Type::counter, total.help, total.count);
}

void histogram(MetricsText& out, std::string_view label, const std::string& value, const HistogramReading& reading) {
  out.histogram({{label, value}}, http::DurationHistogram::bounds_us, reading.counts, reading.sum_us);
}

void write_listeners(MetricsText& out, const HttpReading& h) {
  out.begin("penstock_http_requests_total", Type::counter, "Requests answered; pool and server are empty for answers of our own");
  for (const RequestReading& request : h.requests)
    out.sample({{"listener", request.listener},
                {"pool", request.pool},
                {"server", request.server},
                {"code", fmt::format("{}", request.code)}},
               request.count);
  one(out, "penstock_http_requests_beyond_table_total", Type::counter,
      "Requests not in penstock_http_requests_total: too many combinations", h.requests_beyond_table);
  each(out, "penstock_http_request_duration_seconds", Type::histogram,
       "From the request's head to the last byte of the answer being queued", h.listeners,
       [&](const ListenerReading& l) { histogram(out, "listener", l.name, l.durations); });
  const auto series = [&](std::string_view name, Type type, std::string_view help, std::uint64_t ListenerReading::*value) {
    each(out, name, type, help, h.listeners, [&](const ListenerReading& l) { out.sample({{"listener", l.name}}, l.*value); });
  };
  series("penstock_http_connections", Type::gauge, "Connections of clients", &ListenerReading::connections);
  series("penstock_http_request_bytes_total", Type::counter, "Bytes of requests, heads included",
         &ListenerReading::request_bytes);
  series("penstock_http_response_bytes_total", Type::counter, "Bytes of answers, heads included",
         &ListenerReading::response_bytes);
  each(out, "penstock_http_rejected_total", Type::counter, "Requests that we refused or could not have answered by a server",
       h.rejected, [&](const NamedCount& reason) {
         out.sample({{"reason", reason.name}}, reason.count);
       });
}

void write_pools(MetricsText& out, const HttpReading& h) {
  each(out, "penstock_pool_request_duration_seconds", Type::histogram,
       "From the request's head to the end of the server's answer", h.pools,
       [&](const PoolReading& pool) { histogram(out, "pool", pool.name, pool.durations); });
  const auto series = [&](std::string_view name, Type type, std::string_view help, std::uint64_t ServerReading::*value) {
    out.begin(name, type, help);
    for (const PoolReading& pool : h.pools)
      for (const ServerReading& server : pool.servers) out.sample({{"pool", pool.name}, {"server", server.name}}, server.*value);
  };
  series("penstock_pool_connections", Type::gauge, "Connections to the server, idle ones included", &ServerReading::connections);
  series("penstock_pool_idle_connections", Type::gauge, "Connections kept for the next request", &ServerReading::idle);
  series("penstock_pool_requests_total", Type::counter, "Requests sent to the server, retries included",
         &ServerReading::requests);
  series("penstock_pool_retries_total", Type::counter, "Requests that came to the server as a retry", &ServerReading::retries);
  series("penstock_pool_connect_failures_total", Type::counter, "Connections that the server refused or did not answer",
         &ServerReading::connect_failures);
  series("penstock_pool_failures_total", Type::counter, "Connections that broke, or answers that were none",
         &ServerReading::failures);
  out.begin("penstock_pool_server_up", Type::gauge, "1 while the pool gives the server requests");
  for (const PoolReading& pool : h.pools)
    for (const ServerReading& server : pool.servers)
      out.sample({{"pool", pool.name}, {"server", server.name}}, server.is_current ? 1 : 0);
}

}  // namespace

std::string metrics_text(const Readings& readings) {
  MetricsText out;
  write_instance(out, readings);
  write_ports(out, readings);
  write_engine(out, readings);
  write_workers(out, readings);
  write_tcp(out, readings.tcp);
  write_listeners(out, readings.http);
  write_pools(out, readings.http);
  return out.text();
}

}  // namespace apps
