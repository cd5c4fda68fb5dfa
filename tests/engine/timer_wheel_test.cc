#include "engine/timer_wheel.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "engine/random.h"

namespace engine {
namespace {

using Tick = TimerWheel::Tick;
constexpr std::uint32_t no_budget = UINT32_MAX;

Instant at_tick(std::uint64_t tick) { return Instant{TimerWheel::tick * static_cast<Duration::rep>(tick)}; }

std::vector<std::uint32_t> advance(TimerWheel& wheel, Instant now, std::uint32_t budget = no_budget) {
  std::vector<std::uint32_t> fired;
  wheel.advance(now, budget, [&](std::uint32_t index) { fired.push_back(index); });
  return fired;
}

TEST(TimerWheel, TicksAreRoundedSoThatNoTimerIsEarly) {
  EXPECT_EQ(TimerWheel::ceil_tick(at_tick(5)), 5u);
  EXPECT_EQ(TimerWheel::ceil_tick(at_tick(5) + 1ns), 6u);
  EXPECT_EQ(TimerWheel::floor_tick(at_tick(6) - 1ns), 5u);
  EXPECT_EQ(TimerWheel::floor_tick(at_tick(std::uint64_t{1} << 32)), 0u) << "a tick is 32 bits of a longer count";
}

TEST(TimerWheel, FiresOnceAtItsTickNotBefore) {
  TimerWheel wheel{4};
  wheel.arm(2, 1000);
  EXPECT_TRUE(wheel.is_armed(2));
  EXPECT_EQ(wheel.deadline(2), 1000u);
  EXPECT_TRUE(advance(wheel, at_tick(1000) - 1ns).empty());
  EXPECT_EQ(advance(wheel, at_tick(1000)), (std::vector<std::uint32_t>{2}));
  EXPECT_FALSE(wheel.is_armed(2));
  EXPECT_TRUE(advance(wheel, at_tick(100'000)).empty());
  EXPECT_EQ(wheel.armed(), 0u);
}

TEST(TimerWheel, DeadlineInThePastFiresAtTheNextTurn) {
  TimerWheel wheel{4, at_tick(500)};
  wheel.arm(0, 3);
  EXPECT_EQ(wheel.next_deadline(at_tick(500)), at_tick(500));
  EXPECT_EQ(advance(wheel, at_tick(500)), (std::vector<std::uint32_t>{0}));
}

TEST(TimerWheel, RearmingMovesTheTimer) {
  TimerWheel wheel{4};
  wheel.arm(0, 10);
  wheel.arm(0, 300);
  EXPECT_EQ(wheel.armed(), 1u);
  EXPECT_TRUE(advance(wheel, at_tick(299)).empty());
  wheel.arm(0, 299 + 5);
  EXPECT_EQ(advance(wheel, at_tick(304)), (std::vector<std::uint32_t>{0}));
}

TEST(TimerWheel, CancelledTimersStayQuiet) {
  TimerWheel wheel{4};
  wheel.arm(0, 10);
  wheel.arm(1, 10);
  wheel.arm(2, 10);
  wheel.cancel(1);
  wheel.cancel(3);  // was never armed
  auto fired = advance(wheel, at_tick(10));
  std::sort(fired.begin(), fired.end());
  EXPECT_EQ(fired, (std::vector<std::uint32_t>{0, 2}));
}

TEST(TimerWheel, BudgetLeavesTheRestDue) {
  TimerWheel wheel{100};
  for (std::uint32_t i = 0; i < 100; ++i) wheel.arm(i, 5 + i % 3);
  std::set<std::uint32_t> fired;
  for (const std::size_t expected : {40u, 40u, 20u, 0u}) {
    const auto some = advance(wheel, at_tick(50), 40);
    EXPECT_EQ(some.size(), expected);
    fired.insert(some.begin(), some.end());
    if (fired.size() < 100) {
      EXPECT_EQ(wheel.next_deadline(at_tick(50)), at_tick(50)) << "due timers are due now";
    }
  }
  EXPECT_EQ(fired.size(), 100u);
}

TEST(TimerWheel, DeadlinesBeyondTheHorizonAreCutToIt) {
  TimerWheel wheel{2, at_tick(77)};
  wheel.arm(0, 77 + TimerWheel::horizon + 12'345);
  EXPECT_EQ(wheel.deadline(0), 77 + TimerWheel::horizon);
  EXPECT_TRUE(advance(wheel, at_tick(77 + TimerWheel::horizon - 1)).empty());
  EXPECT_EQ(advance(wheel, at_tick(77 + TimerWheel::horizon)).size(), 1u);
}

TEST(TimerWheel, EveryDistanceOfEveryLevelIsExact) {
  for (const std::uint64_t start :
       {std::uint64_t{0}, std::uint64_t{255}, std::uint64_t{0xffffff00}, (std::uint64_t{3} << 32) - 1})
    for (const std::uint32_t distance : {1u, 2u, 255u, 256u, 257u, 511u, 65'535u, 65'536u, 65'537u, 70'000u, 1u << 20,
                                         (1u << 24) - 1, 1u << 24, (1u << 24) + 1, 1u << 27}) {
      TimerWheel wheel{1, at_tick(start)};
      wheel.arm(0, static_cast<Tick>(start + distance));
      EXPECT_TRUE(advance(wheel, at_tick(start + distance - 1)).empty()) << start << "+" << distance;
      EXPECT_EQ(advance(wheel, at_tick(start + distance)).size(), 1u) << start << "+" << distance;
    }
}

TEST(TimerWheel, CallbacksMayArmAndCancelAnyTimer) {
  TimerWheel wheel{8};
  for (std::uint32_t i = 0; i < 4; ++i) wheel.arm(i, 10);
  std::vector<std::uint32_t> fired;
  wheel.advance(at_tick(10), no_budget, [&](std::uint32_t index) {
    fired.push_back(index);
    for (std::uint32_t i = 0; i < 4; ++i) wheel.cancel(i);  // its fellows in the same slot, and itself
    if (fired.size() == 1) {
      wheel.arm(5, 9);       // already past: due in this very turn
      wheel.arm(6, 11);      // later
      wheel.arm(index, 20);  // itself again
    }
  });
  ASSERT_EQ(fired.size(), 2u);
  EXPECT_EQ(fired[1], 5u);
  EXPECT_EQ(advance(wheel, at_tick(11)), (std::vector<std::uint32_t>{6}));
  EXPECT_FALSE(wheel.is_armed(fired[0])) << "the second callback cancelled it";
}

TEST(TimerWheel, ATimerThatAlwaysRearmsInThePastIsBoundedByTheBudget) {
  TimerWheel wheel{1};
  wheel.arm(0, 0);
  std::uint32_t calls = 0;
  wheel.advance(at_tick(5), 256, [&](std::uint32_t index) {
    ++calls;
    wheel.arm(index, 0);
  });
  EXPECT_EQ(calls, 256u);
}

TEST(TimerWheel, WithoutTimersThereIsNoDeadline) {
  TimerWheel wheel{1};
  EXPECT_FALSE(wheel.next_deadline(at_tick(1)));
  wheel.arm(0, 100);
  EXPECT_TRUE(wheel.next_deadline(at_tick(1)));
  wheel.cancel(0);
  EXPECT_FALSE(wheel.next_deadline(at_tick(1)));
}

TEST(TimerWheel, WithinAByteOfTicksTheNextDeadlineIsExact) {
  TimerWheel wheel{2, at_tick(1000)};
  advance(wheel, at_tick(1000));
  wheel.arm(0, 1020);
  wheel.arm(1, 1010);
  EXPECT_EQ(wheel.next_deadline(at_tick(1000) + 5ns), at_tick(1010));
}

/// The wheel beside a model that looks at every timer each time. Ticks are 64 bits wide here and 32 in the wheel.
class Pair {
 public:
  static constexpr std::uint32_t timers = 200;
  Pair(std::uint64_t seed, std::uint64_t start) : random_{seed}, wheel_{timers, at_tick(start)}, now_{at_tick(start)} {
    EXPECT_EQ(advance(wheel_, now_).size(), 0u);
  }

  void step() {
    for (std::uint64_t n = random_.below(8); n > 0; --n) change();
    check_next_deadline();
    now_ += random_distance() + Duration{static_cast<Duration::rep>(random_.below(TimerWheel::tick.count()))};
    const std::uint32_t budget = random_.chance(0.2) ? static_cast<std::uint32_t>(random_.below(5)) : no_budget;
    turn(budget);
    ASSERT_EQ(wheel_.armed(), model_.size());
  }
  void finish() {
    turn(no_budget);
    for (int hops = 0; !model_.empty(); ++hops) {
      ASSERT_LT(hops, 5000) << "following next_deadline leads nowhere";
      const auto next = wheel_.next_deadline(now_);
      ASSERT_TRUE(next);
      now_ = std::max(now_, *next);
      turn(no_budget);
    }
    EXPECT_FALSE(wheel_.next_deadline(now_));
  }

 private:
  [[nodiscard]] std::uint64_t now_tick() const { return static_cast<std::uint64_t>(now_.time_since_epoch() / TimerWheel::tick); }
  [[nodiscard]] Duration random_distance() {  // of any order of magnitude up to 2^22 ticks
    return TimerWheel::tick * static_cast<Duration::rep>(random_.below(std::uint64_t{1} << random_.below(23)));
  }
  void change() {
    const auto index = static_cast<std::uint32_t>(random_.below(timers));
    if (random_.chance(0.3)) {
      wheel_.cancel(index);
      model_.erase(index);
    } else {
      std::uint64_t deadline = now_tick() + random_.below(std::uint64_t{1} << random_.below(25));
      if (random_.chance(0.1)) deadline = now_tick() - std::min(now_tick(), random_.below(1000));
      wheel_.arm(index, static_cast<Tick>(deadline));
      model_[index] = deadline;
    }
    ASSERT_EQ(wheel_.is_armed(index), model_.contains(index));
  }
  void turn(std::uint32_t budget) {
    const std::uint32_t fired = wheel_.advance(now_, budget, [&](std::uint32_t index) {
      const auto timer = model_.find(index);
      ASSERT_NE(timer, model_.end()) << "fired, but was not armed";
      ASSERT_LE(timer->second, now_tick()) << "fired early";
      model_.erase(timer);
      if (random_.chance(0.3)) change();
    });
    ASSERT_LE(fired, budget);
    if (fired == budget) return;
    for (const auto& [index, deadline] : model_) ASSERT_GT(deadline, now_tick()) << index << " is overdue";
  }
  void check_next_deadline() {
    const auto next = wheel_.next_deadline(now_);
    ASSERT_EQ(next.has_value(), !model_.empty());
    if (!next) return;
    std::uint64_t earliest = UINT64_MAX;
    for (const auto& [index, deadline] : model_) earliest = std::min(earliest, deadline);
    ASSERT_LE(*next, std::max(now_, at_tick(earliest))) << "late";
    ASSERT_GE(*next, now_);
  }

  Random random_;
  TimerWheel wheel_;
  Instant now_;
  std::map<std::uint32_t, std::uint64_t> model_;
};

TEST(TimerWheel, AgreesWithANaiveModel) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Pair pair{seed, seed % 2 * 123'456'789};
    for (int i = 0; i < 300 && !testing::Test::HasFatalFailure(); ++i) pair.step();
    pair.finish();
    ASSERT_FALSE(testing::Test::HasFatalFailure());
  }
}

TEST(TimerWheel, AgreesWithANaiveModelWhileTheTickWraps) {
  for (std::uint64_t seed = 100; seed <= 120; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Pair pair{seed, (std::uint64_t{1} << 32) - 5'000'000};
    for (int i = 0; i < 300 && !testing::Test::HasFatalFailure(); ++i) pair.step();
    pair.finish();
    ASSERT_FALSE(testing::Test::HasFatalFailure());
  }
}

}  // namespace
}  // namespace engine
