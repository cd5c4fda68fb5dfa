#include "engine/shard.h"

#include <gtest/gtest.h>
#include <set>
#include <thread>
#include <unistd.h>

#include "engine/random.h"
#include "tests/support/shard_fixture.h"

namespace engine {
namespace {

using support::Bytes;
using support::EngineOptions;
using support::icmp_echo;
using support::ip;
using support::Lines;
using support::TestEngine;

const Ipv4 ours = ip("10.0.0.1"), peer = ip("10.0.0.9");

Bytes segment(std::uint16_t src_port, Ipv4 src = peer) {
  return support::ipv4({.src = src, .dst = ours}, support::tcp({.src_port = src_port, .dst_port = 80}));
}
FourTuple tuple_of(std::uint16_t src_port, Ipv4 src = peer) { return {src.wire(), ours.wire(), be16{src_port}, be16{80}}; }

/// Several shards over one port with `queues` queues, and a second port.
EngineOptions options(std::uint16_t shards, std::uint16_t queues, RssMode rss) {
  EngineOptions o;
  o.shards = shards;
  o.ports = {{{"10.0.0.1/24"}, 1500, queues, rss}, {{"10.0.1.1/24"}, 1500, queues, rss}};
  return o;
}

TEST(Shard, SoftwareSteeringTakesEveryFlowToItsOwner) {
  TestEngine engine{options(3, 1, RssMode::software)};
  std::vector<std::size_t> expected(3);
  for (std::uint16_t port = 1000; port < 1060; ++port) {
    engine.deliver(0, segment(port));
    ++expected[engine.steering().owner(tuple_of(port)).value];
  }
  engine.settle();
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(engine.handler(i).received.size(), expected[i]) << "shard " << i;
    EXPECT_GT(expected[i], 0u);
  }
  EXPECT_EQ(engine.shard(0).counters().steered.get(), expected[1] + expected[2]);
  EXPECT_EQ(engine.shard(0).counters().handed_out.get(), expected[1] + expected[2]);
  EXPECT_EQ(engine.shard(1).counters().handed_in.get(), expected[1]);
  engine.expect_accounted();
}

TEST(Shard, AFlowStaysInOrderAcrossTheHandOver) {
  TestEngine engine{options(2, 1, RssMode::software)};
  std::uint16_t port = 1000;
  while (engine.steering().owner(tuple_of(port)) == ShardId{0}) ++port;
  for (std::uint32_t i = 0; i < 100; ++i)
    engine.deliver(
        0, support::ipv4({.src = peer, .dst = ours}, support::tcp({.src_port = port, .dst_port = 80, .seq = i, .flags = "A"})));
  engine.settle();
  ASSERT_EQ(engine.handler(1).received.size(), 100u);
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_NE(engine.handler(1).received[i].find(" seq " + std::to_string(i) + " "), std::string::npos)
        << engine.handler(1).received[i];
  }
}

TEST(Shard, TooShortForItsPortsStaysWhereItCame) {
  TestEngine engine{options(2, 1, RssMode::software)};
  engine.deliver(0, support::ipv4({.src = peer, .dst = ours}, support::raw(protocol_tcp, support::counted_bytes(3))));
  engine.settle();
  EXPECT_EQ(engine.handler(0).received, (Lines{"ip 10.0.0.9 > 10.0.0.1 tcp of 3 bytes ttl 64"}));
}

TEST(Shard, AFullRingIsACountedDrop) {
  EngineOptions o = options(2, 1, RssMode::software);
  o.handover_slots = 8;
  TestEngine engine{o};
  std::uint16_t port = 1000;
  while (engine.steering().owner(tuple_of(port)) == ShardId{0}) ++port;
  for (int i = 0; i < 20; ++i) engine.deliver(0, segment(port));
  engine.settle();
  EXPECT_EQ(engine.handler(1).received.size(), 8u);
  EXPECT_EQ(engine.drops(Drop::handover_full), 12u);
  engine.expect_accounted();
}

TEST(Shard, AnOwnerThatSleepsIsWokenOncePerTurn) {
  TestEngine engine{options(2, 1, RssMode::software)};
  std::uint16_t port = 1000;
  while (engine.steering().owner(tuple_of(port)) == ShardId{0}) ++port;
  engine.handover().announce_sleep(ShardId{1});
  for (int i = 0; i < 5; ++i) engine.deliver(0, segment(port));
  engine.shard(0).turn(engine.now());
  std::uint64_t rung = 0;
  ASSERT_EQ(::read(engine.handover().bell_fd(ShardId{1}), &rung, sizeof rung), static_cast<ssize_t>(sizeof rung));
  EXPECT_EQ(rung, 1u);
  engine.handover().awake(ShardId{1});
  engine.settle();
}

TEST(Shard, HardwareSteeringIsBelievedUntilTheHandlerSaysOtherwise) {
  TestEngine engine{options(2, 2, RssMode::hardware)};
  std::uint16_t port = 1000;
  while (engine.steering().owner(tuple_of(port)) == ShardId{0}) ++port;
  engine.handler(0).on_packet = [&](Packet& packet, Instant) { return engine.shard(0).hand_over(packet, tuple_of(port)); };
  engine.deliver(0, segment(port), 0);  // the wrong queue
  engine.settle();
  EXPECT_EQ(engine.handler(0).received.size(), 1u);
  EXPECT_EQ(engine.handler(1).received.size(), 1u) << "a wrong queue costs one hop";
  EXPECT_EQ(engine.shard(0).counters().steered.get(), 1u);
  engine.expect_accounted();
}

TEST(Shard, WhatItOwnsIsNotHandedOver) {
  TestEngine engine{options(2, 2, RssMode::hardware)};
  std::uint16_t port = 1000;
  while (engine.steering().owner(tuple_of(port)) != ShardId{0}) ++port;
  Packet packet = support::make_packet(engine.mempool(0), segment(port));
  EXPECT_FALSE(engine.shard(0).hand_over(packet, tuple_of(port)));
  EXPECT_TRUE(packet);
}

TEST(Shard, WithoutAQueueOfItsOwnItSendsThroughAnothers) {
  TestEngine engine{options(2, 1, RssMode::software)};
  engine.know({"10.0.0.9"});
  const Bytes bytes = support::ipv4({.src = ours, .dst = peer}, support::udp(1, 2, "from shard 1"));
  engine.shard(1).output().send(support::make_packet(engine.mempool(1), bytes), engine.now());
  engine.settle();
  EXPECT_EQ(engine.sent(0), (Lines{"ip 10.0.0.1 > 10.0.0.9 udp 1 > 2 len 12 ttl 64"}));
  EXPECT_EQ(engine.shard(1).counters().handed_out.get(), 1u);
  EXPECT_EQ(engine.shard(0).counters().handed_in.get(), 1u);
  EXPECT_EQ(engine.shard(0).counters().tx.get(), 1u);
  EXPECT_EQ(engine.shard(0).counters().steered.get() + engine.shard(1).counters().steered.get(), 0u) << "frames are not flows";
  engine.expect_accounted();
}

TEST(Shard, ArpAndIcmpAreAnsweredWhereTheyCome) {
  TestEngine engine{options(2, 2, RssMode::software)};
  engine.know({"10.0.0.9"});
  for (std::uint16_t queue = 0; queue < 2; ++queue)
    engine.deliver(0, support::ipv4({.src = peer, .dst = ours}, icmp_echo(1, queue)), queue);
  engine.settle();
  EXPECT_EQ(engine.sent(0), (Lines{"ip 10.0.0.1 > 10.0.0.9 icmp echo reply id 1 seq 0 ttl 64",
                                   "ip 10.0.0.1 > 10.0.0.9 icmp echo reply id 1 seq 1 ttl 64"}));
  EXPECT_EQ(engine.shard(1).counters().tx.get(), 1u);
}

TEST(Shard, ATurnTakesFourBurstsOfAQueueAndLeavesTheRest) {
  TestEngine engine;
  for (std::uint16_t i = 0; i < 300; ++i) engine.deliver(0, segment(i));
  EXPECT_TRUE(engine.turn());
  EXPECT_EQ(engine.handler().received.size(), Shard::bursts_per_queue * Burst::capacity);
  EXPECT_EQ(engine.port(0).waiting(), 300 - Shard::bursts_per_queue * Burst::capacity);
  EXPECT_TRUE(engine.turn());
  EXPECT_FALSE(engine.turn());
  EXPECT_EQ(engine.handler().received.size(), 300u);
  EXPECT_EQ(engine.handler().bursts, 5u) << "one call per burst";
}

TEST(Shard, CountsWhatPortsGiveAndTake) {
  TestEngine engine;
  engine.know({"10.0.0.9"});
  const Bytes echo = support::ipv4({.src = peer, .dst = ours}, icmp_echo(1, 1, "0123456789"));
  engine.deliver(0, echo);
  engine.turn();
  const PortCounters& port = engine.shard().counters().ports[0];
  EXPECT_EQ(port.rx_packets.get(), 1u);
  EXPECT_EQ(port.rx_bytes.get(), 14 + echo.size());
  EXPECT_EQ(port.tx_packets.get(), 1u);
  EXPECT_EQ(port.tx_bytes.get(), 14 + echo.size());
  EXPECT_EQ(engine.shard().counters().ports[1].rx_packets.get(), 0u);
}

TEST(Shard, APacketThatNobodyAccountsForStaysVisible) {
  TestEngine engine;
  std::vector<Packet> kept;
  engine.handler().on_packet = [&](Packet& packet, Instant) { return kept.push_back(std::move(packet)), true; };
  engine.deliver(0, segment(1));
  engine.pass(2s, 1s);
  EXPECT_EQ(engine.shard().counters().unaccounted.get(), 1u);
}

TEST(Shard, HandlersWorkIsWork) {
  TestEngine engine;
  EXPECT_FALSE(engine.turn());
  engine.handler().on_turn = [](Instant) { return true; };
  EXPECT_TRUE(engine.turn());
}

TEST(Shard, TheNextDeadlineIsTheEarliestOfAll) {
  TestEngine engine;
  const auto next = [&] { return engine.shard().next_deadline(engine.now()); };
  EXPECT_FALSE(next());
  engine.handler().deadline = engine.now() + 5s;
  EXPECT_EQ(next(), engine.now() + 5s);
  engine.know({"10.0.1.9"});
  engine.deliver(1, support::ipv4({.src = ip("10.0.1.9"), .dst = peer}, support::udp(1, 2)));  // waits for ARP
  engine.turn();
  EXPECT_LE(*next(), engine.now() + 1s);
  engine.port(0).tx_room = 0;
  engine.know({"10.0.0.9"});
  engine.deliver(0, support::ipv4({.src = peer, .dst = ours}, icmp_echo(1, 1)));
  engine.turn();
  EXPECT_LE(*next(), engine.now() + 10us) << "a frame that the driver refused waits";
}

TEST(Shard, EverySnapshotIsAdoptedOnceBetweenTurns) {
  TestEngine engine;
  engine.turn();
  engine.turn();
  EXPECT_EQ(engine.handler().adopted, (std::vector<std::uint64_t>{1}));
  engine.publish();
  engine.turn();
  engine.publish();
  engine.publish();
  engine.turn();
  engine.turn();
  EXPECT_EQ(engine.handler().adopted, (std::vector<std::uint64_t>{1, 2, 4})) << "the newest counts";
}

/// Snapshots that lie in one of two places, so that an address comes back.
struct PlacedSnapshot : Snapshot {
  static void* operator new(std::size_t /*bytes*/) {
    static std::size_t count = 0;
    alignas(64) static std::byte places[2][512];
    static_assert(sizeof(PlacedSnapshot) <= sizeof places[0]);
    return places[count++ % 2];
  }
  static void operator delete(void* /*place*/) {}
};

TEST(Shard, ASnapshotAtTheAddressOfAnOldOneIsStillNew) {
  TestEngine engine;
  const auto publish = [&](std::uint64_t generation) {
    auto snapshot = std::make_unique<PlacedSnapshot>();
    snapshot->generation = generation;
    snapshot->ip = engine.config();
    engine.snapshots().publish(std::unique_ptr<const Snapshot>{snapshot.release()});
  };
  publish(11);
  engine.turn();
  // The shard sleeps: offline, it delays no grace period.
  engine.qsbr().offline(ShardId{0});
  publish(12);
  engine.snapshots().reclaim();
  publish(13);  // where 11 was
  engine.snapshots().reclaim();
  engine.qsbr().online(ShardId{0});
  engine.turn();
  EXPECT_EQ(engine.handler().adopted.back(), 13u);
}

TEST(Shard, AHandlerMayAnswerInsideItsBurst) {
  TestEngine engine;
  engine.know({"10.0.0.9"});
  engine.handler().on_packet = [&](Packet& packet, Instant now) {
    engine.shard().counters().consumed.add();
    packet = Packet{};
    const Bytes reply =
        support::ipv4({.src = ours, .dst = peer}, support::tcp({.src_port = 80, .dst_port = 1000, .flags = "SA"}));
    engine.shard().output().send(support::make_packet(engine.mempool(), reply), now);
    return true;
  };
  EXPECT_EQ(engine.reply_to(0, segment(1000)),
            (Lines{"ip 10.0.0.1 > 10.0.0.9 tcp 80 > 1000 SA seq 0 ack 0 win 65535 len 0 ttl 64"}));
  engine.expect_accounted();
}

TEST(Shard, EverythingIsAccountedForWhateverHappens) {
  EngineOptions o = options(3, 2, RssMode::software);
  o.shards = 3;
  o.handover_slots = 16;
  TestEngine engine{o};
  Random random{5};
  for (int round = 0; round < 200; ++round) {
    for (std::uint64_t n = random.below(100); n > 0; --n) {
      const Ipv4 src{ip("10.0.0.0").value + 2 + static_cast<std::uint32_t>(random.below(30))};
      const Ipv4 dst = random.chance(0.5) ? ours : Ipv4{ip("10.0.1.0").value + 1 + static_cast<std::uint32_t>(random.below(40))};
      const auto number = static_cast<std::uint16_t>(random.next());
      const auto transport = random.chance(0.3)   ? icmp_echo(number, 1)
                             : random.chance(0.5) ? support::udp(number, 9)
                                                  : support::tcp({.src_port = number});
      engine.deliver(0, support::ipv4({.src = src, .dst = dst, .ttl = static_cast<std::uint8_t>(random.below(4))}, transport),
                     static_cast<std::uint16_t>(random.below(2)));
    }
    engine.port(random.below(2)).tx_room = random.chance(0.3) ? random.below(20) : support::SimPort::unlimited;
    if (random.chance(0.2)) engine.know({"10.0.0.5", "10.0.0.9", "10.0.1.7"});
    engine.expect_accounted();
    for (std::size_t p = 0; p < 2; ++p) static_cast<void>(engine.port(p).take_sent());
  }
}

/// Shards on threads of their own, as the application runs them.
class Running {
 public:
  explicit Running(TestEngine& engine) : engine_{engine} {
    for (std::size_t i = 0; i < engine.shards(); ++i)
      threads_.emplace_back([this, i] { engine_.shard(i).run(stop_, clock_, {}); });
  }
  ~Running() { stop(); }
  void stop() {
    stop_ = true;
    for (std::thread& t : threads_)
      if (t.joinable()) t.join();
  }

 private:
  TestEngine& engine_;
  std::atomic<bool> stop_{false};
  TscClock clock_{};
  std::vector<std::thread> threads_;
};

TEST(ShardRun, TimeNeverGoesBack) {
  TestEngine engine;
  Instant last{};
  std::uint64_t went_back = 0, turns = 0;
  engine.handler().on_turn = [&](Instant now) {
    went_back += static_cast<std::uint64_t>(now < last);
    last = now;
    return ++turns % 1009 == 0;  // rare enough to let it fall asleep, often enough to be met by its last look
  };
  Running running{engine};
  const auto end = std::chrono::steady_clock::now() + 300ms;
  for (std::uint16_t i = 0; std::chrono::steady_clock::now() < end; ++i) {
    engine.deliver(0, segment(i));
    std::this_thread::sleep_for(std::chrono::microseconds{i % 97});
  }
  running.stop();
  EXPECT_EQ(went_back, 0u) << "of " << turns << " turns";
  EXPECT_GT(turns, 100u);
}

TEST(ShardRun, SleepsWithoutWorkAndWakesForIt) {
  TestEngine engine;
  Running running{engine};
  std::this_thread::sleep_for(50ms);
  EXPECT_GT(engine.shard().counters().sleeps.get(), 10u);
  engine.deliver(0, segment(7));
  const auto before = std::chrono::steady_clock::now();
  while (engine.shard().counters().consumed.get() == 0 && std::chrono::steady_clock::now() - before < 2s)
    std::this_thread::yield();
  running.stop();
  EXPECT_EQ(engine.handler().received.size(), 1u);
  EXPECT_GT(engine.shard().counters().idle_cycles.get(), 0u);
  EXPECT_GT(engine.shard().counters().busy_cycles.get(), 0u);
}

TEST(ShardRun, TwoShardsOnThreadsAccountForEveryPacketAndTakeNewSnapshots) {
  EngineOptions o = options(2, 1, RssMode::software);
  o.tcp_account_mbufs = 4096;
  TestEngine engine{o};
  constexpr std::uint64_t packets = 3000;
  {
    Running running{engine};
    for (std::uint64_t sent = 0; sent < packets; ++sent) {
      engine.deliver(0, segment(static_cast<std::uint16_t>(sent)));
      if (sent % 100 == 0) {
        engine.publish();
        engine.snapshots().reclaim();
      }
      while (engine.port(0).waiting() > 64) std::this_thread::yield();
    }
    const auto seen = [&] {
      return engine.shard(0).counters().consumed.get() + engine.shard(1).counters().consumed.get() + engine.dropped();
    };
    const auto before = std::chrono::steady_clock::now();
    while (seen() < packets && std::chrono::steady_clock::now() - before < 5s) std::this_thread::yield();
  }
  EXPECT_EQ(engine.handler(0).received.size() + engine.handler(1).received.size() + engine.dropped(), packets);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(engine.shard(i).counters().unaccounted.get(), 0u) << "at the end of run()";
  engine.snapshots().reclaim();
  EXPECT_EQ(engine.snapshots().retired(), 0u) << "shards that are gone hold nothing";
}

}  // namespace
}  // namespace engine
