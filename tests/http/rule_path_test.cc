#include "http/rule_path.h"

#include <gtest/gtest.h>

#include "http/target.h"

namespace http {
namespace {

std::string refusal(const engine::Result<std::string>& path) { return path ? "accepted" : path.error().what; }

TEST(RulePath, NormalPathsAreTakenAsTheyAre) {
  for (const char* path : {"/", "/a", "/a/", "/a.b/c-d_e~f", "/a%2Fb", "/%20", "/.well-known/x", "/a;b=c", "/a+b", "/...", "*"}) {
    const auto parsed = parse_rule_path(path);
    ASSERT_TRUE(parsed.ok()) << path << ": " << parsed.error().what;
    EXPECT_EQ(*parsed, path);
    std::string buffer(parsed->size(), '\0');
    EXPECT_EQ(normalise_path(*parsed, buffer).path, path);  // what it is compared with
  }
}

TEST(RulePath, ThePathThatIsMeantIsNamed) {
  EXPECT_EQ(refusal(parse_rule_path("/a//b")), "'/a//b' is never seen, paths are normalised: write '/a/b'");
  EXPECT_EQ(refusal(parse_rule_path("/a/../b/./c")), "'/a/../b/./c' is never seen, paths are normalised: write '/b/c'");
  EXPECT_EQ(refusal(parse_rule_path("/%7euser")), "'/%7euser' is never seen, paths are normalised: write '/~user'");
  EXPECT_EQ(refusal(parse_rule_path("/a%2fb")), "'/a%2fb' is never seen, paths are normalised: write '/a%2Fb'");
  EXPECT_EQ(refusal(parse_rule_path_prefix("/a//b")), "'/a//b' is never seen, paths are normalised: write '/a/b'");
  EXPECT_EQ(refusal(parse_rule_path_prefix("/a/./")), "'/a/./' is never seen, paths are normalised: write '/a/'");
}

TEST(RulePath, APrefixMayEndWithinASegmentOrATriplet) {
  for (const char* prefix : {"/", "/v1/", "/v1", "/.", "/..", "/a%", "/a%2", "/%7"})
    EXPECT_TRUE(parse_rule_path_prefix(prefix).ok()) << prefix;
}

TEST(RulePath, WhatNoRequestHasIsRefused) {
  EXPECT_EQ(refusal(parse_rule_path("")), "'' does not begin with \"/\"");
  EXPECT_EQ(refusal(parse_rule_path("a")), "'a' does not begin with \"/\"");
  EXPECT_EQ(refusal(parse_rule_path_prefix("")), "'' does not begin with \"/\"");
  EXPECT_EQ(refusal(parse_rule_path_prefix("*")), "'*' does not begin with \"/\"");
  EXPECT_EQ(refusal(parse_rule_path("/a?b")), "'/a?b' has a \"?\": the query is not part of the path, see query_regex");
  EXPECT_EQ(refusal(parse_rule_path("/a%zz")), "'/a%zz' is in no request that is accepted");
  EXPECT_EQ(refusal(parse_rule_path("/..;x")), "'/..;x' is in no request that is accepted");
  for (const char* path : {"/a b", "/a#b", "/a\\b", "/\xc3\xa4", "/a<b"})
    EXPECT_TRUE(refusal(parse_rule_path_prefix(path)).ends_with("has a byte that no path contains: write it percent-encoded"))
        << path;
}

}  // namespace
}  // namespace http
