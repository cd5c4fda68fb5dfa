#include "http/regex_text.h"

#include <gtest/gtest.h>
#include <regex>

namespace http {
namespace {

std::string literal(std::string_view regex) {
  const auto found = as_literal(regex);
  return !found ? "none" : (found->is_whole ? "= " : "< ") + found->text;
}

TEST(RegexText, LiteralsAreSeenForWhatTheyMean) {
  EXPECT_EQ(literal("^/users/"), "< /users/");
  EXPECT_EQ(literal("^/users$"), "= /users");
  EXPECT_EQ(literal("^/users/.*"), "< /users/");
  EXPECT_EQ(literal("^/users/.*$"), "< /users/");
  EXPECT_EQ(literal("^/favicon\\.ico$"), "= /favicon.ico");
  EXPECT_EQ(literal("^/a\\-b\\/c"), "< /a-b/c");
  for (const char* regex : {"",       "^",     "^$",    "users", "/users$", "^/users/[0-9]+", "^/a|b", "^/a?",  "^/a+",  "^/a*",
                            "^/a{2}", "^(/a)", "^/a.c", "^/\\d", "^/a.+",   "(?i)^/a",        "^/a\\", "^/a$b", "^/a$$", "^^/a"})
    EXPECT_EQ(literal(regex), "none") << regex;
}

TEST(RegexText, LiteralPrefixesAreCertain) {
  EXPECT_EQ(literal_prefix("^/users/[0-9]+$"), "/users/");
  EXPECT_EQ(literal_prefix("^/users"), "/users");
  EXPECT_EQ(literal_prefix("^/users?"), "/user");
  EXPECT_EQ(literal_prefix("^/users*x"), "/user");
  EXPECT_EQ(literal_prefix("^/users{0,1}"), "/user");
  EXPECT_EQ(literal_prefix("^/users+x"), "/users");
  EXPECT_EQ(literal_prefix("^/a\\.b"), "/a.b");
  EXPECT_EQ(literal_prefix("^/a\\.?b"), "/a");
  EXPECT_EQ(literal_prefix("^/a(b|c)"), "") << "an alternation anywhere: not looked into";
  EXPECT_EQ(literal_prefix("^/a|/b"), "");
  EXPECT_EQ(literal_prefix("/a"), "");
  EXPECT_EQ(literal_prefix("(?i)^/a"), "");
  EXPECT_EQ(literal_prefix("^(?i)/a"), "");
  EXPECT_EQ(literal_prefix("^/a(?i)b"), "/a");
}

TEST(RegexText, SamplesMatch) {
  for (const char* regex : {"^/users/[0-9]+$", "/item7/(edit|view)$", "^/u/[a-z0-9]+/p1\\.(png|jpg)$", "^(1|true)$",
                            "a{3}b{2,}c{0,4}", "[^/]+x", "\\d\\w\\s\\S", "^$", "(?:ab)+?c", "[-a]", "[]x]?y", "[\\]-]",
                            "((a|b)(c|d)){2}", "\\x41[\\x30-\\x39]", ".*", "\\bfoo\\b", "[a\\d]z", "x*?"}) {
    const auto sample = sample_match(regex);
    ASSERT_TRUE(sample) << regex;
    if (std::string_view{regex} == "[]x]?y") continue;  // ECMAScript reads it otherwise
    EXPECT_TRUE(std::regex_search(*sample, std::regex{regex})) << regex << " by \"" << *sample << "\"";
  }
  EXPECT_EQ(sample_match("(?i)Hello"), "Hello");
  EXPECT_EQ(sample_match("[]x]?y"), "y");
  EXPECT_EQ(sample_match("(?i:a)b"), "ab");
}

TEST(RegexText, WhatIsNotUnderstoodHasNoSample) {
  for (const char* regex :
       {"(a", "a)", "[a", "a{", "a{x}", "(?=a)", "(?<n>a)", "\\p{L}", "[[:alpha:]]", "\\", "a{4000}b{4000}", "\\x4"})
    EXPECT_FALSE(sample_match(regex)) << regex;
  EXPECT_FALSE(sample_match(std::string(10'000, '('))) << "nesting is bounded";
}

}  // namespace
}  // namespace http
