#include "engine/lease.h"

#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace engine {
namespace {

TEST(Lease, OneShardCanHaveTheWholeLimitAndNoMore) {
  SharedLimit limit{100};
  Lease lease{limit, 1};
  int taken = 0;
  while (lease.try_take()) ++taken;
  EXPECT_EQ(taken, 100);
  lease.give_back();
  EXPECT_TRUE(lease.try_take());
  EXPECT_FALSE(lease.try_take());
}

TEST(Lease, AllShardsTogetherNeverHaveMore) {
  SharedLimit limit{1000};
  Lease a{limit, 2}, b{limit, 2};
  int taken = 0;
  for (bool any = true; any;) {
    any = false;
    for (Lease* lease : {&a, &b})
      if (lease->try_take()) ++taken, any = true;
  }
  EXPECT_EQ(taken, 1000);
}

TEST(Lease, AnIdleShardKeepsAtMostAQuantumFromTheOthers) {
  SharedLimit limit{1600};
  Lease idle{limit, 2}, busy{limit, 2};
  constexpr int quantum = 1600 / (2 * 16);
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(idle.try_take());
  for (int i = 0; i < 500; ++i) idle.give_back();
  int taken = 0;
  while (busy.try_take()) ++taken;
  EXPECT_GE(taken, 1600 - quantum);
}

TEST(Lease, SmallLimitsAreLeasedOneByOne) {
  SharedLimit limit{3};
  Lease a{limit, 8}, b{limit, 8};
  EXPECT_TRUE(a.try_take());
  EXPECT_TRUE(b.try_take());
  EXPECT_TRUE(a.try_take());
  EXPECT_FALSE(b.try_take());
}

TEST(Lease, ALimitOfZeroGivesNothing) {
  SharedLimit limit{0};
  Lease lease{limit, 1};
  EXPECT_FALSE(lease.try_take());
}

TEST(Lease, AShardThatGoesGivesBackWhatItDidNotUse) {
  SharedLimit limit{64};
  {
    Lease gone{limit, 1};
    ASSERT_TRUE(gone.try_take());
    gone.give_back();
  }
  EXPECT_EQ(limit.take(100), 64u);
  EXPECT_EQ(limit.take(1), 0u);
}

TEST(SharedLimit, ThreadsTakeNoneTwice) {
  SharedLimit limit{100'000};
  std::vector<std::uint64_t> taken(3);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      std::uint64_t returns_left = 1'000;  // not without end: the last one would go to and fro for ever
      while (const std::uint64_t n = limit.take(7)) {
        taken[t] += n;
        if (taken[t] % 3 == 0 && returns_left != 0) {
          --returns_left;
          limit.give_back(1);
          --taken[t];
        }
      }
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(taken[0] + taken[1] + taken[2] + limit.take(100'000), 100'000u);
}

}  // namespace
}  // namespace engine
