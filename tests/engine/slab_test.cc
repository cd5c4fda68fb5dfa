#include "engine/slab.h"

#include <gtest/gtest.h>
#include <set>
#include <vector>

#include "engine/random.h"

namespace engine {
namespace {

struct Thing {
  explicit Thing(int v = 5) noexcept : value{v} {}
  std::uint32_t first = 1;  // where the free list lies while the thing is free
  int value;
};

TEST(Slab, BuildsObjectsAnewEachTime) {
  Slab<Thing> slab{4};
  const std::uint32_t a = slab.allocate(7);
  EXPECT_EQ(slab[a].value, 7);
  EXPECT_EQ(slab[a].first, 1u);
  slab[a].first = 99;
  slab.release(a);
  const std::uint32_t b = slab.allocate();
  EXPECT_EQ(b, a) << "last freed, first used";
  EXPECT_EQ(slab[b].value, 5);
  EXPECT_EQ(slab[b].first, 1u);
}

TEST(Slab, RefusesWhenFull) {
  Slab<Thing> slab{3};
  std::set<std::uint32_t> all;
  for (int i = 0; i < 3; ++i) all.insert(slab.allocate(i));
  EXPECT_EQ(all, (std::set<std::uint32_t>{0, 1, 2}));
  EXPECT_TRUE(slab.full());
  EXPECT_EQ(slab.allocate(), no_index);
  EXPECT_EQ(slab.used(), 3u);
  slab.release(1);
  EXPECT_FALSE(slab.full());
  EXPECT_EQ(slab.allocate(), 1u);
  EXPECT_EQ(slab.capacity(), 3u);
}

TEST(Slab, OneOfNoneIsFullAtOnce) {
  Slab<Thing> slab{0};
  EXPECT_TRUE(slab.full());
  EXPECT_EQ(slab.allocate(), no_index);
}

TEST(Slab, ReleaseDestroysTheObject) {
  struct Counted {
    explicit Counted(int& n) noexcept : living{n} { ++living; }
    ~Counted() { --living; }
    int& living;
  };
  int living = 0;
  Slab<Counted> slab{2};
  const std::uint32_t a = slab.allocate(living);
  const std::uint32_t b = slab.allocate(living);
  EXPECT_EQ(living, 2);
  slab.release(a);
  EXPECT_EQ(living, 1);
  slab.release(b);
  EXPECT_EQ(living, 0);
}

TEST(Slab, HighWaterIsAboveEveryIndexThatWasHandedOut) {
  Slab<Thing> slab{10};
  EXPECT_EQ(slab.high_water(), 0u);
  const std::uint32_t a = slab.allocate();
  static_cast<void>(slab.allocate());
  slab.release(a);
  EXPECT_EQ(slab.high_water(), 2u);
  static_cast<void>(slab.allocate());
  EXPECT_EQ(slab.high_water(), 2u) << "freed indices are used first";
}

TEST(Slab, LivingObjectsKeepIndexAndContent) {
  Random random{1};
  Slab<Thing> slab{500};
  std::vector<std::pair<std::uint32_t, int>> living;
  for (int step = 0; step < 20'000; ++step) {
    if (living.empty() || (random.chance(0.52) && !slab.full())) {
      const std::uint32_t index = slab.allocate(step);
      ASSERT_NE(index, no_index);
      living.emplace_back(index, step);
    } else {
      const std::size_t i = random.below(living.size());
      ASSERT_EQ(slab[living[i].first].value, living[i].second);
      slab.release(living[i].first);
      living[i] = living.back();
      living.pop_back();
    }
    ASSERT_EQ(slab.used(), living.size());
  }
  std::set<std::uint32_t> distinct;
  for (const auto& [index, value] : living) {
    EXPECT_EQ(slab[index].value, value);
    distinct.insert(index);
  }
  EXPECT_EQ(distinct.size(), living.size());
}

}  // namespace
}  // namespace engine
