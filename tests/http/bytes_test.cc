#include "http/bytes.h"

#include <gtest/gtest.h>
#include <string>

namespace http {
namespace {

TEST(Bytes, ShortTextsAreEqualWhenEveryByteIs) {
  for (std::size_t n = 0; n < 40; ++n) {
    std::string a(n, 'x');
    for (std::size_t i = 0; i < n; ++i) a[i] = static_cast<char>('a' + i % 26);
    std::string b = a;
    EXPECT_TRUE(equal_short(a, b)) << n;
    for (std::size_t i = 0; i < n; ++i) {
      b[i] = static_cast<char>(b[i] ^ 0x80);
      EXPECT_FALSE(equal_short(a, b)) << n << " byte " << i;
      b[i] = a[i];
    }
    EXPECT_FALSE(equal_short(a, a + "x"));
  }
  EXPECT_TRUE(equal_short({}, {}));
}

TEST(Bytes, FindsTheFirstOfAByte) {
  for (std::size_t n = 0; n <= 24; ++n)
    for (std::size_t at = 0; at < 32; ++at) {
      std::string text(32, '\0');
      text[at] = '\x01';  // a zero byte below a one: where a borrow would run into it
      if (at + 5 < text.size()) text[at + 5] = '\x01';
      EXPECT_EQ(find_byte(text.data(), n, '\x01'), std::min(at, n));
      EXPECT_EQ(find_byte(text.data(), n, '\xff'), n);
    }
  const std::string high = "\x7f\x80\xff\x81____";
  EXPECT_EQ(find_byte(high.data(), 4, '\x80'), 1u);
  EXPECT_EQ(find_byte(high.data(), 4, '\x81'), 3u);
  EXPECT_EQ(find_byte(high.data(), 4, '_'), 4u);
}

}  // namespace
}  // namespace http
