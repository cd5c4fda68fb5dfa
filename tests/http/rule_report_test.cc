#include "http/rule_report.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace http {
namespace {

using Kind = RuleWarning::Kind;

std::vector<RuleReport> report(const std::vector<Rule>& rules, RuleReportOptions options = {.slow_ns = 1e9}) {
  const auto matcher = Matcher::build(rules, *make_local_pattern_compiler(), options.listener);
  if (!matcher.ok()) throw std::runtime_error{matcher.error().message()};
  auto scratch = matcher->make_scratch();
  return report_rules(rules, *matcher, *scratch, options);
}

bool warns(const RuleReport& one, Kind kind) {
  return std::any_of(one.warnings.begin(), one.warnings.end(), [&](const RuleWarning& w) { return w.kind == kind; });
}

Rule named(std::string name, PathPredicate path = {}, std::vector<std::string> hosts = {}) {
  Rule rule;
  rule.place = "lb.toml:" + std::to_string(name.size());
  rule.name = std::move(name);
  rule.path = std::move(path);
  rule.hosts = std::move(hosts);
  return rule;
}

TEST(RuleReport, EachRuleIsReachedByARequestMadeForIt) {
  std::vector<Rule> rules;
  rules.push_back(named("exact", ExactPath{"/v1/"}));
  rules.push_back(named("prefix", PathPrefix{"/v1/"}, {"*.example.com", "x"}));
  rules.push_back(named("regex", PathRegex{"^/users/[0-9]{3,}/(edit|view)$"}));
  rules.push_back(named("end", PathRegex{"\\.png$"}));
  Rule full = named("full", PathPrefix{"/full"}, {"Full.example"});
  full.methods = {"PURGE"};
  full.headers = {{"x-canary", "^(1|true)$"}, {"accept", "^text/"}};
  full.header_absent = {"user-agent", "host"};
  full.query_regex = "debug=[0-9]";
  full.client = {*engine::parse_cidr("10.1.2.3/24")};
  rules.push_back(full);
  rules.push_back(named("last"));
  for (const RuleReport& one : report(rules)) {
    EXPECT_TRUE(one.reached) << one.name;
    EXPECT_GT(one.cost_ns, 0.0) << one.name;
    EXPECT_LT(one.cost_ns, 1e6) << one.name;
    EXPECT_TRUE(one.warnings.empty()) << one.name << ": " << one.warnings[0].text;
    EXPECT_EQ(one.name, rules[one.rule].name);
  }
}

TEST(RuleReport, AShadowedRuleNamesWhatHidesIt) {
  const auto reports = report(
      {named("all-of-v1", PathPrefix{"/v1"}), named("inside", ExactPath{"/v1/users"}, {"h"}), named("beside", ExactPath{"/v2"})});
  EXPECT_FALSE(reports[1].reached);
  ASSERT_TRUE(warns(reports[1], Kind::never_reached));
  EXPECT_EQ(reports[1].warnings[0].text, "never reached: rule \"all-of-v1\" (lb.toml:9) matches everything that it does");
  EXPECT_TRUE(reports[0].warnings.empty());
  EXPECT_TRUE(reports[2].warnings.empty());
}

TEST(RuleReport, WhatIsHiddenInPartIsNotCalledShadowed) {
  Rule get = named("get", PathPrefix{"/"}, {"h"});
  get.methods = {"GET"};
  const auto reports = report({get, named("rest", PathPrefix{"/"}, {"h"})});
  EXPECT_FALSE(reports[1].reached) << "the request made for it is a GET";
  EXPECT_TRUE(reports[1].warnings.empty());
}

TEST(RuleReport, ARuleThatNothingMatchesSaysWhy) {
  Rule both = named("both");
  both.headers = {{"X-A", "1"}};
  both.header_absent = {"x-a"};
  const auto reports = report({both, named("relative", PathPrefix{"users/"})});
  ASSERT_TRUE(warns(reports[0], Kind::never_matches));
  EXPECT_EQ(reports[0].warnings[0].text, "never matches: it asks for a header to be there and to be absent");
  EXPECT_TRUE(warns(reports[1], Kind::never_matches));
}

TEST(RuleReport, RegexesThatNeedNoneAreNamedWithTheirBetterForm) {
  const auto reports =
      report({named("a", PathRegex{"^/users/"}), named("b", PathRegex{"^/robots\\.txt$"}), named("c", PathRegex{"^/x[0-9]"})});
  ASSERT_TRUE(warns(reports[0], Kind::literal_regex));
  EXPECT_EQ(reports[0].warnings[0].text,
            "path_regex \"^/users/\" needs no regex: path_prefix = \"/users/\" says the same and is faster");
  ASSERT_TRUE(warns(reports[1], Kind::literal_regex));
  EXPECT_NE(reports[1].warnings[0].text.find("path = \"/robots.txt\""), std::string::npos);
  EXPECT_FALSE(warns(reports[2], Kind::literal_regex));
}

TEST(RuleReport, DuplicateNamesAndSlowRules) {
  const auto reports = report({named("a", ExactPath{"/1"}), named("b", ExactPath{"/2"}), named("a", ExactPath{"/3"}),
                               named("", ExactPath{"/4"}), named("", ExactPath{"/5"})},
                              {.slow_ns = 0});
  EXPECT_FALSE(warns(reports[0], Kind::duplicate_name));
  EXPECT_TRUE(warns(reports[2], Kind::duplicate_name));
  EXPECT_FALSE(warns(reports[4], Kind::duplicate_name)) << "no name is not a name";
  for (const RuleReport& one : reports) EXPECT_TRUE(warns(one, Kind::slow));
}

TEST(RuleReport, CoversTheRulesOfTheListener) {
  std::vector<Rule> rules{named("internal", PathPrefix{"/"}), named("web", PathPrefix{"/"})};
  rules[0].listeners = {"internal"};
  const auto reports = report(rules, {.listener = "web", .slow_ns = 1e9});
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].rule, 1u);
  EXPECT_TRUE(reports[0].reached);
  EXPECT_TRUE(reports[0].warnings.empty());
}

TEST(RuleReport, TheTableAlignsItsColumns) {
  std::vector<RuleReport> reports{
      {0, "canary", "http-lb.toml:12", 84.6, true, {}},
      {1, "x", "http-lb.toml:120", 1900.2, false, {{Kind::slow, "slow: 1900 ns per request, more than 1000"}}}};
  EXPECT_EQ(format_rule_reports(reports),
            "rule    place             ns/request\n"
            "canary  http-lb.toml:12           85\n"
            "x       http-lb.toml:120        1900 *\n"
            "  warning: slow: 1900 ns per request, more than 1000\n"
            "* of a request that an earlier rule takes, or that does not match: none was found that ends at this rule\n");
}

TEST(FailedPredicates, NamesTheKeysOfTheConfig) {
  Rule rule = named("a", PathRegex{"^/a"}, {"h"});
  rule.methods = {"POST"};
  rule.query_regex = "x";
  const Fields fields;
  const auto compiler = make_local_pattern_compiler();
  const auto failed = [&](const Query& query) {
    std::string keys;
    const auto result = failed_predicates(rule, query, *compiler);
    for (const std::string_view key : result.value()) keys += std::string{key} + " ";
    return keys;
  };
  EXPECT_EQ(failed({"h", true, "/a", "x", Method::post, "POST", fields, {}}), "");
  EXPECT_EQ(failed({"h", true, "/b", "x", Method::get, "GET", fields, {}}), "path_regex method ");
  EXPECT_EQ(failed({"h", false, "/a", "", Method::post, "POST", fields, {}}), "host query_regex ");
}

}  // namespace
}  // namespace http
