#include "http/chars.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>

#include "http/fold.h"

namespace http {
namespace {

template <CharClass set>
std::string members() {
  std::string out;
  for (int c = 0; c < 256; ++c)
    if (is<set>(static_cast<char>(c))) out += static_cast<char>(c);
  return out;
}

const std::string digits = "0123456789", capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", small = "abcdefghijklmnopqrstuvwxyz";

std::string sorted(std::string text) {
  std::sort(text.begin(), text.end(),
            [](char a, char b) { return static_cast<unsigned char>(a) < static_cast<unsigned char>(b); });
  return text;
}

TEST(Chars, TokenIsTheListOfRfc9110) {  // 5.6.2
  EXPECT_EQ(members<CharClass::token>(), sorted("!#$%&'*+-.^_`|~" + digits + capitals + small));
}

TEST(Chars, FieldIsTabSpaceVcharAndObsText) {  // RFC 9110 5.5
  for (int c = 0; c < 256; ++c) EXPECT_EQ(is<CharClass::field>(static_cast<char>(c)), c == '\t' || (c >= 0x20 && c != 0x7f)) << c;
}

TEST(Chars, LineIsSpaceAndVchar) {
  for (int c = 0; c < 256; ++c) EXPECT_EQ(is<CharClass::line>(static_cast<char>(c)), c >= 0x20 && c < 0x7f) << c;
}

TEST(Chars, UnreservedIsTheListOfRfc3986) {  // 2.3
  EXPECT_EQ(members<CharClass::unreserved>(), sorted("-._~" + digits + capitals + small));
}

TEST(Chars, APathLacksWhatEndsOrConfusesIt) {
  std::string lacks;
  for (char c = 0x21; c < 0x7f; ++c)
    if (!is<CharClass::path>(c)) lacks += c;
  EXPECT_EQ(lacks, "\"#<>?\\");
}

TEST(Chars, AQueryMayAlsoHaveQuestionMarksAndBackslashes) {
  std::string lacks;
  for (char c = 0x21; c < 0x7f; ++c)
    if (!is<CharClass::query>(c)) lacks += c;
  EXPECT_EQ(lacks, "\"#<>");
}

TEST(Chars, AHostHasLettersDigitsAndThreeOthers) {
  EXPECT_EQ(members<CharClass::host>(), sorted("-._" + digits + capitals + small));
}

TEST(Chars, NoSetContainsAControlThatEndsALine) {
  for (const char c : {'\r', '\n', '\0', '\x7f', '\x1f', '\x0b', '\x0c'}) {
    EXPECT_FALSE(is<CharClass::token>(c) || is<CharClass::field>(c) || is<CharClass::line>(c) || is<CharClass::path>(c) ||
                 is<CharClass::query>(c) || is<CharClass::host>(c));
  }
}

TEST(Chars, HexValues) {
  for (int c = 0; c < 256; ++c) {
    const std::size_t at = std::string_view{"0123456789abcdef"}.find(fold(static_cast<char>(c)));
    EXPECT_EQ(hex_value(static_cast<char>(c)), at == std::string_view::npos ? -1 : static_cast<int>(at)) << c;
  }
}

}  // namespace
}  // namespace http
