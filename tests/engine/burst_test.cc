#include "engine/burst.h"

#include <gtest/gtest.h>
#include <vector>

#include "tests/support/shard_fixture.h"

namespace engine {
namespace {

class BurstTest : public testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(mempool_->available(), mempool_->size()) << "mbufs lost"; }
  /// A packet whose first byte is `number`.
  Packet packet(std::size_t number) {
    const support::Bytes bytes{static_cast<std::byte>(number)};
    return support::make_packet(*mempool_, bytes);
  }
  static int number(const Packet& p) { return std::to_integer<int>(p.data()[0]); }
  void fill(Burst& burst, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) burst.push(packet(i));
  }

  std::unique_ptr<Mempool> mempool_ = support::make_mempool(200);
};

TEST_F(BurstTest, FreesWhatIsLeftInIt) {
  Burst burst;
  fill(burst, 10);
  EXPECT_EQ(burst.size(), 10);
  EXPECT_EQ(mempool_->available(), mempool_->size() - 10);
}

TEST_F(BurstTest, RefusesBeyondItsCapacityAndLeavesThePacketWithItsOwner) {
  Burst burst;
  fill(burst, Burst::capacity);
  EXPECT_TRUE(burst.full());
  Packet one_more = packet(77);
  EXPECT_FALSE(burst.try_push(one_more));
  ASSERT_TRUE(one_more);
  EXPECT_EQ(number(one_more), 77);
  burst.clear();
  EXPECT_TRUE(burst.empty());
  EXPECT_TRUE(burst.try_push(one_more));
  EXPECT_FALSE(one_more);
}

TEST_F(BurstTest, DrainsInOrderWhateverTheLength) {
  for (std::size_t n = 0; n <= Burst::capacity; ++n) {
    Burst burst;
    fill(burst, n);
    std::vector<int> seen;
    burst.drain([&](Packet p) noexcept { seen.push_back(number(p)); });
    ASSERT_EQ(seen.size(), n);
    for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(seen[i], static_cast<int>(i));
    ASSERT_TRUE(burst.empty());
    ASSERT_EQ(mempool_->available(), mempool_->size()) << "what was not moved on is freed";
  }
}

TEST_F(BurstTest, DrainedPacketsCanGoToOtherBursts) {
  Burst in, even, odd;
  fill(in, 20);
  in.drain([&](Packet p) noexcept { (number(p) % 2 == 0 ? even : odd).push(std::move(p)); });
  EXPECT_EQ(even.size(), 10);
  EXPECT_EQ(odd.size(), 10);
  EXPECT_EQ(mempool_->available(), mempool_->size() - 20);
}

TEST_F(BurstTest, FilterKeepsTheOrderOfThoseThatStay) {
  Burst burst;
  fill(burst, 10);
  std::vector<Packet> taken;
  burst.filter([&](Packet& p) noexcept {
    if (number(p) % 3 == 0) taken.push_back(std::move(p));
    if (p && number(p) == 4) p = Packet{};  // frees it
  });
  EXPECT_EQ(taken.size(), 4u);
  std::vector<int> left;
  burst.drain([&](Packet p) noexcept { left.push_back(number(p)); });
  EXPECT_EQ(left, (std::vector<int>{1, 2, 5, 7, 8}));
}

TEST_F(BurstTest, FillTakesAtMostTheRoomThatIsLeft) {
  Burst burst;
  fill(burst, 60);
  std::uint16_t asked = 0;
  const std::uint16_t got = burst.fill([&](rte_mbuf** mbufs, std::uint16_t room) noexcept {
    asked = room;
    mbufs[0] = packet('c').release();
    return std::uint16_t{1};
  });
  EXPECT_EQ(asked, 4);
  EXPECT_EQ(got, 1);
  EXPECT_EQ(burst.size(), 61);
  EXPECT_EQ(*rte_pktmbuf_mtod(burst.mbufs()[60], char*), 'c');
}

}  // namespace
}  // namespace engine
