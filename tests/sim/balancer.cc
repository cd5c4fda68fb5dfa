#include "tests/sim/balancer.h"

#include <gtest/gtest.h>

namespace sim {

Balancer::Balancer(Network& network, HostOptions options, BalancerConfig config) : builder_{options.shards, *compiler_} {
  options.listeners = prepare(std::move(config));
  const auto make_proxy = [&](tcp::Stack& stack, std::uint16_t shard) {
    return std::make_unique<http::Proxy>(http::Proxy::Options{options.connections_max, shard, wall, &orders_}, stack);
  };
  host_.emplace(network, options, make_proxy, [this] { return std::move(next_); });
}

void Balancer::reload(BalancerConfig config) { host_->listen(prepare(std::move(config))); }

std::vector<tcp::Listeners::Entry> Balancer::prepare(BalancerConfig config) {
  auto site = builder_.build(std::move(config.parts));
  EXPECT_TRUE(site.ok()) << site.error().message();
  builder_.published(*site);
  for (const http::ShardSite& shard : site->shards)
    for (const auto& pool : shard.pools) pools_.push_back(pool);
  next_ = std::make_unique<http::Snapshot>();
  next_->site = std::move(*site);
  std::vector<tcp::Listeners::Entry> entries;
  for (const BalancerConfig::Listen& listen : config.listens)
    entries.push_back({listen.address, builder_.listener_number(listen.listener)});
  return entries;
}

std::uint32_t Balancer::sessions() {
  std::uint32_t sum = 0;
  for (std::uint16_t i = 0; i < host_->shards(); ++i) sum += proxy(i).sessions();
  return sum;
}

std::uint32_t Balancer::exchanges() {
  std::uint32_t sum = 0;
  for (std::uint16_t i = 0; i < host_->shards(); ++i) sum += proxy(i).exchanges();
  return sum;
}

std::uint32_t Balancer::upstreams() {
  std::uint32_t sum = 0;
  for (std::uint16_t i = 0; i < host_->shards(); ++i) sum += proxy(i).upstreams();
  return sum;
}

void Balancer::expect_clean() {
  EXPECT_EQ(sessions(), 0u);
  EXPECT_EQ(exchanges(), 0u);
  EXPECT_EQ(upstreams(), 0u);
  for (std::uint16_t i = 0; i < host_->shards(); ++i) {
    const http::Counters& counters = proxy(i).counters();
    std::uint64_t at_listeners = 0, at_servers = 0;
    for (const http::ListenerCounters& listener : counters.listeners) at_listeners += listener.connections.get();
    for (const http::ServerCounters& server : counters.servers) at_servers += server.connections.get() + server.idle.get();
    EXPECT_EQ(at_listeners, 0u);
    EXPECT_EQ(at_servers, 0u);
  }
  for (const auto& weak : pools_) {
    const auto pool = weak.lock();
    EXPECT_TRUE(!pool || pool->is_unused()) << pool->settings().name;
  }
  host_->expect_clean();
}

}  // namespace sim
