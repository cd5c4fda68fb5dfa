#include "engine/tsc.h"

#include <gtest/gtest.h>

namespace engine {
namespace {

TEST(TscClock, StartsAtZeroAndCountsNanoseconds) {
  const TscClock clock{1000, 1'000'000'000};
  EXPECT_EQ(clock.at(1000), Instant{});
  EXPECT_EQ(clock.at(1001), Instant{1ns});
  EXPECT_EQ(clock.at(1000 + 5'000'000'000u), Instant{5s});
  EXPECT_EQ(clock.start(), 1000u);
}

TEST(TscClock, StaysTrueOverAYear) {
  for (const std::uint64_t hz : {std::uint64_t{2'100'000'000}, std::uint64_t{2'999'999'777}, std::uint64_t{999'999'937}}) {
    const TscClock clock{0, hz};
    constexpr std::int64_t seconds = 365 * 86'400;
    const Duration error = clock.at(hz * std::uint64_t{seconds}) - Instant{std::chrono::seconds{seconds}};
    EXPECT_LE(error, Duration{0});
    EXPECT_GT(error, -365 * 100us) << "below 0.1 ms a day";
  }
}

TEST(TscClock, NeverGoesBack) {
  const TscClock clock{0, 2'345'678'901};
  Instant last{};
  for (std::uint64_t tsc = 0; tsc < 100'000; tsc += 3) {
    const Instant now = clock.at(tsc);
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(TscClock, ReadsTheProcessorsCounter) {
  const TscClock clock{rte_rdtsc(), 1'000'000'000};
  const Instant a = clock.read();
  const Instant b = clock.read();
  EXPECT_GE(a, Instant{});
  EXPECT_GE(b, a);
}

}  // namespace
}  // namespace engine
