#include "tests/support/shard_fixture.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace support {

using engine::Cidr;
using engine::NextHop;
using engine::PortId;
using engine::Route;
using engine::ShardId;

namespace {

// The usual symmetric key hashes to 16 bits only; this one is Microsoft's.
constexpr engine::RssKey test_key = {0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
                                     0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
                                     0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};

Cidr cidr(std::string_view text) {
  const auto parsed = engine::parse_cidr(text);
  CHECK(parsed.has_value());
  return *parsed;
}

engine::MbufLimits limits_of(const EngineOptions& o) {
  engine::MbufLimits limits;
  limits.rx_queues = o.ports.size();
  limits.rx_descriptors = limits.tx_descriptors = 256;
  limits.tx_queues = o.ports.size();
  limits.mempool_cache = 32;
  limits.handover_slots = o.handover_slots;
  limits.peers = o.shards - 1u;
  limits.arp_held_packets = o.arp_held_packets;
  limits.tcp_account_mbufs = o.tcp_account_mbufs;
  return limits;
}

engine::IpConfig ip_config_of(const EngineOptions& o) {
  engine::IpConfig config;
  config.forwarding = o.forwarding;
  config.icmp_errors_per_second = o.icmp_errors_per_second;
  for (std::size_t i = 0; i < o.ports.size(); ++i) {
    engine::PortConfig port{fmt::format("p{}", i), {}, {}};
    for (const std::string& text : o.ports[i].addresses) {
      port.addresses.push_back(cidr(text));
      port.answered.push_back(cidr(text).address);
    }
    std::sort(port.answered.begin(), port.answered.end());
    config.ports.push_back(std::move(port));
  }
  return config;
}

}  // namespace

void RecordingHandler::on_burst(engine::Burst& packets, engine::Instant now) noexcept {
  ++bursts;
  packets.drain([&](engine::Packet packet) noexcept {
    received.push_back(describe_ipv4(bytes_of(packet)));
    if (on_packet && on_packet(packet, now)) return;
    counters_.consumed.add();
  });
}

std::string unique_name(std::string_view prefix) {
  static std::atomic<unsigned> count{0};
  return fmt::format("{}{}", prefix, ++count);
}

std::unique_ptr<engine::Mempool> make_mempool(std::uint64_t mbufs, std::uint16_t data_room_bytes) {
  engine::MbufLimits limits;
  limits.rx_descriptors = limits.tx_descriptors = 64;
  limits.bursts_per_turn = 0;
  limits.mempool_cache = 0;
  limits.arp_held_packets = 0;
  limits.tcp_account_mbufs = mbufs;
  auto mempool = engine::Mempool::create({unique_name("pool"), limits, data_room_bytes, -1});
  CHECK(mempool.ok());
  return *std::move(mempool);
}

engine::MacAddress port_mac(std::size_t port) { return {{2, 0, 0, 0, 0, static_cast<std::uint8_t>(port + 1)}}; }

engine::MacAddress peer_mac(engine::Ipv4 a) {
  const auto byte = [&](int shift) { return static_cast<std::uint8_t>(a.value >> shift); };
  return {{2, 1, byte(24), byte(16), byte(8), byte(0)}};
}

std::vector<Route> port_routes(const std::vector<PortSpec>& ports) {
  std::vector<Route> routes;
  for (std::uint16_t i = 0; i < ports.size(); ++i)
    for (const std::string& text : ports[i].addresses) {
      const Cidr c = cidr(text);
      const auto add = [&](const Cidr& prefix, NextHop::Kind kind) {
        routes.push_back({prefix, {kind, PortId{i}, {}, c.address}});
      };
      add({c.network(), c.length}, NextHop::Kind::connected);
      if (c.length < 31) {
        add({c.network(), 32}, NextHop::Kind::broadcast);
        add({c.broadcast(), 32}, NextHop::Kind::broadcast);
      }
      add({c.address, 32}, NextHop::Kind::local);
    }
  return routes;
}

Route route_via(std::string_view prefix, std::uint16_t port, std::string_view gateway, std::string_view source) {
  return {cidr(prefix), {NextHop::Kind::gateway, PortId{port}, ip(gateway), ip(source)}};
}

Route route_of_kind(std::string_view prefix, NextHop::Kind kind) { return {cidr(prefix), {kind, PortId{}, {}, {}}}; }

TestEngine::TestEngine(const EngineOptions& options)
    : options_{options}, name_{unique_name("eng")}, qsbr_{options.shards}, steering_{test_key, 128, options.shards} {
  for (std::size_t i = 0; i < options.shards; ++i) {
    auto mempool = engine::Mempool::create({fmt::format("{}m{}", name_, i), limits_of(options), options.data_room_bytes, -1});
    CHECK(mempool.ok());
    mempools_.push_back(*std::move(mempool));
  }
  auto routes = engine::Routes::create({name_, engine::Fib::Kind::tree, 4096});
  CHECK(routes.ok());
  routes_ = *std::move(routes);
  auto handover = engine::Handover::create(name_, options.shards, options.handover_slots);
  CHECK(handover.ok());
  handover_ = *std::move(handover);
  make_ports(options);
  make_shards(options);
  set_routes(options.routes);
  config_ = ip_config_of(options);
  publish();
  turn();  // a shard does nothing before it has adopted a snapshot
}

/// Queue i of a port belongs to shard i, as a configuration does it.
void TestEngine::make_ports(const EngineOptions& options) {
  for (std::uint16_t i = 0; i < options.ports.size(); ++i) {
    const PortSpec& spec = options.ports[i];
    CHECK(spec.queues <= options.shards);
    engine::PortInfo info;
    info.id = PortId{i};
    info.name = fmt::format("p{}", i);
    info.device = "sim";
    info.driver = "sim";
    info.mac = port_mac(i);
    info.mtu = spec.mtu;
    info.capabilities = spec.capabilities;
    info.rss = spec.rss;
    std::vector<engine::Mempool*> mempools;
    for (std::uint16_t q = 0; q < spec.queues; ++q) mempools.push_back(mempools_[q].get());
    ports_.push_back(std::make_unique<SimPort>(std::move(info), std::move(mempools)));
  }
}

/// A shard without a queue of its own at a port sends through one of another shard.
void TestEngine::make_shards(const EngineOptions& options) {
  for (std::uint16_t i = 0; i < options.shards; ++i) {
    engine::Shard::Options o;
    o.id = ShardId{i};
    o.arp_held_packets = options.arp_held_packets;
    o.icmp_errors_per_second = options.icmp_errors_per_second;
    for (std::size_t p = 0; p < ports_.size(); ++p) {
      const std::uint16_t queues = options.ports[p].queues;
      if (i < queues) o.rx_queues.push_back({ports_[p].get(), i});
      const auto queue = static_cast<std::uint16_t>(i % queues);
      o.tx_lanes.push_back({ports_[p].get(), queue, ShardId{queue}});
    }
    const engine::Shard::Shared shared{steering_, *handover_, *routes_, neighbors_, snapshots_, qsbr_};
    shards_.push_back(std::make_unique<engine::Shard>(o, shared, *mempools_[i]));
    handlers_.push_back(std::make_unique<RecordingHandler>(shards_.back()->counters()));
    shards_.back()->set_handler(*handlers_.back());
  }
}

TestEngine::~TestEngine() {
  handlers_.clear();
  shards_.clear();
  ports_.clear();
  handover_.reset();
  for (const auto& mempool : mempools_) {
    EXPECT_EQ(mempool->available(), mempool->size()) << "mbufs lost";
    EXPECT_EQ(rte_mempool_avail_count(mempool->references()), mempool->references()->size) << "references lost";
  }
}

void TestEngine::publish() {
  auto snapshot = std::make_unique<engine::Snapshot>();
  snapshot->generation = ++generation_;
  snapshot->ip = config_;
  snapshots_.publish(std::move(snapshot));
}

void TestEngine::set_routes(const std::vector<Route>& more) {
  std::vector<Route> all = port_routes(options_.ports);
  all.insert(all.end(), more.begin(), more.end());
  const auto done = routes_->assign(all, [] {});  // between turns nobody reads
  ASSERT_TRUE(done) << done.error().message();
}

void TestEngine::know(std::initializer_list<std::string_view> addresses) {
  for (const std::string_view text : addresses) {
    const engine::Ipv4 address = ip(text);
    for (std::uint16_t p = 0; p < config_.ports.size(); ++p)
      if (config_.ports[p].is_connected(address)) {
        ASSERT_TRUE(neighbors_.put({PortId{p}, address, peer_mac(address), false, now_}));
      }
  }
}

Bytes TestEngine::frame(std::size_t port, const Bytes& packet) const {
  return ethernet(port_mac(port), peer_mac(engine::Ipv4{engine::load<engine::Ipv4Header>(packet).src}), packet);
}

void TestEngine::deliver(std::size_t port, const Bytes& packet, std::uint16_t queue) {
  ports_[port]->deliver(queue, frame(port, packet));
}

bool TestEngine::turn() {
  bool worked = false;
  for (const auto& shard : shards_) worked |= shard->turn(now_);
  if (control_listens) control();
  return worked;
}

void TestEngine::settle() {
  const auto rings_are_empty = [&] {
    for (std::uint16_t i = 0; i < shards_.size(); ++i)
      if (!handover_->is_empty(ShardId{i})) return false;
    return true;
  };
  for (int i = 0; turn() || !rings_are_empty(); ++i) ASSERT_LT(i, 10'000) << "the shards never come to rest";
}

void TestEngine::pass(engine::Duration total, engine::Duration step) {
  for (engine::Duration gone{}; gone < total; gone += step) {
    now_ += step;
    turn();
  }
}

void TestEngine::control() {
  engine::NeighborNews news;
  for (const auto& shard : shards_)
    while (shard->news().try_pop(news)) static_cast<void>(neighbors_.put({news.port, news.address, news.mac, false, now_}));
}

Lines TestEngine::sent(std::size_t port) {
  Lines lines;
  for (const Bytes& frame : ports_[port]->take_sent_bytes()) lines.push_back(describe(frame));
  return lines;
}

Lines TestEngine::reply_to(std::size_t port, const Bytes& packet) {
  deliver(port, packet);
  turn();
  Lines all;
  for (std::size_t p = 0; p < ports_.size(); ++p)
    for (std::string& line : sent(p)) all.push_back(std::move(line));
  return all;
}

std::uint64_t TestEngine::drops(engine::Drop why) const {
  std::uint64_t sum = 0;
  for (const auto& shard : shards_) sum += shard->counters().drops.total(why);
  return sum;
}

std::uint64_t TestEngine::dropped() const {
  std::uint64_t sum = 0;
  for (const auto& shard : shards_) sum += shard->counters().dropped.get();
  return sum;
}

void TestEngine::expect_accounted() {
  now_ += std::chrono::seconds{1};
  turn();
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    EXPECT_EQ(shards_[i]->counters().unaccounted.get(), 0u) << "shard " << i;
  }
}

}  // namespace support
