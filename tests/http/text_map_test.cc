#include "http/text_map.h"

#include <gtest/gtest.h>
#include <map>
#include <set>

#include "engine/random.h"

namespace http {
namespace {

using Map = TextMap<std::uint32_t>;

TEST(TextMap, FindsEveryKeyInItsSpaceAndNoOther) {
  engine::Random random{7};
  std::map<std::pair<std::uint32_t, std::string>, std::uint32_t> expected;
  for (std::uint32_t i = 0; i < 5000; ++i) {
    std::string text;
    for (std::uint64_t n = random.below(24); text.size() < n;) text += static_cast<char>('a' + random.below(3));
    expected[{static_cast<std::uint32_t>(random.below(3)), text}] = i;
  }
  std::vector<Map::Entry> entries;
  for (const auto& [key, value] : expected) entries.push_back({key.first, key.second, value});
  const Map map{entries};
  EXPECT_EQ(map.size(), expected.size());
  for (const auto& [key, value] : expected) {
    const std::uint32_t* found = map.find(key.first, key.second, hash_text(key.second));
    ASSERT_NE(found, nullptr) << key.second;
    EXPECT_EQ(*found, value);
    for (std::uint32_t space = 0; space < 4; ++space)
      EXPECT_EQ(map.find(space, key.second, hash_text(key.second)) != nullptr, expected.contains({space, key.second}));
    const std::string longer = key.second + "d";
    EXPECT_EQ(map.find(key.first, longer, hash_text(longer)), nullptr);
  }
}

TEST(TextMap, AnEmptyMapFindsNothing) {
  const Map map;
  EXPECT_EQ(map.find(0, "", hash_text("")), nullptr);
  EXPECT_EQ(map.find(0, "a", hash_text("a")), nullptr);
}

TEST(TextMap, TextsWithALongCommonPartHashApart) {
  std::set<std::uint64_t> seen;
  std::size_t count = 0;
  for (std::size_t n = 1; n <= 40; ++n)
    for (std::size_t i = 0; i < n; ++i, ++count) {
      std::string text(n, 'a');
      text[i] = 'b';
      seen.insert(hash_text(text));
    }
  EXPECT_EQ(seen.size(), count);
}

}  // namespace
}  // namespace http
