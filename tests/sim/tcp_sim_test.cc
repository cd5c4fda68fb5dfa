// Two hosts, a bad network, streams that must arrive unharmed. A failure names its seed: PENSTOCK_SIM_SEED=N runs that one alone.
#include <cstdlib>
#include <gtest/gtest.h>

#include "tests/sim/host.h"
#include "tests/sim/stream_app.h"

namespace sim {
namespace {

const engine::SocketAddress server_address{engine::Ipv4{10, 0, 0, 2}, 80};

/// The world of one seed.
struct Scenario {
  Faults to_client, to_server;
  HostOptions client, server;
  std::vector<Stream> streams;
};

Faults random_faults(engine::Random& random) {
  Faults f;
  f.loss = static_cast<double>(random.below(11)) / 100;
  f.duplicate = static_cast<double>(random.below(6)) / 100;
  f.reorder = static_cast<double>(random.below(11)) / 100;
  f.corrupt = random.below(4) == 0 ? 0.01 : 0;
  f.delay = Duration{static_cast<std::int64_t>(50'000 + random.below(20'000'000))};
  f.jitter = Duration{static_cast<std::int64_t>(random.below(2'000'000))};
  f.reorder_by = f.delay / 2;
  if (random.below(3) == 0) {
    f.bits_per_second = 5'000'000 + random.below(100'000'000);
    f.queue_frames = 10 + random.below(100);
  }
  return f;
}

Scenario make_scenario(std::uint64_t seed) {
  engine::Random random{seed};
  Scenario s;
  s.to_client = random_faults(random);
  s.to_server = random_faults(random);
  s.client = {.address = "10.0.0.1/24", .seed = seed * 2 + 1};
  s.server = {.address = "10.0.0.2/24", .seed = seed * 2 + 2};
  s.client.shards = static_cast<std::uint16_t>(1 + random.below(2));
  s.server.shards = static_cast<std::uint16_t>(1 + random.below(3));
  s.server.queues = random.below(2) == 0 ? std::uint16_t{1} : s.server.shards;
  s.client.mtu = s.server.mtu = static_cast<std::uint16_t>(random.below(2) == 0 ? 1500 : 576 + random.below(925));
  if (random.below(4) == 0) s.server.account_mbufs = 600;  // scarce memory
  if (random.below(3) == 0) s.client.tcp.receive_buffer_max = s.server.tcp.receive_buffer_max = 4096u << random.below(4);
  const std::uint64_t n = 1 + random.below(6);
  for (std::uint64_t i = 0; i < n; ++i) {
    Stream stream;
    stream.id = seed << 16 | i;
    stream.to_send = random.below(4) == 0 ? random.below(200'000) : random.below(5'000);
    stream.to_receive = random.below(4) == 0 ? random.below(200'000) : random.below(5'000);
    stream.reads_slowly = random.below(6) == 0;
    s.streams.push_back(stream);
  }
  return s;
}

/// What a run of many seeds exercised: printed, and required to be more than nothing.
struct Totals {
  std::uint64_t frames = 0, lost = 0, retransmitted = 0, timeouts = 0, fast_recoveries = 0, probes = 0, steered = 0;
};
Totals totals;

void add_totals(Network& network, EngineHost& host) {
  totals.lost += host.port().lost;
  totals.frames = totals.frames + network.frames / 2;  // both hosts add the same number
  for (std::uint16_t i = 0; i < host.shards(); ++i) {
    const tcp::Counters& c = host.stack(i).counters();
    totals.retransmitted += c.retransmitted_segments.get();
    totals.timeouts += c.timeouts.get();
    totals.fast_recoveries += c.fast_recoveries.get();
    totals.probes += c.zero_window_probes.get();
    totals.steered += host.shard(i).counters().steered.get();
  }
}

void run_seed(std::uint64_t seed) {
  SCOPED_TRACE(testing::Message() << "PENSTOCK_SIM_SEED=" << seed);
  const Scenario scenario = make_scenario(seed);
  Network network{seed};
  const auto app = [&](tcp::Stack& stack, std::uint16_t shard) { return std::make_unique<StreamApp>(stack, seed * 31 + shard); };
  EngineHost client{network, scenario.client, app};
  EngineHost server{network, scenario.server, app};
  server.listen({server_address});
  client.port().faults = scenario.to_client;
  server.port().faults = scenario.to_server;
  for (std::uint16_t i = 0; i < server.shards(); ++i)
    static_cast<StreamApp&>(server.application(i)).on_stream = [&](std::uint64_t id) {
      for (Stream s : scenario.streams)
        if (s.id == id) {
          std::swap(s.to_send, s.to_receive);
          return s;
        }
      ADD_FAILURE() << "a stream that nobody opened: " << id;
      return Stream{};
    };
  const auto app_of = [](EngineHost& host, std::uint16_t i) -> StreamApp& {
    return static_cast<StreamApp&>(host.application(i));
  };
  network.run(1ms, [] { return false; });  // the first turn takes the snapshot
  for (std::size_t i = 0; i < scenario.streams.size(); ++i)
    ASSERT_TRUE(
        app_of(client, static_cast<std::uint16_t>(i % client.shards())).open(server_address, scenario.streams[i], network.now()));

  const auto total = [&](EngineHost& host, std::uint64_t StreamApp::*what) {
    std::uint64_t sum = 0;
    for (std::uint16_t i = 0; i < host.shards(); ++i) sum += app_of(host, i).*what;
    return sum;
  };
  const bool done = network.run(20min, [&] {
    return total(client, &StreamApp::finished) + total(client, &StreamApp::failed) == scenario.streams.size() &&
           client.connections() == 0 && server.connections() == 0;
  });
  EXPECT_TRUE(done) << "stalled:\n" << client.describe_connections() << server.describe_connections();
  EXPECT_EQ(total(client, &StreamApp::finished), scenario.streams.size());
  EXPECT_EQ(total(server, &StreamApp::finished), scenario.streams.size());
  EXPECT_EQ(total(client, &StreamApp::wrong_bytes) + total(server, &StreamApp::wrong_bytes), 0u);
  for (std::uint16_t i = 0; i < client.shards(); ++i) EXPECT_EQ(app_of(client, i).first_error, "");
  for (std::uint16_t i = 0; i < server.shards(); ++i) EXPECT_EQ(app_of(server, i).first_error, "");
  client.expect_clean();
  server.expect_clean();
  add_totals(network, client);
  add_totals(network, server);
}

TEST(TcpSimulation, StreamsArriveUnharmed) {
  if (const char* seed = std::getenv("PENSTOCK_SIM_SEED")) return run_seed(std::strtoull(seed, nullptr, 10));
  const char* count = std::getenv("PENSTOCK_SIM_SEEDS");
  const std::uint64_t seeds = count != nullptr ? std::strtoull(count, nullptr, 10) : 1000;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    run_seed(seed);
    if (testing::Test::HasFailure()) return;  // one seed at a time
  }
  std::printf(
      "%lu seeds: %lu frames, %lu lost, %lu segments retransmitted, %lu timeouts, %lu fast recoveries, %lu zero-window probes, "
      "%lu packets handed over\n",
      seeds, totals.frames, totals.lost, totals.retransmitted, totals.timeouts, totals.fast_recoveries, totals.probes,
      totals.steered);
  EXPECT_GT(totals.lost, seeds);
  EXPECT_GT(totals.retransmitted, seeds);
  EXPECT_GT(totals.fast_recoveries, seeds / 10);
  EXPECT_GT(totals.probes, 0u);
  EXPECT_GT(totals.steered, seeds);
}

}  // namespace
}  // namespace sim
