#include "tests/sim/host.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>

#include "engine/rss_key.h"

namespace sim {

namespace {

/// Mempools outlive hosts: a thousand seeds use the same few, and each of them must find its pool full.
engine::Mempool& pooled_mempool(std::size_t index, std::uint64_t account_mbufs) {
  // Never destroyed: the EAL is gone by the time static objects are.
  static auto& pools = *new std::map<std::pair<std::size_t, std::uint64_t>, std::unique_ptr<engine::Mempool>>;
  auto& pool = pools[{index, account_mbufs}];
  if (!pool) {
    engine::Mempool::Options options;
    options.name = fmt::format("sim{}_{}", index, account_mbufs);
    options.limits.tcp_account_mbufs = account_mbufs;
    options.limits.rx_descriptors = options.limits.tx_descriptors = 512;
    auto made = engine::Mempool::create(options);
    CHECK(made.ok());
    pool = std::move(*made);
  }
  return *pool;
}

std::size_t pools_in_use = 0;

std::string unique_name(const char* prefix) {
  static std::uint64_t n = 0;
  return fmt::format("{}{}", prefix, n++);
}

engine::MacAddress mac_of(engine::Ipv4 address) {
  const auto v = address.value;
  return {{0x02, 0x00, static_cast<std::uint8_t>(v >> 24), static_cast<std::uint8_t>(v >> 16), static_cast<std::uint8_t>(v >> 8),
           static_cast<std::uint8_t>(v)}};
}

}  // namespace

EngineHost::EngineHost(Network& network, const HostOptions& o, const ApplicationMaker& make_application,
                       const SnapshotMaker& make_snapshot)
    : options_{o},
      qsbr_{o.shards},
      steering_{engine::make_rss_key(o.seed), 512, o.shards},
      limits_{o.connections_max, o.connections_max, 4096},
      make_snapshot_{make_snapshot ? make_snapshot : [] { return std::make_unique<tcp::Snapshot>(); }},
      listeners_{o.listeners} {
  const engine::Cidr own = *engine::parse_cidr(o.address);
  handover_ = std::move(*engine::Handover::create(unique_name("simring"), o.shards, 256));
  routes_ = std::move(*engine::Routes::create({unique_name("simfib"), engine::Fib::Kind::tree, 64}));
  std::vector<engine::Route> routes{
      {{own.network(), own.length}, {engine::NextHop::Kind::connected, engine::PortId{0}, {}, own.address}},
      {{own.address, 32}, {engine::NextHop::Kind::local, engine::PortId{0}, {}, own.address}}};
  for (const std::string& address : o.answered)
    routes.push_back({*engine::parse_cidr(address), {engine::NextHop::Kind::local, engine::PortId{0}, {}, own.address}});
  CHECK(routes_->assign(routes, [] {}).ok());

  const std::uint16_t queues = o.queues == 0 ? o.shards : o.queues;
  std::vector<engine::Mempool*> mempools;
  for (std::uint16_t i = 0; i < o.shards; ++i) mempools.push_back(&pooled_mempool(pools_in_use++, o.account_mbufs));
  engine::PortInfo info;
  info.id = engine::PortId{0};
  info.name = "p0";
  info.mac = mac_of(own.address);
  info.mtu = o.mtu;
  info.rx_queues = info.tx_queues = queues;
  info.capabilities.tx_multi_segs = true;
  info.rss = o.shards == 1 ? engine::RssMode::single : engine::RssMode::software;
  port_ = std::make_unique<LinkPort>(network, info, std::vector(mempools.begin(), mempools.begin() + queues));

  publish();
  for (std::uint16_t i = 0; i < o.shards; ++i) {
    auto worker = std::make_unique<Worker>();
    worker->mempool = mempools[i];
    engine::Shard::Options shard;
    shard.id = engine::ShardId{i};
    if (i < queues) shard.rx_queues.push_back({port_.get(), i});
    shard.tx_lanes.push_back(
        {port_.get(), static_cast<std::uint16_t>(i % queues), engine::ShardId{static_cast<std::uint16_t>(i % queues)}});
    worker->shard = std::make_unique<engine::Shard>(
        shard, engine::Shard::Shared{steering_, *handover_, *routes_, neighbors_, snapshots_, qsbr_}, *mempools[i]);
    tcp::Stack::Options stack;
    stack.connections_max = o.connections_max;
    stack.account_mbufs = o.account_mbufs;
    stack.account_connections = o.account_connections;
    stack.hash_key = {o.seed * 3, o.seed * 5 + i};
    stack.isn_key = {o.seed * 7, o.seed * 11};
    stack.port_seed = o.seed + i;
    worker->stack = std::make_unique<tcp::Stack>(stack, limits_, *worker->shard);
    worker->application = make_application(*worker->stack, i);
    worker->stack->set_application(*worker->application);
    worker->shard->set_handler(*worker->stack);
    workers_.push_back(std::move(worker));
  }
  network.add(*this);
}

EngineHost::~EngineHost() { pools_in_use -= workers_.size(); }

void EngineHost::listen(const std::vector<engine::SocketAddress>& addresses) {
  std::vector<tcp::Listeners::Entry> entries;
  for (std::size_t i = 0; i < addresses.size(); ++i) entries.push_back({addresses[i], static_cast<tcp::ListenerId>(i)});
  listen(std::move(entries));
}

void EngineHost::listen(std::vector<tcp::Listeners::Entry> entries) {
  listeners_ = std::move(entries);
  publish();
}

void EngineHost::publish() {
  auto snapshot = make_snapshot_();
  const engine::Cidr own = *engine::parse_cidr(options_.address);
  engine::PortConfig port{"p0", {own}, {own.address}};
  for (const std::string& address : options_.answered) port.answered.push_back(engine::parse_cidr(address)->address);
  std::sort(port.answered.begin(), port.answered.end());
  snapshot->ip.ports.push_back(port);
  snapshot->tcp = options_.tcp;
  snapshot->listeners = tcp::Listeners{listeners_};
  snapshots_.publish(std::move(snapshot));
}

void EngineHost::control(Instant now) {
  for (const auto& worker : workers_) {
    engine::NeighborNews news;
    while (worker->shard->news().try_pop(news)) CHECK(neighbors_.put({news.port, news.address, news.mac, false, now}));
  }
  snapshots_.reclaim();  // every shard had its turn: none holds the snapshot before
}

bool EngineHost::turn(Instant now) {
  if (paused_) return false;
  bool worked = false;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    worked |= workers_[i]->shard->turn(now);
    check_conservation(i);
  }
  control(now);
  return worked;
}

std::optional<Instant> EngineHost::next_deadline(Instant now) const {
  std::optional<Instant> earliest;
  if (paused_) return earliest;
  for (const auto& worker : workers_)
    if (const auto deadline = worker->shard->next_deadline(now); deadline && (!earliest || *deadline < *earliest))
      earliest = deadline;
  return earliest;
}

/// DESIGN rule 3, after every turn.
void EngineHost::check_conservation(std::size_t i) const {
  const engine::ShardCounters& c = workers_[i]->shard->counters();
  const std::uint64_t in = c.rx.get() + c.originated.get() + c.handed_in.get();
  const std::uint64_t out = c.tx.get() + c.consumed.get() + c.dropped.get() + c.handed_out.get();
  ASSERT_LE(out, in);
  ASSERT_LE(in - out, 600u) << "held packets have a bound";
}

std::uint32_t EngineHost::connections() const {
  std::uint32_t sum = 0;
  for (const auto& worker : workers_) sum += worker->stack->connections();
  return sum;
}

std::string EngineHost::describe_connections() {
  std::string text;
  for (const auto& worker : workers_)
    for (tcp::ConnId id = 0, found = 0; found < worker->stack->connections() && id < options_.connections_max; ++id) {
      const tcp::Tcb& t = worker->stack->tcb(id);
      if (t.state == tcp::State::closed) continue;
      ++found;
      text += fmt::format(
          "{} {} una {} nxt {} wnd {} cwnd {} ssthresh {} backoff {} | rcv nxt {} adv {} kib {} waiting {} promised {} | "
          "flags {:#x} "
          "timers {:#x} cold {} later {} mss {}\n",
          options_.address, tcp::name(t.state), t.snd_una.value(), t.snd_nxt.value(), t.snd_wnd(), t.cwnd, t.ssthresh, t.backoff,
          t.rcv_nxt.value(), t.rcv_adv.value(), t.rcv_buffer_kib, t.received.bytes(), t.promised_mbufs, t.flags, t.timers_armed,
          t.cold, t.reassembly, t.mss);
    }
  for (const auto& worker : workers_)
    text += fmt::format("{} account: {} of {} used, {} available\n", options_.address, worker->stack->account().used(),
                        worker->stack->account().capacity(), worker->stack->account().available());
  return text;
}

void EngineHost::expect_clean() const {
  for (const auto& worker : workers_) {
    EXPECT_EQ(worker->stack->connections(), 0u) << options_.address;
    EXPECT_EQ(worker->stack->account().used(), 0u) << options_.address;
    EXPECT_EQ(worker->mempool->available(), worker->mempool->size()) << options_.address;
    const engine::ShardCounters& c = worker->shard->counters();
    EXPECT_EQ(c.rx.get() + c.originated.get() + c.handed_in.get(),
              c.tx.get() + c.consumed.get() + c.dropped.get() + c.handed_out.get());
  }
}

}  // namespace sim
