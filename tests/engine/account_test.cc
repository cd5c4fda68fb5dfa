#include "engine/account.h"

#include <gtest/gtest.h>

#include "engine/random.h"

namespace engine {
namespace {

constexpr std::uint64_t no_connections = 0;

TEST(Account, NeverGoesAboveItsCapacity) {
  Account account{100, no_connections};
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
  Account account{100, no_connections};
  ASSERT_TRUE(account.try_charge(50));
  EXPECT_FALSE(account.try_charge(UINT64_MAX));
  EXPECT_FALSE(account.try_charge(UINT64_MAX - 49));
  EXPECT_EQ(account.used(), 50u);
}

TEST(Account, SaysNoToGrowthBelow20PercentAndToConnectionsBelow10) {
  Account account{1000, no_connections};
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

TEST(Account, GrantsToWindowsAllButTheLast20Percent) {
  Account account{1000, no_connections};
  EXPECT_EQ(account.grantable(), 800u);
  ASSERT_TRUE(account.try_charge(799));
  EXPECT_EQ(account.grantable(), 1u);
  ASSERT_TRUE(account.try_charge(1));
  EXPECT_EQ(account.grantable(), 0u);
  ASSERT_TRUE(account.try_charge(200));
  EXPECT_EQ(account.grantable(), 0u);
}

TEST(Account, PublishesWhatIsUsed) {
  Account account{10, no_connections};
  ASSERT_TRUE(account.try_charge(7));
  EXPECT_EQ(account.published_used(), 7u);
  account.release(3);
  EXPECT_EQ(account.published_used(), 4u);
  EXPECT_EQ(account.capacity(), 10u);
}

TEST(Account, EveryConnectionThatMayComeFindsItsFloor) {
  Account account{100, 20};
  EXPECT_EQ(account.available(), 60u) << "40 of 100 are reserved";
  ASSERT_TRUE(account.try_charge(60));
  EXPECT_FALSE(account.try_charge(1)) << "early connections cannot take what the last one needs";
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(account.try_open_connection()) << i;
  EXPECT_EQ(account.used(), 100u);
  EXPECT_FALSE(account.try_open_connection()) << "one more than there may be";
}

TEST(Account, AConnectionThatGoesLeavesItsFloorToTheNext) {
  Account account{100, 20};
  for (int round = 0; round < 100; ++round) {
    ASSERT_TRUE(account.try_open_connection());
    account.release(Account::floor_default);
    account.close_connection();
    ASSERT_EQ(account.used(), 0u);
    ASSERT_EQ(account.available(), 60u);
  }
}

TEST(Account, TheSumStaysWithinTheCapacityHoweverSmallItIs) {
  for (const std::uint64_t capacity : {0u, 1u, 7u, 50u, 100u, 199u, 1000u})
    for (const std::uint64_t connections_max : {0u, 1u, 10u, 50u, 100u, 1000u}) {
      Account account{capacity, connections_max};
      Random random{capacity * 7 + connections_max};
      std::uint64_t open = 0, charged = 0;
      for (int step = 0; step < 2000; ++step) {
        switch (random.below(4)) {
          case 0:
            if (open < connections_max && account.try_open_connection()) ++open;
            break;
          case 1:
            if (open == 0) break;
            account.release(Account::floor_default);
            account.close_connection();
            --open;
            break;
          case 2:
            if (const std::uint64_t n = random.below(20); account.try_charge(n)) charged += n;
            break;
          default:
            if (const std::uint64_t n = random.below(20); n <= charged) account.release(n), charged -= n;
        }
        ASSERT_LE(account.used(), capacity) << capacity << " mbufs, " << connections_max << " connections";
        ASSERT_EQ(account.used(), open * Account::floor_default + charged);
      }
    }
}

}  // namespace
}  // namespace engine
