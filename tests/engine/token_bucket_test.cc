#include "engine/token_bucket.h"

#include <gtest/gtest.h>

namespace engine {
namespace {

constexpr Instant start{1000s};

int take_all(TokenBucket& bucket, Instant now) {
  int taken = 0;
  while (taken < 1'000'000 && bucket.try_take(now)) ++taken;
  return taken;
}

TEST(TokenBucket, AllowsTheBurstAtOnceAndNoMore) {
  TokenBucket bucket{10, 5};
  EXPECT_EQ(take_all(bucket, start), 5);
  EXPECT_FALSE(bucket.try_take(start));
}

TEST(TokenBucket, EarnsOneTokenPerInterval) {
  TokenBucket bucket{10, 5};
  take_all(bucket, start);
  EXPECT_FALSE(bucket.try_take(start + 99ms));
  EXPECT_TRUE(bucket.try_take(start + 100ms));
  EXPECT_FALSE(bucket.try_take(start + 199ms));
  EXPECT_TRUE(bucket.try_take(start + 200ms)) << "what was waited for part of an interval is not lost";
}

TEST(TokenBucket, NeverHoldsMoreThanTheBurst) {
  TokenBucket bucket{1000, 5};
  take_all(bucket, start);
  EXPECT_EQ(take_all(bucket, start + 1h), 5);
}

TEST(TokenBucket, LongRunRateIsTheConfiguredOne) {
  TokenBucket bucket{300, 10};
  take_all(bucket, start);
  int taken = 0;
  for (Duration t{}; t < 10s; t += 1ms) taken += bucket.try_take(start + t) ? 1 : 0;
  EXPECT_NEAR(taken, 3000, 3);
}

TEST(TokenBucket, TimeThatStandsOrGoesBackEarnsNothing) {
  TokenBucket bucket{10, 2};
  take_all(bucket, start);
  EXPECT_FALSE(bucket.try_take(start));
  EXPECT_FALSE(bucket.try_take(start - 10s));
  EXPECT_TRUE(bucket.try_take(start + 100ms));
}

TEST(TokenBucket, RateZeroGivesTheBurstOnly) {
  TokenBucket bucket{0, 3};
  EXPECT_EQ(take_all(bucket, start), 3);
  EXPECT_EQ(take_all(bucket, start + 24h), 0);
}

TEST(TokenBucket, RateAboveOnePerNanosecondIsNoDivisionByZero) {
  TokenBucket bucket{5'000'000'000u, 4};
  EXPECT_EQ(take_all(bucket, start), 4);
  EXPECT_EQ(take_all(bucket, start + 1us), 4);
}

}  // namespace
}  // namespace engine
