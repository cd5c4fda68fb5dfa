#include "engine/handover.h"

#include <atomic>
#include <gtest/gtest.h>
#include <poll.h>
#include <thread>

#include "tests/support/shard_fixture.h"

namespace engine {
namespace {

using Kind = Handover::Kind;
constexpr ShardId a{0}, b{1}, c{2};

class HandoverTest : public testing::Test {
 protected:
  static std::unique_ptr<Handover> make(std::uint16_t shards, std::uint32_t slots) {
    auto handover = Handover::create(support::unique_name("ho"), shards, slots);
    EXPECT_TRUE(handover) << handover.error().message();
    return *std::move(handover);
  }
  void TearDown() override { EXPECT_EQ(mempool_->available(), mempool_->size()) << "mbufs lost"; }
  Packet packet(std::uint8_t number) {
    const support::Bytes bytes{std::byte{number}};
    return support::make_packet(*mempool_, bytes);
  }
  static std::vector<int> numbers(Burst& burst) {
    std::vector<int> all;
    burst.drain([&](Packet p) noexcept { all.push_back(std::to_integer<int>(p.data()[0])); });
    return all;
  }
  static bool bell_rings(const Handover& handover, ShardId shard) {
    pollfd fd{handover.bell_fd(shard), POLLIN, 0};
    return ::poll(&fd, 1, 0) == 1;
  }

  std::unique_ptr<Mempool> mempool_ = support::make_mempool(500);
};

TEST_F(HandoverTest, PacketsArriveInOrderAtTheirShardOnly) {
  const auto handover = make(3, 16);
  for (std::uint8_t i = 0; i < 5; ++i) {
    Packet p = packet(i);
    ASSERT_TRUE(handover->try_push(a, b, Kind::received, p));
    EXPECT_FALSE(p);
  }
  EXPECT_FALSE(handover->is_empty(b));
  EXPECT_TRUE(handover->is_empty(c));
  Burst burst;
  handover->pop(c, Kind::received, burst);
  handover->pop(b, Kind::transmit, burst);
  EXPECT_TRUE(burst.empty());
  handover->pop(b, Kind::received, burst);
  EXPECT_EQ(numbers(burst), (std::vector<int>{0, 1, 2, 3, 4}));
  EXPECT_TRUE(handover->is_empty(b));
}

TEST_F(HandoverTest, FrameRingsAreSeparateAndAllSendersAreHeard) {
  const auto handover = make(3, 16);
  Packet one = packet(1), two = packet(2), three = packet(3);
  ASSERT_TRUE(handover->try_push(a, b, Kind::transmit, one));
  ASSERT_TRUE(handover->try_push(c, b, Kind::transmit, two));
  ASSERT_TRUE(handover->try_push(c, b, Kind::received, three));
  Burst frames;
  handover->pop(b, Kind::transmit, frames);
  EXPECT_EQ(numbers(frames), (std::vector<int>{1, 2}));
  EXPECT_FALSE(handover->is_empty(b));
}  // the third goes with the handover

TEST_F(HandoverTest, AFullRingRefusesAndLeavesThePacket) {
  const auto handover = make(2, 10);
  for (std::uint8_t i = 0; i < 10; ++i) {
    Packet p = packet(i);
    ASSERT_TRUE(handover->try_push(a, b, Kind::received, p)) << int{i};
  }
  Packet p = packet(99);
  EXPECT_FALSE(handover->try_push(a, b, Kind::received, p)) << "exactly the slots that were asked for";
  EXPECT_TRUE(p);
  EXPECT_TRUE(handover->try_push(b, a, Kind::received, p)) << "the other direction is another ring";
}

TEST_F(HandoverTest, PopStopsWhenTheBurstIsFull) {
  const auto handover = make(3, 128);
  for (std::uint8_t i = 0; i < 100; ++i) {
    Packet p = packet(i);
    ASSERT_TRUE(handover->try_push(i % 2 == 0 ? a : b, c, Kind::received, p));
  }
  Burst burst;
  handover->pop(c, Kind::received, burst);
  EXPECT_EQ(burst.size(), Burst::capacity);
  burst.clear();
  handover->pop(c, Kind::received, burst);
  EXPECT_EQ(burst.size(), 100 - Burst::capacity);
}

TEST_F(HandoverTest, OneShardNeedsNoRings) {
  const auto handover = make(1, 16);
  Burst burst;
  handover->pop(a, Kind::received, burst);
  EXPECT_TRUE(burst.empty());
  EXPECT_TRUE(handover->is_empty(a));
}

TEST_F(HandoverTest, TheBellRingsForASleeperOnly) {
  const auto handover = make(2, 16);
  handover->ring_bell(b);
  EXPECT_FALSE(bell_rings(*handover, b)) << "awake: no system call";
  handover->announce_sleep(b);
  handover->ring_bell(b);
  handover->ring_bell(b);
  EXPECT_TRUE(bell_rings(*handover, b));
  EXPECT_FALSE(bell_rings(*handover, a));
  handover->awake(b);
  EXPECT_FALSE(bell_rings(*handover, b));
  handover->ring_bell(b);
  EXPECT_FALSE(bell_rings(*handover, b));
}

TEST_F(HandoverTest, ASleeperIsNeverLeftAloneWithAPacket) {
  // Dekker's pattern, tried out: one side pushes and rings, the other announces, looks, and waits for the bell without a time-out
  // of use.
  const auto handover = make(2, 4);
  constexpr int packets = 20'000;
  std::atomic<int> got{0}, stuck{0};
  std::thread sleeper{[&] {
    while (got.load(std::memory_order_relaxed) < packets) {
      Burst burst;
      handover->announce_sleep(b);
      handover->pop(b, Kind::received, burst);
      if (burst.empty()) {
        pollfd fd{handover->bell_fd(b), POLLIN, 0};
        if (::poll(&fd, 1, 2000) == 0 && !handover->is_empty(b)) stuck.fetch_add(1);
      }
      handover->awake(b);
      got.fetch_add(burst.size());
    }
  }};
  for (int sent = 0; sent < packets;) {
    Packet p = packet(1);
    if (handover->try_push(a, b, Kind::received, p)) {
      ++sent;
      handover->ring_bell(b);
    } else {
      std::this_thread::yield();
    }
  }
  sleeper.join();
  EXPECT_EQ(stuck.load(), 0);
  EXPECT_EQ(got.load(), packets);
}

TEST_F(HandoverTest, TwoOfOneNameCannotBe) {
  const auto first = Handover::create("ho_twice", 2, 16);
  ASSERT_TRUE(first);
  const auto second = Handover::create("ho_twice", 2, 16);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::exhausted);
  EXPECT_NE(second.error().where.find("ho_twice"), std::string::npos);
}

}  // namespace
}  // namespace engine
