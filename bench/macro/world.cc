#include "bench/macro/world.h"

#include <algorithm>
#include <ctime>
#include <fmt/format.h>

#include "engine/rss_key.h"

namespace bench {

namespace {

constexpr std::uint64_t window_us = 300;  // far shorter than a time slice: what disturbs hits few windows
constexpr int turns_per_look = 4;
constexpr std::uint64_t patience_s = 120;

int worlds = 0;  // names of DPDK objects must differ

double cpu_seconds() noexcept {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

}  // namespace

World::World(const Options& options)
    : options_{options},
      steering_{engine::make_rss_key(1), 512, 1},
      limits_{options.connections_max, options.connections_max, options.time_wait_max} {
  ++worlds;
  handover_ = std::move(*engine::Handover::create(fmt::format("ring{}", worlds), 1, 64));
  routes_ = std::move(*engine::Routes::create({fmt::format("fib{}", worlds), engine::Fib::Kind::dir24_8, 70'000}));
  engine::Mempool::Options pool;
  pool.name = fmt::format("world{}", worlds);
  pool.limits.tcp_account_mbufs = options.account_mbufs;
  mempool_ = std::move(*engine::Mempool::create(pool));
}

World::~World() {
  proxy_.reset();
  stack_.reset();
  shard_.reset();
}

engine::PortInfo World::port_info() const {
  engine::PortInfo info;
  info.id = engine::PortId{static_cast<std::uint16_t>(ports_.size())};
  info.name = fmt::format("p{}", ports_.size());
  info.mac = {{2, 0, 0, 0, 0, static_cast<std::uint8_t>(ports_.size() + 1)}};
  engine::PortCapabilities& can = info.capabilities;
  can.tx_multi_segs = true;
  can.rx_ip_checksum = can.rx_l4_checksum = can.tx_ip_checksum = can.tx_tcp_checksum = options_.checksum_offload;
  return info;
}

void World::add(std::unique_ptr<PeerPort> port, const std::string& address) {
  const engine::PortId id = port->info().id;
  const engine::Cidr own = *engine::parse_cidr(address);
  port_configs_.push_back({port->info().name, {own}, {own.address}});
  route_list_.push_back({{own.network(), own.length}, {engine::NextHop::Kind::connected, id, {}, own.address}});
  route_list_.push_back({{own.address, 32}, {engine::NextHop::Kind::local, id, {}, own.address}});
  ports_.push_back(std::move(port));
}

void World::add_route(const engine::Cidr& prefix, std::uint16_t port, engine::Ipv4 gateway) {
  route_list_.push_back({prefix, {engine::NextHop::Kind::gateway, engine::PortId{port}, gateway, {}}});
}

void World::add_neighbor(std::uint16_t port, engine::Ipv4 address) {
  CHECK(neighbors_.put({engine::PortId{port}, address, peer_mac(address), true, {}}));
}

void World::start(http::SiteParts parts, bool forwarding) {
  CHECK(routes_->assign(route_list_, [] {}).ok());
  compiler_ = http::make_local_pattern_compiler();
  builder_ = std::make_unique<http::SiteBuilder>(1, *compiler_);
  auto site = builder_->build(std::move(parts));
  CHECK(site.ok());
  auto snapshot = std::make_unique<http::Snapshot>();
  snapshot->ip.ports = port_configs_;
  snapshot->ip.forwarding = forwarding;
  snapshot->site = std::move(*site);
  const tcp::Listeners::Entry entry{{engine::Ipv4{10, 0, 0, 1}, 80}, 0};
  if (!snapshot->site.listeners.empty()) snapshot->listeners = tcp::Listeners{{&entry, 1}};
  snapshots_.publish(std::move(snapshot));

  engine::Shard::Options options;
  options.id = engine::ShardId{0};
  for (const auto& port : ports_) {
    options.rx_queues.push_back({port.get(), 0});
    options.tx_lanes.push_back({port.get(), 0, engine::ShardId{0}});
  }
  shard_ = std::make_unique<engine::Shard>(
      options, engine::Shard::Shared{steering_, *handover_, *routes_, neighbors_, snapshots_, qsbr_}, *mempool_);
  tcp::Stack::Options stack;
  stack.connections_max = options_.connections_max;
  stack.account_mbufs = options_.account_mbufs;
  stack.hash_key = {1, 2};
  stack.isn_key = {3, 4};
  stack_ = std::make_unique<tcp::Stack>(stack, limits_, *shard_);
  const engine::WallClock wall{std::chrono::seconds{1'700'000'000}};
  proxy_ = std::make_unique<http::Proxy>(http::Proxy::Options{options_.connections_max, 0, wall}, *stack_);
  stack_->set_application(*proxy_);
  shard_->set_handler(*stack_);
  qsbr_.online(engine::ShardId{0});
}

Figures World::measure(const std::function<std::uint64_t()>& count, std::uint64_t warmup, double seconds) {
  const std::uint64_t give_up = rte_rdtsc() + patience_s * rte_get_tsc_hz();
  for (const std::uint64_t target = count() + warmup; count() < target && rte_rdtsc() < give_up;) turn();
  for (const auto& port : ports_) {
    port->check_warm();
    port->set_thorough(false);
  }
  const std::uint64_t first = count();
  const std::uint64_t in = shard_->counters().rx.get(), out = shard_->counters().tx.get();
  const double cpu = cpu_seconds();
  std::vector<Window> windows = measure_windows(count, seconds);
  Figures f;
  const double n = static_cast<double>(std::max<std::uint64_t>(1, count() - first));
  f.cpu = (cpu_seconds() - cpu) * static_cast<double>(rte_get_tsc_hz()) / n;
  f.packets_in = static_cast<double>(shard_->counters().rx.get() - in) / n;
  f.packets_out = static_cast<double>(shard_->counters().tx.get() - out) / n;
  f.fault = windows.size() < 10 ? "hardly anything happened" : find_fault();
  if (windows.empty()) return f;
  const auto middle = windows.begin() + static_cast<std::ptrdiff_t>(windows.size() / 2);
  std::nth_element(windows.begin(), middle, windows.end(),
                   [](const Window& a, const Window& b) { return a.total - a.own < b.total - b.own; });
  f.total = middle->total;
  f.own = middle->own;
  f.engine = f.total - f.own;
  return f;
}

std::vector<World::Window> World::measure_windows(const std::function<std::uint64_t()>& count, double seconds) {
  const std::uint64_t window_cycles = window_us * rte_get_tsc_hz() / 1'000'000;
  const double until = cpu_seconds() + seconds;
  std::vector<Window> windows;
  while (cpu_seconds() < until) {
    const std::uint64_t first = count(), own = meter_.own, start = rte_rdtsc();
    std::uint64_t end = start;
    while (end - start < window_cycles) {
      for (int i = 0; i < turns_per_look; ++i) turn();
      end = rte_rdtsc();
    }
    const auto n = static_cast<double>(count() - first);
    if (n != 0) windows.push_back({static_cast<double>(end - start) / n, static_cast<double>(meter_.own - own) / n});
  }
  return windows;
}

std::string World::find_fault() const {
  for (const auto& port : ports_)
    if (port->faults().count() != 0)
      return fmt::format("{}: {}, {} faults in all", port->info().name, port->faults().first(), port->faults().count());
  const auto& shard = shard_->counters();
  auto& tcp = stack_->counters();
  if (shard.dropped.get() != 0) return fmt::format("{} packets dropped", shard.dropped.get());
  if (shard.unaccounted.get() != 0) return fmt::format("{} packets unaccounted for", shard.unaccounted.get());
  if (tcp.retransmitted_segments.get() != 0) return fmt::format("{} retransmissions", tcp.retransmitted_segments.get());
  if (tcp.resets_sent.get() != 0) return fmt::format("{} resets sent", tcp.resets_sent.get());
  return {};
}

}  // namespace bench
