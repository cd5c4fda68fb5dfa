#include "engine/region.h"

#include <gtest/gtest.h>

namespace engine {
namespace {

struct Point {
  std::uint64_t x, y;
};

TEST(Region, StartsZeroed) {
  Region<Point> region{1000};
  ASSERT_EQ(region.size(), 1000u);
  for (std::size_t i = 0; i < region.size(); ++i) {
    EXPECT_EQ(region[i].x, 0u);
    EXPECT_EQ(region[i].y, 0u);
  }
}

TEST(Region, HoldsWhatIsWritten) {
  Region<std::uint32_t> region{5000};
  for (std::uint32_t i = 0; i < 5000; ++i) region[i] = i * 7;
  for (std::uint32_t i = 0; i < 5000; ++i) ASSERT_EQ(region.data()[i], i * 7);
}

TEST(Region, UntouchedPagesCostAddressSpaceOnly) {
  Region<std::byte> region{std::size_t{1} << 40};  // 1 TiB: far above any machine's memory
  region[0] = std::byte{1};
  region[(std::size_t{1} << 40) - 1] = std::byte{2};
  EXPECT_EQ(region[0], std::byte{1});
}

TEST(Region, MovesWithItsPages) {
  Region<int> a{10};
  a[3] = 42;
  int* const at = a.data();
  Region<int> b{std::move(a)};
  EXPECT_EQ(b.data(), at);
  EXPECT_EQ(b[3], 42);
  Region<int> c;
  EXPECT_EQ(c.size(), 0u);
  c = std::move(b);
  EXPECT_EQ(c.data(), at);
  EXPECT_EQ(c.size(), 10u);
}

TEST(Region, MayBeEmpty) {
  const Region<int> none{0};
  EXPECT_EQ(none.size(), 0u);
}

TEST(RegionDeathTest, MoreThanTheAddressSpaceEndsTheProcess) {
  EXPECT_DEATH(static_cast<void>(map_pages(std::size_t{1} << 60)), "check failed");
}

}  // namespace
}  // namespace engine
