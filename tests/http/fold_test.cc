#include "http/fold.h"

#include <array>
#include <cstring>
#include <gtest/gtest.h>

namespace http {
namespace {

TEST(Fold, TouchesTheLettersAToZOnly) {
  for (int c = 0; c < 256; ++c) {
    const char expected = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
    EXPECT_EQ(fold(static_cast<char>(c)), expected) << c;
    for (std::size_t place = 0; place < 8; ++place) {  // and in a word, whatever the neighbours are
      std::array<char, 8> bytes;
      bytes.fill('Z');
      bytes[place] = static_cast<char>(c);
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data(), 8);
      word = fold(word);
      std::memcpy(bytes.data(), &word, 8);
      for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(bytes[i], i == place ? expected : 'z') << c << " at " << place;
    }
  }
}

TEST(Fold, EqualFolded) {
  EXPECT_TRUE(equal_folded("Content-Length", "content-LENGTH"));
  EXPECT_FALSE(equal_folded("content-length", "content-lengt"));
  EXPECT_FALSE(equal_folded("a_", "a\x7f"));  // 0x5f and 0x7f differ in the case bit and are no letters
  EXPECT_FALSE(equal_folded("@", "`"));
  EXPECT_TRUE(equal_folded("", ""));
}

TEST(Fold, IntoABuffer) {
  for (std::size_t n = 0; n < 30; ++n) {
    const std::string text = std::string{"ABCDEFGHIJKLMNOPQRSTUVWXYZ-012"}.substr(0, n);
    std::array<char, 32> buffer{};
    fold_into(buffer.data(), text);
    EXPECT_EQ(std::string(buffer.data(), n), folded(text));
  }
}

}  // namespace
}  // namespace http
