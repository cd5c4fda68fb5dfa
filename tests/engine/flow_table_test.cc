#include "engine/flow_table.h"

#include <gtest/gtest.h>
#include <unordered_map>
#include <vector>

#include "engine/random.h"

namespace engine {
namespace {

constexpr auto any = [](std::uint32_t) noexcept { return true; };

TEST(FlowTable, FindsWhatWasInsertedUntilItIsErased) {
  FlowTable table{16};
  ASSERT_TRUE(table.insert(0x1234'0000'0000'0001u, 7));
  EXPECT_EQ(table.find(0x1234'0000'0000'0001u, any), 7u);
  EXPECT_EQ(table.candidate(0x1234'0000'0000'0001u), 7u);
  EXPECT_EQ(table.find(0x4321'0000'0000'0001u, any), no_index) << "another tag";
  EXPECT_EQ(table.used(), 1u);
  table.erase(0x1234'0000'0000'0001u, 7);
  EXPECT_EQ(table.find(0x1234'0000'0000'0001u, any), no_index);
  EXPECT_EQ(table.used(), 0u);
}

TEST(FlowTable, TheMatchDecidesAmongEqualHashes) {
  FlowTable table{64};
  const std::uint64_t hash = 0xabcd'0000'0000'0003u;
  for (std::uint32_t i = 0; i < 12; ++i) ASSERT_TRUE(table.insert(hash, i));  // more than a bucket: some are displaced
  for (std::uint32_t wanted = 0; wanted < 12; ++wanted)
    EXPECT_EQ(table.find(hash, [&](std::uint32_t index) { return index == wanted; }), wanted);
  EXPECT_EQ(table.find(hash, [](std::uint32_t) { return false; }), no_index);
}

TEST(FlowTable, ATagOfZeroIsAnEntryLikeAnyOther) {
  FlowTable table{16};
  ASSERT_TRUE(table.insert(0x0000'0000'0000'0002u, 5));
  EXPECT_EQ(table.find(2, any), 5u);
  table.erase(2, 5);
  EXPECT_EQ(table.find(2, any), no_index);
}

TEST(FlowTable, RefusesWhenBothBucketsAreFullAndStaysWhole) {
  FlowTable table{1024};
  const std::uint64_t hash = 0x5555'0000'0000'0009u;
  std::uint32_t inserted = 0;
  while (inserted < 100 && table.insert(hash, inserted)) ++inserted;
  EXPECT_EQ(inserted, 2 * FlowTable::slots_per_bucket);
  EXPECT_EQ(table.used(), inserted);
  for (std::uint32_t i = 0; i < inserted; ++i) EXPECT_EQ(table.find(hash, [&](std::uint32_t index) { return index == i; }), i);
  table.erase(hash, 3);
  EXPECT_TRUE(table.insert(hash, 200)) << "a place that became free is used again";
  EXPECT_FALSE(table.insert(hash, 201));
}

TEST(FlowTable, ReadersOfAFullBucketFindTheDisplacedAfterEveryErase) {
  const std::uint64_t hash = 0x7777'0000'0000'0004u;
  for (std::uint32_t victim = 0; victim < 16; ++victim) {
    FlowTable table{256};
    for (std::uint32_t i = 0; i < 16; ++i) ASSERT_TRUE(table.insert(hash, i));
    table.erase(hash, victim);
    for (std::uint32_t i = 0; i < 16; ++i)
      EXPECT_EQ(table.find(hash, [&](std::uint32_t index) { return index == i; }), i == victim ? no_index : i);
  }
}

/// The table beside an unordered_map. Keys are random; the hash may be made poor to force collisions of tag and bucket.
class Pair {
 public:
  Pair(std::uint64_t seed, std::uint32_t capacity, std::uint64_t hash_mask)
      : random_{seed}, hash_mask_{hash_mask}, table_{capacity}, keys_(capacity * 4) {
    for (std::uint32_t i = 0; i < keys_.size(); ++i) free_.push_back(i);
  }

  bool insert() {
    const std::uint64_t key = random_.next();
    const std::uint32_t index = free_.back();
    keys_[index] = key;
    if (!table_.insert(hash(key), index)) return false;
    free_.pop_back();
    model_.emplace(key, index);
    return true;
  }
  void erase_one() {
    auto it = model_.begin();
    std::advance(it, static_cast<std::ptrdiff_t>(random_.below(std::min<std::size_t>(model_.size(), 50))));
    table_.erase(hash(it->first), it->second);
    free_.push_back(it->second);
    keys_[it->second] = 0;
    model_.erase(it);
  }
  void check_all() {
    ASSERT_EQ(table_.used(), model_.size());
    for (const auto& [key, index] : model_) ASSERT_EQ(find(key), index);
    for (int i = 0; i < 1000; ++i) {
      const std::uint64_t absent = random_.next();
      ASSERT_EQ(find(absent), no_index);
    }
  }
  [[nodiscard]] std::size_t size() const { return model_.size(); }

 private:
  [[nodiscard]] std::uint64_t hash(std::uint64_t key) const {
    std::uint64_t h = key;
    h = (h ^ h >> 31) * 0x9e3779b97f4a7c15u;
    return (h ^ h >> 29) & hash_mask_;
  }
  [[nodiscard]] std::uint32_t find(std::uint64_t key) const {
    return table_.find(hash(key), [&](std::uint32_t index) { return keys_[index] == key; });
  }

  Random random_;
  std::uint64_t hash_mask_;
  FlowTable table_;
  std::vector<std::uint64_t> keys_;
  std::vector<std::uint32_t> free_;
  std::unordered_map<std::uint64_t, std::uint32_t> model_;
};

TEST(FlowTable, AgreesWithAMapAt90PercentOfCapacity) {
  for (const std::uint32_t capacity : {16u, 256u, 4096u, 65'536u}) {
    SCOPED_TRACE(capacity);
    Pair pair{capacity, capacity, UINT64_MAX};
    while (pair.size() < capacity * 9 / 10) ASSERT_TRUE(pair.insert()) << "refused below its capacity";
    for (int round = 0; round < 20'000; ++round) {
      pair.erase_one();
      ASSERT_TRUE(pair.insert());
    }
    pair.check_all();
    while (pair.size() > 0) pair.erase_one();
    pair.check_all();
  }
}

TEST(FlowTable, AgreesWithAMapUpToTheLastFreeSlot) {
  Pair pair{7, 1024, UINT64_MAX};  // 2048 slots
  int refused = 0;
  for (int round = 0; round < 60'000; ++round) {
    if (pair.size() > 1700 && round % 3 == 0) pair.erase_one();
    refused += pair.insert() ? 0 : 1;
    if (round % 10'000 == 0) pair.check_all();
  }
  EXPECT_GT(refused, 0) << "the test is to reach a full table";
  EXPECT_GT(pair.size(), 1700u);
  pair.check_all();
  while (pair.size() > 0) pair.erase_one();
  pair.check_all();
}

TEST(FlowTable, PoorHashesCostRoomNotTruth) {
  Pair pair{9, 4096, 0x0007'0000'0000'03ffu};  // 8 tags
  for (int round = 0; round < 20'000; ++round) {
    if (pair.size() > 500) pair.erase_one();
    static_cast<void>(pair.insert());
  }
  pair.check_all();
}

TEST(FlowTable, FillsToItsCapacityEvenIfThatIsJustBelowAPowerOfTwo) {
  for (const std::uint32_t capacity : {1u, 2u, 3u, 4u, 5u, 7u, 8u, 9u, 100u, 1000u, 1u << 15}) {
    Pair pair{capacity + 1, capacity, UINT64_MAX};
    for (std::uint32_t i = 0; i < capacity; ++i) ASSERT_TRUE(pair.insert()) << i << " of " << capacity;
    pair.check_all();
  }
}

}  // namespace
}  // namespace engine
