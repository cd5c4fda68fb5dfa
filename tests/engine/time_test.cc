#include "engine/time.h"

#include <gtest/gtest.h>

namespace engine {
namespace {

TEST(WallClock, AddsItsOffsetAndFloors) {
  const WallClock clock{1'700'000'000s};
  EXPECT_EQ(clock.unix_seconds(Instant{}), 1'700'000'000);
  EXPECT_EQ(clock.unix_seconds(Instant{999'999'999ns}), 1'700'000'000);
  EXPECT_EQ(clock.unix_seconds(Instant{1s}), 1'700'000'001);
  EXPECT_EQ(WallClock{1'500ms}.unix_seconds(Instant{500ms}), 2);
}

TEST(WallClock, FloorsBeforeTheEpochToo) { EXPECT_EQ(WallClock{}.unix_seconds(Instant{-1ns}), -1); }

}  // namespace
}  // namespace engine
