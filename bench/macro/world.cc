#include "bench/macro/world.h"

#include <algorithm>
#include <fmt/format.h>

#include "engine/rss_key.h"

namespace bench {

namespace {
int worlds = 0;  // names of DPDK objects must differ
}

World::World(std::uint32_t connections_max, std::uint64_t account_mbufs)
    : connections_max_{connections_max}, account_mbufs_{account_mbufs} {
  ++worlds;
  steering_ = std::make_unique<engine::Steering>(engine::make_rss_key(1), 512, 1);
  handover_ = std::move(*engine::Handover::create(fmt::format("ring{}", worlds), 1, 64));
  routes_ = std::move(*engine::Routes::create({fmt::format("fib{}", worlds), engine::Fib::Kind::dir24_8, 70'000}));
  engine::Mempool::Options options;
  options.name = fmt::format("world{}", worlds);
  options.limits.tcp_account_mbufs = account_mbufs;
  mempool_ = std::move(*engine::Mempool::create(options));
  options.name = fmt::format("peers{}", worlds);
  options.limits.tcp_account_mbufs = 2048;
  peer_mempool_ = std::move(*engine::Mempool::create(options));
}

World::~World() {
  proxy_.reset();
  stack_.reset();
  shard_.reset();
}

engine::PortInfo World::port_info(std::uint16_t index, bool checksum_offload) const {
  engine::PortInfo info;
  info.id = engine::PortId{index};
  info.name = fmt::format("p{}", index);
  info.mac = {{2, 0, 0, 0, 0, static_cast<std::uint8_t>(index)}};
  info.capabilities.tx_multi_segs = true;
  info.capabilities.tx_ip_checksum = info.capabilities.tx_tcp_checksum = checksum_offload;
  return info;
}

void World::add_port(engine::Port& port, const std::string& address) {
  const engine::PortId id{static_cast<std::uint16_t>(ports_.size())};
  const engine::Cidr own = *engine::parse_cidr(address);
  ports_.push_back(&port);
  port_configs_.push_back({port.info().name, {own}, {own.address}});
  route_list_.push_back({{own.network(), own.length}, {engine::NextHop::Kind::connected, id, {}, own.address}});
  route_list_.push_back({{own.address, 32}, {engine::NextHop::Kind::local, id, {}, own.address}});
}

void World::add_route(const std::string& prefix, std::uint16_t port, const std::string& gateway) {
  route_list_.push_back(
      {*engine::parse_cidr(prefix), {engine::NextHop::Kind::gateway, engine::PortId{port}, *engine::parse_ipv4(gateway), {}}});
}

void World::start(http::SiteParts parts, bool forwarding) {
  CHECK(routes_->assign(route_list_, [] {}).ok());
  for (std::size_t i = 0; i < ports_.size(); ++i)  // every peer address that a benchmark uses is known, for ever
    for (std::uint32_t host = 2; host < 66; ++host)
      CHECK(neighbors_.put({engine::PortId{static_cast<std::uint16_t>(i)},
                            engine::Ipv4{port_configs_[i].addresses[0].network().value + host},
                            {{2, 0, 0, 0, 1, static_cast<std::uint8_t>(host)}},
                            true,
                            {}}));
  for (std::uint32_t host = 0; host < 64; ++host)
    static_cast<void>(neighbors_.put({engine::PortId{0}, engine::Ipv4{0x0a010000u + host}, {{2, 0, 0, 0, 0, 9}}, true, {}}));
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
  for (engine::Port* port : ports_) {
    options.rx_queues.push_back({port, 0});
    options.tx_lanes.push_back({port, 0, engine::ShardId{0}});
  }
  shard_ = std::make_unique<engine::Shard>(
      options, engine::Shard::Shared{*steering_, *handover_, *routes_, neighbors_, snapshots_, qsbr_}, *mempool_);
  limits_ = std::make_unique<tcp::Stack::Limits>(connections_max_, connections_max_, 2'000'000);
  tcp::Stack::Options stack;
  stack.connections_max = connections_max_;
  stack.account_mbufs = account_mbufs_;
  stack.hash_key = {1, 2};
  stack.isn_key = {3, 4};
  stack_ = std::make_unique<tcp::Stack>(stack, *limits_, *shard_);
  proxy_ = std::make_unique<http::Proxy>(
      http::Proxy::Options{connections_max_, 0, engine::WallClock{engine::Duration{1'700'000'000'000'000'000}}}, *stack_);
  stack_->set_application(*proxy_);
  shard_->set_handler(*stack_);
  qsbr_.online(engine::ShardId{0});
}

Figures World::measure(const std::function<std::uint64_t()>& count, std::uint64_t warmup, std::uint64_t operations) {
  const std::uint64_t give_up = rte_rdtsc() + 20 * rte_get_tsc_hz();
  const auto run_to = [&](std::uint64_t target) {
    while (count() < target && rte_rdtsc() < give_up)
      for (int i = 0; i < 16; ++i) turn();
  };
  run_to(count() + warmup);
  const std::uint64_t first = count(), own = meter_.own;
  const std::uint64_t in = shard_->counters().rx.get(), out = shard_->counters().tx.get(), start = rte_rdtsc();
  run_to(first + operations);
  const std::uint64_t cycles = rte_rdtsc() - start;
  Figures f;
  f.operations = count() - first;
  const double n = static_cast<double>(std::max<std::uint64_t>(1, f.operations));
  f.total = static_cast<double>(cycles) / n;
  f.own = static_cast<double>(meter_.own - own) / n;
  f.packets_in = static_cast<double>(shard_->counters().rx.get() - in) / n;
  f.packets_out = static_cast<double>(shard_->counters().tx.get() - out) / n;
  return f;
}

}  // namespace bench
