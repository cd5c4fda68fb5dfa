// http::Matcher against an oracle that evaluates every predicate of every rule.
#include <gtest/gtest.h>

#include "http/matcher.h"
#include "http/rule_report.h"
#include "tests/http/naive_matcher.h"
#include "tests/http/random_rules.h"

namespace http {
namespace {

TEST(MatcherProperty, AnswersAsAnEvaluationInFileOrder) {
  constexpr std::uint64_t seed = 20'240'607;
  RandomRules random{seed};
  NaiveMatcher naive;
  const auto compiler = make_local_pattern_compiler();
  std::size_t matched = 0;
  for (int set = 0; set < 400; ++set) {
    const std::vector<Rule> rules = random.rules();
    const auto matcher = Matcher::build(rules, *compiler);
    ASSERT_TRUE(matcher.ok()) << matcher.error().message();
    auto scratch = matcher->make_scratch();
    ASSERT_TRUE(scratch.ok());
    for (int i = 0; i < 100; ++i) {
      const Query query = random.request();
      const std::uint32_t expected = naive.match(rules, query);
      ASSERT_EQ(matcher->match(query, *scratch), expected)
          << "seed " << seed << " set " << set << " request " << i << ": " << query.method_text << " host "
          << (query.has_host ? query.host : "(none)") << " path " << query.path;
      matched += expected == no_rule ? 0 : 1;
    }
  }
  EXPECT_GT(matched, 10'000u);
  EXPECT_LT(matched, 39'000u) << "requests that match nothing count too";
}

TEST(MatcherProperty, ARuleThatCoversAnotherMatchesAllThatItDoes) {
  RandomRules random{77};
  NaiveMatcher naive;
  std::size_t covering = 0;
  for (int set = 0; set < 300; ++set) {
    const std::vector<Rule> rules = random.rules();
    for (std::size_t a = 0; a < rules.size(); ++a)
      for (std::size_t b = a + 1; b < rules.size(); ++b) {
        if (!covers(rules[a], rules[b])) continue;
        ++covering;
        for (int i = 0; i < 30; ++i) {
          const Query query = random.request();
          ASSERT_TRUE(!naive.holds(rules[b], query) || naive.holds(rules[a], query))
              << "set " << set << ": " << a << " and " << b << " path " << query.path;
        }
      }
  }
  EXPECT_GT(covering, 1000u);
}

TEST(MatcherProperty, ExplainNamesAPredicateExactlyWhenTheRuleDoesNotHold) {
  RandomRules random{5};
  NaiveMatcher naive;
  const auto compiler = make_local_pattern_compiler();
  for (int set = 0; set < 20; ++set)
    for (const Rule& rule : random.rules()) {
      const Query query = random.request();
      const auto failed = failed_predicates(rule, query, *compiler);
      ASSERT_TRUE(failed.ok()) << failed.error().message();
      ASSERT_EQ(failed->empty(), naive.holds(rule, query)) << rule.name << " in set " << set;
    }
}

}  // namespace
}  // namespace http
