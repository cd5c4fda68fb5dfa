#include "http/scan.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <string>

namespace http {
namespace {

/// Every byte value at every offset of texts of every size around the vector's, alone in the heap: no byte beyond may be read.
template <CharClass set>
void compare_with_the_table(char inside) {
  for (std::size_t size = 0; size <= 100; size += size < 70 ? 1 : 7) {
    const auto bytes = std::make_unique<char[]>(size);
    std::fill_n(bytes.get(), size, inside);
    const std::string_view text{bytes.get(), size};
    for (std::size_t from = 0; from <= size; ++from) ASSERT_EQ(find_not<set>(text, from), size) << size << " from " << from;
    for (std::size_t at = 0; at < size; ++at) {
      for (int c = 0; c < 256; c += size == 64 ? 1 : 13) {
        bytes[at] = static_cast<char>(c);
        const std::size_t from = (at * 7 + static_cast<std::size_t>(c)) % (size + 1);
        ASSERT_EQ(find_not<set>(text, from), find_not_portable<set>(text, from))
            << "size " << size << " byte " << c << " at " << at;
      }
      bytes[at] = inside;
    }
  }
}

TEST(Scan, AgreesWithTheTableForTokens) { compare_with_the_table<CharClass::token>('a'); }
TEST(Scan, AgreesWithTheTableForFieldValues) { compare_with_the_table<CharClass::field>('\xff'); }
TEST(Scan, AgreesWithTheTableForLines) { compare_with_the_table<CharClass::line>(' '); }
TEST(Scan, AgreesWithTheTableForPaths) { compare_with_the_table<CharClass::path>('/'); }
TEST(Scan, AgreesWithTheTableForQueries) { compare_with_the_table<CharClass::query>('?'); }

TEST(Scan, PortableStopsAtTheFirstByteOutside) {
  EXPECT_EQ(find_not_portable<CharClass::token>("Host: a", 0), 4u);
  EXPECT_EQ(find_not_portable<CharClass::token>("Host: a", 4), 4u);
  EXPECT_EQ(find_not_portable<CharClass::token>("Host: a", 6), 7u);
  EXPECT_EQ(find_not_portable<CharClass::token>("", 0), 0u);
}

TEST(Scan, RandomBytesEndTheSame) {
  std::mt19937 random{1};
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random() % 130, '\0');
    for (char& c : text) c = static_cast<char>(random() % 8 == 0 ? random() : 'a' + random() % 26);
    const std::size_t from = random() % (text.size() + 1);
    ASSERT_EQ(find_not<CharClass::token>(text, from), find_not_portable<CharClass::token>(text, from));
    ASSERT_EQ(find_not<CharClass::field>(text, from), find_not_portable<CharClass::field>(text, from));
  }
}

}  // namespace
}  // namespace http
