#include "apps/toml_text.h"

#include <gtest/gtest.h>
#include <random>

#include "engine/document.h"

namespace apps {
namespace {

/// What TOML reads of `text` as the value of a key.
std::string read_back(const std::string& text) {
  const auto document = engine::Document::parse("a = " + text, "t.toml");
  if (!document) return "refused: " + document.error().message();
  const auto* value = std::get<engine::Table>(document->root().data).find("a")->value.as<std::string>();
  return value == nullptr ? "no text" : *value;
}

TEST(TomlText, QuotesWhatHasToBeQuoted) {
  EXPECT_EQ(toml::text(""), "\"\"");
  EXPECT_EQ(toml::text("a\"b\\c\nd\re\tf"), "\"a\\\"b\\\\c\\nd\\re\\tf\"");
  EXPECT_EQ(toml::text(std::string{"\0\x1b\x7f", 3}), "\"\\u0000\\u001B\\u007F\"");
  EXPECT_EQ(toml::text("gr\xc3\xbc\xc3\x9f \xf0\x9f\x9a\xb0"), "\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x9a\xb0\"");
}

TEST(TomlText, BytesThatAreNoUtf8BecomeTheReplacement) {
  for (const char* bad : {"\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80"}) {
    const std::string quoted = toml::text(bad);
    EXPECT_EQ(quoted.find_first_not_of("\"\\uFD"), std::string::npos) << quoted;
    EXPECT_EQ(read_back(quoted).substr(0, 3), "\xef\xbf\xbd");
  }
}

TEST(TomlText, AnyTextIsReadBackAsItWas) {
  std::mt19937 random{1};
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (std::size_t n = random() % 12; n > 0; --n) {
      constexpr std::string_view parts[] = {"a", "\"",       "\\",           "\n",   "\t",   "'",      "#",
                                            "=", "\xc3\xbc", "\xe2\x82\xac", "\x01", "\x7f", "\\u0041"};
      text += parts[random() % std::size(parts)];
    }
    EXPECT_EQ(read_back(toml::text(text)), text);
  }
}

TEST(TomlText, KeysAreBareWhereTheyMayBe) {
  EXPECT_EQ(toml::key("x-canary_1"), "x-canary_1");
  EXPECT_EQ(toml::key("x.y"), "\"x.y\"");
  EXPECT_EQ(toml::key(""), "\"\"");
  EXPECT_EQ(toml::key("a b"), "\"a b\"");
}

TEST(TomlText, ListsAndTables) {
  EXPECT_EQ(toml::list({}), "[]");
  const std::vector<std::string> values{"1", "\"a\""};
  EXPECT_EQ(toml::list(values), "[1, \"a\"]");
  EXPECT_EQ(toml::inline_table({}), "{}");
  const std::vector<std::pair<std::string, std::string>> entries{{"a", "1"}, {"b.c", "[2]"}};
  EXPECT_EQ(toml::inline_table(entries), "{ a = 1, \"b.c\" = [2] }");
  EXPECT_EQ(toml::text_list(std::vector<int>{7, 8}, [](int n) { return std::to_string(n); }), "[\"7\", \"8\"]");
}

}  // namespace
}  // namespace apps
