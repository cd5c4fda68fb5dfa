#include "tests/memory/peer.h"

#include <algorithm>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <thread>

#include "engine/eal.h"
#include "engine/rss_key.h"

namespace memory {

namespace {

constexpr std::uint32_t connections_max = 1024;
constexpr std::uint64_t account_mbufs = 8192;
const engine::Cidr client = *engine::parse_cidr("198.18.0.2/24");
const std::vector<engine::Ipv4> servers{engine::Ipv4{198, 18, 0, 21}, engine::Ipv4{198, 18, 0, 22}};

/// Names of DPDK objects are unique in a process.
std::string unique(const char* prefix) {
  static int n = 0;
  return fmt::format("{}{}", prefix, n++);
}

std::vector<engine::Route> routes() {
  const engine::PortId port{0};
  std::vector<engine::Route> all{
      {{client.network(), client.length}, {engine::NextHop::Kind::connected, port, {}, client.address}},
      {{client.address, 32}, {engine::NextHop::Kind::local, port, {}, client.address}}};
  for (const engine::Ipv4 server : servers) all.push_back({{server, 32}, {engine::NextHop::Kind::local, port, {}, server}});
  return all;
}

std::unique_ptr<tcp::Snapshot> snapshot() {
  auto made = std::make_unique<tcp::Snapshot>();
  engine::PortConfig port{"peer", {client}, servers};
  port.answered.push_back(client.address);
  std::sort(port.answered.begin(), port.answered.end());
  made->ip.ports.push_back(port);
  std::vector<tcp::Listeners::Entry> listeners;
  for (const engine::Ipv4 server : servers) listeners.push_back({{server, 80}, 0});
  made->listeners = tcp::Listeners{listeners};
  return made;
}

/// `result`'s value; its error ends the test program, since nothing can be tested then.
template <typename T>
T must(engine::Result<T> result) {
  if (!result) std::fprintf(stderr, "%s\n", result.error().message().c_str());
  CHECK(result.ok());
  return *std::move(result);
}

}  // namespace

std::chrono::milliseconds time_left() {
  constexpr std::chrono::milliseconds most{9500};
  const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
  if (test == nullptr) return patience;
  const std::chrono::milliseconds start{test->result()->start_timestamp()}, least{0};
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(now) - start;
  return std::clamp<std::chrono::milliseconds>(most - spent, least, patience);
}

Peer::Peer(const std::string& memif_socket)
    : steering_{engine::make_rss_key(engine::random_seed()), 512, 1}, limits_{connections_max, connections_max, 4096} {
  handover_ = must(engine::Handover::create(unique("ring"), 1, 64));
  routes_ = must(engine::Routes::create({unique("fib"), engine::Fib::Kind::tree, 64}));
  CHECK(routes_->assign(routes(), [] {}).ok());
  engine::Mempool::Options pool;
  pool.name = unique("peer");
  pool.limits.tcp_account_mbufs = account_mbufs;
  mempool_ = must(engine::Mempool::create(pool));

  engine::EthPortOptions options;
  options.id = engine::PortId{0};
  options.name = "peer";
  options.device = "memif:" + memif_socket;
  port_ = must(engine::EthPort::probe(options));
  CHECK(port_->configure(steering_, {mempool_.get()}).ok());
  CHECK(port_->start().ok());
  snapshots_.publish(snapshot());

  engine::Shard::Options shard;
  shard.id = engine::ShardId{0};
  shard.rx_queues.push_back({port_.get(), 0});
  shard.tx_lanes.push_back({port_.get(), 0, engine::ShardId{0}});
  shard_ = std::make_unique<engine::Shard>(
      shard, engine::Shard::Shared{steering_, *handover_, *routes_, neighbors_, snapshots_, qsbr_}, *mempool_);
  tcp::Stack::Options stack;
  stack.connections_max = connections_max;
  stack.account_mbufs = account_mbufs;
  stack.hash_key = {engine::random_seed(), engine::random_seed()};
  stack.isn_key = {engine::random_seed(), engine::random_seed()};
  stack.port_seed = engine::random_seed();
  stack_ = std::make_unique<tcp::Stack>(stack, limits_, *shard_);
  web_ = std::make_unique<Web>(*stack_);
  stack_->set_application(*web_);
  shard_->set_handler(*stack_);
  qsbr_.online(engine::ShardId{0});
  turn();  // takes the snapshot: TCP can be called from now on
}

Peer::~Peer() {
  qsbr_.offline(engine::ShardId{0});
  port_->stop();
  stack_.reset();  // before the port: what it holds are the port's mbufs
  shard_.reset();
}

void Peer::run_for(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) turn();
}

void Peer::turn() {
  const bool worked = shard_->turn(clock_.read());
  learn_neighbors();
  if (!worked) std::this_thread::sleep_for(std::chrono::microseconds{50});  // the instance needs the CPU, too
}

void Peer::learn_neighbors() {
  engine::NeighborNews news;
  while (shard_->news().try_pop(news)) CHECK(neighbors_.put({news.port, news.address, news.mac, false, clock_.read()}));
}

bool Peer::wait_for_link() {
  const auto end = std::chrono::steady_clock::now() + time_left();
  while (!port_->status().up) {  // asking makes the driver connect
    if (std::chrono::steady_clock::now() > end) return false;
    run_for(std::chrono::milliseconds{5});
  }
  return true;
}

std::uint64_t Peer::mbufs_in_use() const { return mempool_->size() - mempool_->available(); }

}  // namespace memory
