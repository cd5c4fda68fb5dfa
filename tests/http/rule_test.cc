#include "http/rule.h"

#include <gtest/gtest.h>

namespace http {
namespace {

TEST(Rule, WithoutListenersAppliesToAll) {
  const Rule rule;
  EXPECT_TRUE(rule.applies_to("web"));
  EXPECT_TRUE(rule.applies_to(""));
}

TEST(Rule, AppliesToTheListenersThatItNames) {
  Rule rule;
  rule.listeners = {"web", "internal"};
  EXPECT_TRUE(rule.applies_to("internal"));
  EXPECT_FALSE(rule.applies_to("other"));
  EXPECT_TRUE(rule.applies_to("")) << "\"\" stands for every listener";
}

TEST(Rule, NoRuleIsAboveEveryIndex) { EXPECT_GT(no_rule, 4'000'000'000u); }

}  // namespace
}  // namespace http
