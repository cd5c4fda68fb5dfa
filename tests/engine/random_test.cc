#include "engine/random.h"

#include <array>
#include <cmath>
#include <gtest/gtest.h>

namespace engine {
namespace {

TEST(Random, IsAFunctionOfItsSeed) {
  Random a{7}, b{7}, c{8};
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t v = a.next();
    EXPECT_EQ(v, b.next());
    differs |= v != c.next();
  }
  EXPECT_TRUE(differs);
}

// xoshiro256** as published, seeded by four outputs of splitmix64(0), whose first is 0xe220a8397b1dcdaf. Computed by hand from
// the definition: rotl(s1 * 5, 7) * 9 with s1 = 0x6e789e6aa1b965f4.
TEST(Random, FirstOutputIsTheGeneratorsDefinition) {
  const std::uint64_t s1 = 0x6e789e6aa1b965f4u;
  EXPECT_EQ(Random{0}.next(), std::rotl(s1 * 5, 7) * 9);
}

TEST(Random, BelowIsUniformAndNeverReachesTheBound) {
  Random random{1};
  std::array<int, 10> counts{};
  constexpr int draws = 100'000;
  for (int i = 0; i < draws; ++i) {
    const std::uint64_t v = random.below(counts.size());
    ASSERT_LT(v, counts.size());
    ++counts[v];
  }
  for (const int count : counts) EXPECT_NEAR(count, draws / 10, 500);  // 5 sigma: 95 * 5
  for (int i = 0; i < 100; ++i) EXPECT_EQ(random.below(1), 0u);
}

TEST(Random, ChanceComesTrueInProportion) {
  Random random{2};
  int hits = 0;
  for (int i = 0; i < 100'000; ++i) hits += random.chance(0.3) ? 1 : 0;
  EXPECT_NEAR(hits, 30'000, 750);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(random.chance(0.0));
    EXPECT_TRUE(random.chance(1.0));
  }
}

TEST(Random, BitsAreBalanced) {
  Random random{3};
  std::array<int, 64> ones{};
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t v = random.next();
    for (std::size_t bit = 0; bit < 64; ++bit) ones[bit] += static_cast<int>(v >> bit & 1);
  }
  for (const int n : ones) EXPECT_NEAR(n, 5000, 300);
}

}  // namespace
}  // namespace engine
