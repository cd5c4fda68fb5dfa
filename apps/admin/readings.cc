// The engine's and TCP's part of a reading; HTTP's is in readings_http.cc.
#include "apps/admin/readings.h"

#include <rte_cycles.h>
#include <rte_version.h>

#include <algorithm>
#include <optional>

#include "apps/admin/packet_line.h"

namespace apps {

namespace {

using engine::Drop;
using engine::index_of;
using engine::PortId;

std::string_view without_vendor(std::string_view version) {
  constexpr std::string_view vendor = "DPDK ";
  return version.starts_with(vendor) ? version.substr(vendor.size()) : version;
}

/// Whether the port of a loss says anything: of what is refused above IP or lost between workers it does not.
bool has_port(std::string_view layer) noexcept { return layer != "shard" && layer != "tcp"; }

double seconds(engine::Duration d) noexcept { return static_cast<double>(d.count()) / 1e9; }

std::string port_name(const Instance& instance, PortId port) {
  return port.value < instance.ports().size() ? instance.ports()[port.value]->info().name : std::string{};
}

/// The last examples of a reason, one from each worker. `of(worker)`: where the worker keeps them; `port`: those of others are
/// left out.
template <typename Of>
std::vector<DropExampleReading> last_examples(const Instance& instance, std::size_t reason, std::optional<PortId> port, Of&& of) {
  std::vector<DropExampleReading> all;
  const engine::Instant now = instance.now();
  for (std::uint16_t i = 0; i < instance.workers().size(); ++i) {
    const std::optional<engine::DropExample> example = of(*instance.workers()[i]).read(reason);
    if (!example || (port && example->port != *port)) continue;
    all.push_back({packet_line(*example), port_name(instance, example->port), i, std::max(0.0, seconds(now - example->time))});
  }
  std::ranges::sort(all, {}, &DropExampleReading::age_s);
  return all;
}

}  // namespace

void HistogramReading::add(const http::DurationHistogram& histogram) noexcept {
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += histogram.bucket(i);
  sum_us += histogram.sum_us();
}

std::uint64_t HistogramReading::count() const noexcept {
  std::uint64_t sum = 0;
  for (const std::uint64_t n : counts) sum += n;
  return sum;
}

Reader::Reader(Instance& instance, ControlState& control) : instance_{instance}, control_{control}, name_{instance.name()} {}

Readings Reader::read() {
  const auto view = instance_.site_view();
  Readings out;
  out.instance = name_;
  out.version = PENSTOCK_VERSION;
  out.dpdk = without_vendor(rte_version());
  out.not_ready = control_.not_ready_reason();
  out.started_unix_s = std::chrono::duration<double>(started_wall_.time_since_epoch()).count();
  out.uptime_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  out.tsc_hz = rte_get_tsc_hz();
  read_ports(out, *view);
  read_workers(out);
  read_drops(out);
  read_tcp(out);
  read_http(out, *view);
  read_neighbors(out);
  out.engine.routes = view->routes;
  out.engine.neighbors = instance_.neighbors().size();
  out.engine.config_retired = instance_.snapshots().retired();
  out.engine.config_generation = view->generation;
  out.engine.reloads_ok = control_.reloads_ok.load();
  out.engine.reloads_failed = control_.reloads_failed.load();
  return out;
}

std::vector<std::uint64_t> Reader::turns() const {
  std::vector<std::uint64_t> all;
  for (const auto& worker : instance_.workers()) all.push_back(worker->shard->counters().turns.get());
  return all;
}

void Reader::read_ports(Readings& out, const SiteView& view) {
  const std::lock_guard lock{drivers_};
  for (std::size_t i = 0; i < instance_.ports().size(); ++i) {
    engine::EthPort& port = *instance_.ports()[i];
    PortReading reading;
    reading.info = port.info();
    if (i < view.port_addresses.size()) reading.addresses = view.port_addresses[i];
    reading.status = port.status();
    for (const auto& worker : instance_.workers()) {
      const engine::ShardCounters& counters = worker->shard->counters();
      const engine::PortCounters& own = counters.ports[i];
      reading.rx_packets += own.rx_packets.get();
      reading.rx_bytes += own.rx_bytes.get();
      reading.tx_packets += own.tx_packets.get();
      reading.tx_bytes += own.tx_bytes.get();
      for (std::size_t reason = 1; reason < index_of(Drop::count_); ++reason)
        reading.drops += counters.drops.get(static_cast<Drop>(reason), reading.info.id);
    }
    reading.drops += reading.status.rx_missed + reading.status.rx_errors + reading.status.tx_errors;
    out.ports.push_back(std::move(reading));
  }
}

void Reader::read_workers(Readings& out) const {
  for (const auto& worker : instance_.workers()) {
    const engine::ShardCounters& c = worker->shard->counters();
    WorkerReading reading;
    reading.cpu = worker->cpu;
    reading.busy_cycles = c.busy_cycles.get();
    reading.idle_cycles = c.idle_cycles.get();
    reading.turns = c.turns.get();
    reading.sleeps = c.sleeps.get();
    reading.unaccounted = c.unaccounted.get();
    reading.account_used = worker->stack->account().published_used();
    reading.account_capacity = worker->stack->account().capacity();
    out.workers.push_back(reading);
    for (const rte_mempool* pool : {worker->mempool->packets(), worker->mempool->references()})
      out.mempools.push_back({pool->name, pool->size, rte_mempool_avail_count(pool)});
    EngineReading& e = out.engine;
    e.forwarded += c.forwarded.get();
    e.steered += c.steered.get();
    e.originated += c.originated.get();
    e.consumed += c.consumed.get();
    e.dropped += c.dropped.get();
    e.linearized += c.linearized.get();
    e.unaccounted += reading.unaccounted;
  }
}

/// A row per port where a port means something, else one for all; and one for losses without a port, once there are some.
void Reader::read_port_drops(Readings& out, std::size_t reason) const {
  const auto& info = engine::drop_info[reason];
  const auto count = [&](PortId port) {
    std::uint64_t sum = 0;
    for (const auto& worker : instance_.workers()) sum += worker->shard->counters().drops.get(info.id, port);
    return sum;
  };
  const auto examples = [&](std::optional<PortId> port) {
    return last_examples(
        instance_, reason, port, [](Worker & worker) -> auto& { return worker.shard->counters().examples; });
  };
  const auto add = [&](std::string port, std::uint64_t n, std::vector<DropExampleReading> last) {
    out.drops.push_back(
        {std::string{info.layer}, std::string{info.name}, std::string{info.help}, std::move(port), n, std::move(last)});
  };
  if (!has_port(info.layer)) {
    std::uint64_t sum = count(PortId::none());
    for (std::uint16_t i = 0; i < instance_.ports().size(); ++i) sum += count(PortId{i});
    return add("", sum, examples(std::nullopt));
  }
  for (std::uint16_t i = 0; i < instance_.ports().size(); ++i)
    add(instance_.ports()[i]->info().name, count(PortId{i}), examples(PortId{i}));
  if (const std::uint64_t n = count(PortId::none()); n != 0) add("", n, examples(PortId::none()));
}

void Reader::read_drops(Readings& out) const {
  struct DriverReason {
    std::uint64_t engine::PortStatus::*count;
    const char *name, *help;
  };
  for (const DriverReason& reason :
       {DriverReason{&engine::PortStatus::rx_missed, "rx_missed", "lost in the NIC: no free RX descriptor in time"},
        DriverReason{&engine::PortStatus::rx_errors, "rx_errors", "received damaged, as the driver says"},
        DriverReason{&engine::PortStatus::rx_no_mbuf, "rx_no_mbuf", "RX could not be refilled, as the driver says"},
        DriverReason{&engine::PortStatus::tx_errors, "tx_errors", "not sent, as the driver says"}})
    for (const PortReading& port : out.ports)
      out.drops.push_back({"port", reason.name, reason.help, port.info.name, port.status.*reason.count, {}});
  for (std::size_t reason = 1; reason < index_of(Drop::count_); ++reason) read_port_drops(out, reason);
  for (std::size_t reason = 1; reason < index_of(tcp::Drop::count_); ++reason) {
    const auto& info = tcp::drop_info[reason];
    DropReading row{std::string{info.layer}, std::string{info.name}, std::string{info.help}, "", 0, {}};
    for (const auto& worker : instance_.workers()) row.count += worker->stack->counters().drops[reason].get();
    row.examples = last_examples(
        instance_, reason, std::nullopt, [](Worker & worker) -> auto& { return worker.stack->counters().examples; });
    out.drops.push_back(std::move(row));
  }
}

void Reader::read_tcp(Readings& out) const {
  TcpReading& t = out.tcp;
  for (std::size_t i = 0; i < index_of(tcp::State::count_); ++i) {
    const auto state = static_cast<tcp::State>(i);
    if (state != tcp::State::closed && state != tcp::State::listen) t.connections.push_back({std::string{tcp::name(state)}});
  }
  for (std::size_t i = 1; i < index_of(tcp::CloseReason::count_); ++i)
    t.closed.push_back({std::string{tcp::name(static_cast<tcp::CloseReason>(i))}});
  for (const tcp::CounterInfo& info : tcp::counter_info) t.totals.push_back({std::string{info.name}, 0, std::string{info.help}});
  for (const auto& worker : instance_.workers()) {
    const tcp::Counters& c = worker->stack->counters();
    for (std::size_t i = 0; i < t.connections.size(); ++i)
      t.connections[i].count += c.connections[i + index_of(tcp::State::syn_sent)].get();
    t.connections.back().count += c.time_wait.get();  // in a table of their own
    for (std::size_t i = 0; i < t.closed.size(); ++i) t.closed[i].count += c.closed[i + 1].get();
    for (std::size_t i = 0; i < t.totals.size(); ++i) t.totals[i].count += (c.*tcp::counter_info[i].value).get();
  }
}
static_assert(index_of(tcp::State::closed) == 0 && index_of(tcp::State::listen) == 1 && index_of(tcp::State::syn_sent) == 2 &&
                  index_of(tcp::State::time_wait) + 1 == index_of(tcp::State::count_),
              "read_tcp counts on this order");

void Reader::read_neighbors(Readings& out) const {
  const engine::Instant now = instance_.now();
  for (const engine::Neighbor& neighbor : instance_.neighbors().list()) {
    if (neighbor.port.value >= out.ports.size()) continue;
    out.neighbors.push_back({out.ports[neighbor.port.value].info.name, engine::to_string(neighbor.address),
                             engine::to_string(neighbor.mac), neighbor.permanent,
                             neighbor.permanent ? 0 : std::max(0.0, seconds(now - neighbor.confirmed))});
  }
}

}  // namespace apps
