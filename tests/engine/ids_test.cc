#include "engine/ids.h"

#include <gtest/gtest.h>
#include <type_traits>

namespace engine {
namespace {

static_assert(!std::is_convertible_v<std::uint16_t, PortId>, "a number is not an id by itself");
static_assert(!std::is_convertible_v<PortId, ShardId> && !std::is_constructible_v<ShardId, PortId>, "ids do not mix");
static_assert(sizeof(PortId) == 2);

TEST(Id, WithoutAValueItIsNone) {
  EXPECT_FALSE(PortId{}.valid());
  EXPECT_EQ(PortId{}, PortId::none());
  EXPECT_TRUE(PortId{0}.valid());
  EXPECT_NE(PortId{0}, PortId::none());
}

TEST(Id, ComparesByValue) {
  EXPECT_EQ(ShardId{3}, ShardId{3});
  EXPECT_LT(ShardId{2}, ShardId{3});
}

}  // namespace
}  // namespace engine
