#include "http/predicates.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace http {
namespace {

/// Rules compiled as the matcher does it, and a request to try them on.
class Tests {
 public:
  explicit Tests(const std::vector<Rule>& rules) {
    Predicates::Builder builder;
    for (const Rule& rule : rules) EXPECT_TRUE(builder.add(rule).ok());
    std::vector<PatternSet> sets;
    for (const auto& sources : builder.sources()) sets.push_back(std::get<PatternSet>(PatternSet::compile(sources)));
    predicates_ = std::move(builder).build(std::move(sets));
    for (const PatternSet& set : predicates_.sets()) EXPECT_TRUE(patterns_.grow(set));
    scratch_ = PredicateScratch{predicates_};
  }
  const Predicates& predicates() const { return predicates_; }
  bool hold(std::uint32_t rule = 0) {
    scratch_.begin();
    return again(rule);
  }
  bool again(std::uint32_t rule) {
    return predicates_.hold(rule, {"h", true, "/", query, method_of(method), method, fields, client}, scratch_, patterns_);
  }

  Fields fields;
  std::string query, method = "GET";
  engine::Ipv4 client{10, 0, 0, 1};

 private:
  Predicates predicates_;
  PatternScratch patterns_;
  PredicateScratch scratch_;
};

TEST(Predicates, HostAndPathAreNotTested) {
  Rule rule;
  rule.hosts = {"other.example"};
  rule.path = ExactPath{"/other"};
  Tests tests{{rule}};
  EXPECT_FALSE(tests.predicates().conditional(0));
  EXPECT_TRUE(tests.hold());
}

TEST(Predicates, MethodsAreTokensAndCaseSensitive) {
  Rule rule;
  rule.methods = {"GET", "PURGE", "LINK"};
  Rule known;
  known.methods = {"POST"};
  Tests tests{{rule, known}};
  EXPECT_TRUE(tests.predicates().conditional(0));
  for (const auto& [method, holds] : {std::pair{"GET", true},
                                      {"PURGE", true},
                                      {"LINK", true},
                                      {"POST", false},
                                      {"UNLINK", false},
                                      {"get", false},
                                      {"PURG", false},
                                      {"", false}}) {
    tests.method = method;
    EXPECT_EQ(tests.hold(0), holds) << method;
    EXPECT_EQ(tests.hold(1), tests.method == "POST") << method;
  }
}

TEST(Predicates, EveryMethodHasItsName) {
  EXPECT_EQ(method_of("GET"), Method::get);
  EXPECT_EQ(method_of("DELETE"), Method::delete_);
  EXPECT_EQ(method_of("PATCH"), Method::patch);
  EXPECT_EQ(method_of("CONNECT"), Method::connect);
  EXPECT_EQ(method_of("PROPFIND"), Method::other);
  EXPECT_EQ(method_of("Get"), Method::other);
  EXPECT_EQ(method_of(""), Method::other);
}

TEST(Predicates, ClientIsInAnyOfTheNetworks) {
  Rule rule;
  rule.client = {*engine::parse_cidr("10.0.0.0/31"), *engine::parse_cidr("192.168.7.9/24"), *engine::parse_cidr("10.0.0.2/32"),
                 *engine::parse_cidr("255.255.255.254/31")};
  Rule everywhere;
  everywhere.client = {*engine::parse_cidr("0.0.0.0/0"), *engine::parse_cidr("10.0.0.0/8")};
  Tests tests{{rule, everywhere}};
  for (const auto& [text, holds] : {std::pair{"10.0.0.0", true},
                                    {"10.0.0.2", true},
                                    {"10.0.0.3", false},
                                    {"9.255.255.255", false},
                                    {"192.168.7.0", true},
                                    {"192.168.7.255", true},
                                    {"192.168.8.0", false},
                                    {"255.255.255.255", true},
                                    {"255.255.255.253", false},
                                    {"0.0.0.0", false}}) {
    tests.client = *engine::parse_ipv4(text);
    EXPECT_EQ(tests.hold(0), holds) << text;
    EXPECT_TRUE(tests.hold(1)) << text;
  }
}

TEST(Predicates, AHeaderMatchesIfAnyLineOfThatNameDoes) {
  Rule rule;
  rule.headers = {{"X-Canary", "^(1|true)$"}};
  Tests tests{{rule}};
  EXPECT_FALSE(tests.hold());
  tests.fields.push({"x-canary", "no"});
  EXPECT_FALSE(tests.hold());
  tests.fields.push({"X-CANARY-2", "1"});
  EXPECT_FALSE(tests.hold());
  tests.fields.push({"X-CANARY", "true"});
  EXPECT_TRUE(tests.hold());
}

TEST(Predicates, AnAbsentHeaderMatchesNoRegexAndAnEmptyOneDoes) {
  Rule rule;
  rule.headers = {{"x-a", ""}};
  Tests tests{{rule}};
  EXPECT_FALSE(tests.hold());
  tests.fields.push({"x-a", ""});
  EXPECT_TRUE(tests.hold());
}

TEST(Predicates, AllHeadersMustMatch) {
  Rule rule;
  rule.headers = {{"x-a", "1"}, {"x-b", "2"}, {"x-a", "3"}};
  Tests tests{{rule}};
  tests.fields.push({"x-a", "1"});
  tests.fields.push({"x-b", "2"});
  EXPECT_FALSE(tests.hold());
  tests.fields.push({"x-a", "3"});
  EXPECT_TRUE(tests.hold());
}

TEST(Predicates, HeaderAbsent) {
  Rule rule;
  rule.header_absent = {"Authorization", "cookie"};
  Tests tests{{rule}};
  tests.fields.push({"authorization2", ""});
  EXPECT_TRUE(tests.hold());
  tests.fields.push({"AUTHORIZATION", ""});
  EXPECT_FALSE(tests.hold());
}

TEST(Predicates, QueryRegexSeesAnEmptyQueryWhenThereIsNone) {
  Rule debug, none;
  debug.query_regex = "debug=1";
  none.query_regex = "^$";
  Tests tests{{debug, none}};
  EXPECT_FALSE(tests.hold(0));
  EXPECT_TRUE(tests.hold(1));
  tests.query = "a=b&debug=1";
  EXPECT_TRUE(tests.hold(0));
  EXPECT_FALSE(tests.hold(1));
}

TEST(Predicates, RegexesOnOneHeaderAreOneSetAndOneScanPerRequest) {
  std::vector<Rule> rules(100);
  for (std::size_t i = 0; i < rules.size(); ++i)
    rules[i].headers = {{i % 2 == 0 ? "X-Tenant" : "x-tenant", fmt::format("^t{}$", i / 2)}};
  Tests tests{rules};
  ASSERT_EQ(tests.predicates().sets().size(), 1u);
  EXPECT_EQ(tests.predicates().sets()[0].size(), 50u);
  tests.fields.push({"X-TENANT", "t33"});
  for (std::uint32_t i = 0; i < 100; ++i) EXPECT_EQ(tests.hold(i), i / 2 == 33) << i;
  tests.fields.clear();
  EXPECT_TRUE(tests.again(66)) << "the same request: scanned before";
  EXPECT_FALSE(tests.hold(66)) << "another request: scanned again";
}

TEST(Predicates, EmptyNamesAreRefused) {
  Rule method, header, absent;
  method.methods = {"GET", ""};
  header.headers = {{"", "x"}};
  absent.header_absent = {""};
  for (const Rule& rule : {method, header, absent}) EXPECT_FALSE(Predicates::Builder{}.add(rule).ok());
}

TEST(Predicates, AQueryIsMadeOfAHeadWithoutTheQuestionMark) {
  RequestHead head;
  head.query = "?a=1";
  head.host = "h";
  head.has_host = true;
  head.method = Method::put;
  const Query query = Query::of(head, "/normal", engine::Ipv4{1, 2, 3, 4});
  EXPECT_EQ(query.query, "a=1");
  EXPECT_EQ(query.path, "/normal");
  EXPECT_EQ(query.method, Method::put);
  head.query = "?";
  EXPECT_EQ(Query::of(head, "/", {}).query, "");
}

Rule with_path(PathPredicate path) {
  Rule rule;
  rule.path = std::move(path);
  return rule;
}
Rule with_hosts(std::vector<std::string> hosts) {
  Rule rule;
  rule.hosts = std::move(hosts);
  return rule;
}

TEST(Covers, Hosts) {
  EXPECT_TRUE(covers(Rule{}, with_hosts({"a.b"})));
  EXPECT_FALSE(covers(with_hosts({"a.b"}), Rule{}));
  EXPECT_TRUE(covers(with_hosts({"*.b", "c"}), with_hosts({"C.", "x.A.b", "*.y.b"})));
  EXPECT_FALSE(covers(with_hosts({"*.a.b"}), with_hosts({"*.b"})));
  EXPECT_FALSE(covers(with_hosts({"*.b"}), with_hosts({"b"})));
}

TEST(Covers, Paths) {
  EXPECT_TRUE(covers(with_path(PathPrefix{"/v1"}), with_path(ExactPath{"/v10"})));
  EXPECT_TRUE(covers(with_path(PathPrefix{"/v1"}), with_path(PathPrefix{"/v1/"})));
  EXPECT_TRUE(covers(with_path(PathPrefix{"/v1"}), with_path(PathRegex{"^/v1/[0-9]+$"})));
  EXPECT_TRUE(covers(with_path(PathRegex{"^/v1/"}), with_path(PathPrefix{"/v1/x"}))) << "a literal in a regex's clothes";
  EXPECT_TRUE(covers(with_path(PathRegex{"[0-9]"}), with_path(PathRegex{"[0-9]"})));
  EXPECT_FALSE(covers(with_path(PathPrefix{"/v1/"}), with_path(PathPrefix{"/v1"})));
  EXPECT_FALSE(covers(with_path(PathPrefix{"/"}), Rule{})) << "the path may be \"*\"";
  EXPECT_FALSE(covers(with_path(PathPrefix{"/v1"}), with_path(PathRegex{"^/v1|^/v2"})));
  EXPECT_FALSE(covers(with_path(ExactPath{"/v1"}), with_path(PathPrefix{"/v1"})));
}

TEST(Covers, ClientsByAddressNotByText) {
  const auto with_clients = [](const std::vector<std::string>& networks) {
    Rule rule;
    for (const std::string& network : networks) rule.client.push_back(*engine::parse_cidr(network));
    return rule;
  };
  EXPECT_TRUE(covers(with_clients({"10.0.0.0/9", "10.128.0.0/9"}), with_clients({"10.0.0.0/8"})));
  EXPECT_TRUE(covers(with_clients({"0.0.0.0/1", "128.0.0.0/1"}), Rule{}));
  EXPECT_FALSE(covers(with_clients({"10.0.0.0/9"}), with_clients({"10.0.0.0/8"})));
  EXPECT_FALSE(covers(with_clients({"10.0.0.0/8"}), Rule{}));
}

TEST(Covers, MethodsHeadersAndQuery) {
  Rule narrow, wide;
  narrow.methods = {"GET"};
  wide.methods = {"POST", "GET"};
  narrow.headers = {{"X-A", "1"}, {"x-b", "2"}};
  wide.headers = {{"x-a", "1"}};
  narrow.header_absent = {"Cookie", "x-c"};
  wide.header_absent = {"cookie"};
  narrow.query_regex = wide.query_regex = "a";
  EXPECT_TRUE(covers(wide, narrow));
  EXPECT_FALSE(covers(narrow, wide));
  narrow.query_regex = "b";
  EXPECT_FALSE(covers(wide, narrow));
}

TEST(RulePredicates, ContradictionsAreSeen) {
  Rule both;
  both.headers = {{"X-A", "1"}};
  both.header_absent = {"x-a"};
  EXPECT_NE(contradiction(both), "");
  EXPECT_NE(contradiction(with_path(ExactPath{"users"})), "");
  EXPECT_NE(contradiction(with_path(ExactPath{""})), "");
  EXPECT_NE(contradiction(with_path(PathPrefix{"users/"})), "");
  EXPECT_NE(contradiction(with_path(ExactPath{"/a?b"})), "");
  for (const PathPredicate& path : {PathPredicate{}, PathPredicate{ExactPath{"*"}}, PathPredicate{ExactPath{"/a"}},
                                    PathPredicate{PathPrefix{""}}, PathPredicate{PathRegex{"?"}}})
    EXPECT_EQ(contradiction(with_path(path)), "");
}

TEST(RulePredicates, SplitKeepsEachPredicateOnce) {
  Rule rule;
  rule.hosts = {"a"};
  rule.path = PathPrefix{"/"};
  rule.methods = {"GET"};
  rule.client = {{engine::Ipv4{}, 0}};
  rule.header_absent = {"b"};
  rule.headers = {{"c", "d"}};
  rule.query_regex = "e";
  std::string keys;
  for (const auto& [key, part] : split(rule)) keys += std::string{key} + " ";
  EXPECT_EQ(keys, "host path_prefix method client header_absent header query_regex ");
  EXPECT_FALSE(matches_all(rule));
  EXPECT_TRUE(matches_all(Rule{}));
  EXPECT_FALSE(matches_all(with_path(PathPrefix{"/"})));
  EXPECT_TRUE(matches_all(with_path(PathPrefix{"/"}), true));
}

}  // namespace
}  // namespace http
