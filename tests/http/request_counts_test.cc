#include "http/request_counts.h"

#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <tuple>

#include "engine/random.h"

namespace http {
namespace {

using Key = std::tuple<std::uint16_t, std::uint16_t, std::uint16_t>;

std::map<Key, std::uint64_t> all(const RequestCounts& counts) {
  std::map<Key, std::uint64_t> result;
  counts.for_each([&](const RequestKey& key, std::uint64_t count) {
    EXPECT_TRUE(result.emplace(Key{key.listener, key.server, key.code}, count).second) << "twice";
  });
  return result;
}

TEST(RequestKey, UnpacksToWhatWasPacked) {
  for (const RequestKey key :
       {RequestKey{0, 0, 0}, RequestKey{255, 8191, 599}, RequestKey{0xffff, 0xffff, 0xffff}, RequestKey{}}) {
    const RequestKey back = RequestKey::unpack(key.packed());
    EXPECT_EQ((Key{back.listener, back.server, back.code}), (Key{key.listener, key.server, key.code}));
    EXPECT_NE(key.packed(), 0u) << "0 is an empty cell";
  }
}

TEST(RequestCounts, CountEveryCombination) {
  const auto counts = std::make_unique<RequestCounts>();
  std::map<Key, std::uint64_t> expected;
  engine::Random random{1};
  for (int i = 0; i < 20'000; ++i) {
    const RequestKey key{static_cast<std::uint16_t>(random.below(4)), static_cast<std::uint16_t>(random.below(50)),
                         static_cast<std::uint16_t>(200 + random.below(5))};
    counts->add(key);
    ++expected[{key.listener, key.server, key.code}];
  }
  EXPECT_EQ(all(*counts), expected);
  EXPECT_EQ(counts->overflow(), 0u);
}

TEST(RequestCounts, AreFullWhenEveryCellIsUsedAndCountOn) {
  const auto counts = std::make_unique<RequestCounts>();
  for (std::size_t i = 0; i < RequestCounts::capacity; ++i) counts->add({0, static_cast<std::uint16_t>(i), 200});
  EXPECT_EQ(all(*counts).size(), RequestCounts::capacity);
  EXPECT_EQ(counts->overflow(), 0u);
  counts->add({1, 0, 200});
  EXPECT_EQ(counts->overflow(), 1u);
  counts->add({0, 7, 200});
  EXPECT_EQ((all(*counts)[{0, 7, 200}]), 2u) << "a known combination has its cell";
}

}  // namespace
}  // namespace http
