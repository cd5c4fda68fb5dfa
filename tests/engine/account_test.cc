#include "engine/account.h"

#include <gtest/gtest.h>

namespace engine {
namespace {

TEST(Account, NeverGoesAboveItsCapacity) {
  Account account{100};
  EXPECT_TRUE(account.try_charge(60));
  EXPECT_FALSE(account.try_charge(41));
  EXPECT_EQ(account.used(), 60u) << "a refusal charges nothing";
  EXPECT_TRUE(account.try_charge(40));
  EXPECT_EQ(account.available(), 0u);
  EXPECT_FALSE(account.try_charge(1));
  EXPECT_TRUE(account.try_charge(0));
  account.release(100);
  EXPECT_EQ(account.available(), 100u);
}

TEST(Account, HugeChargesDoNotWrap) {
  Account account{100};
  ASSERT_TRUE(account.try_charge(50));
  EXPECT_FALSE(account.try_charge(UINT64_MAX));
  EXPECT_FALSE(account.try_charge(UINT64_MAX - 49));
  EXPECT_EQ(account.used(), 50u);
}

TEST(Account, SaysNoToGrowthBelow20PercentAndToConnectionsBelow10) {
  Account account{1000};
  ASSERT_TRUE(account.try_charge(800));
  EXPECT_TRUE(account.may_grow());
  ASSERT_TRUE(account.try_charge(1));
  EXPECT_FALSE(account.may_grow());
  EXPECT_TRUE(account.may_accept());
  ASSERT_TRUE(account.try_charge(99));
  EXPECT_TRUE(account.may_accept());
  ASSERT_TRUE(account.try_charge(1));
  EXPECT_FALSE(account.may_accept());
  account.release(901);
  EXPECT_TRUE(account.may_grow() && account.may_accept());
}

TEST(Account, PublishesWhatIsUsed) {
  Account account{10};
  ASSERT_TRUE(account.try_charge(7));
  EXPECT_EQ(account.published_used(), 7u);
  account.release(3);
  EXPECT_EQ(account.published_used(), 4u);
  EXPECT_EQ(account.capacity(), 10u);
}

}  // namespace
}  // namespace engine
