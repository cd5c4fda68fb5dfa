#include "http/rule_list.h"

#include <array>
#include <gtest/gtest.h>

#include "engine/random.h"

namespace http {
namespace {

std::vector<std::uint32_t> conditionals(const RuleLists& lists, const RuleRefs& refs) {
  std::vector<std::uint32_t> all;
  for (const std::uint32_t* at = lists.at(refs.conditional); *at != no_rule; ++at) all.push_back(*at);
  return all;
}

TEST(RuleLists, KeepsWhatComesBeforeTheFirstUnconditionalRule) {
  RuleLists lists;
  const RuleRefs refs = lists.add(std::vector<RuleRef>{{3, true}, {5, true}, {5, true}, {8, false}, {9, true}, {10, false}});
  EXPECT_EQ(refs.unconditional, 8u);
  EXPECT_EQ(conditionals(lists, refs), (std::vector<std::uint32_t>{3, 5}));
  EXPECT_EQ(lists.lowest(refs), 3u);
}

TEST(RuleLists, AnEmptyListHasNoLowest) {
  RuleLists lists;
  EXPECT_EQ(lists.lowest(lists.add({})), no_rule);
  EXPECT_EQ(lists.lowest(lists.add(std::vector<RuleRef>{{2, false}})), 2u);
  EXPECT_EQ(lists.lowest(RuleRefs{}), no_rule);
}

TEST(Candidates, AnUnconditionalRuleBoundsTheSearch) {
  RuleLists lists;
  std::array<Candidates::Cursor, 4> room;
  Candidates candidates{room, no_rule};
  const RuleRefs some = lists.add(std::vector<RuleRef>{{4, true}, {6, true}, {9, false}}),
                 five = lists.add(std::vector<RuleRef>{{5, false}});
  candidates.add(some, lists);
  candidates.add(five, lists);
  std::vector<std::uint32_t> asked;
  candidates.resolve([&](std::uint32_t rule) { return asked.push_back(rule), false; });
  EXPECT_EQ(candidates.best(), 5u);
  EXPECT_EQ(asked, std::vector<std::uint32_t>{4});
}

TEST(Candidates, AsksInAscendingOrderOverAllListsUntilOneHolds) {
  RuleLists lists;
  std::array<Candidates::Cursor, 4> room;
  Candidates candidates{room, 100};
  const std::array<RuleRefs, 3> all{lists.add(std::vector<RuleRef>{{1, true}, {7, true}, {30, true}}),
                                    lists.add(std::vector<RuleRef>{{2, true}, {3, true}, {20, true}}),
                                    lists.add(std::vector<RuleRef>{{5, true}, {50, false}})};
  for (const RuleRefs& refs : all) candidates.add(refs, lists);
  std::vector<std::uint32_t> asked;
  candidates.resolve([&](std::uint32_t rule) { return asked.push_back(rule), rule == 20; });
  EXPECT_EQ(candidates.best(), 20u);
  EXPECT_EQ(asked, (std::vector<std::uint32_t>{1, 2, 3, 5, 7, 20}));
  candidates.resolve([&](std::uint32_t) { return ADD_FAILURE(), true; });  // it is empty again
}

TEST(Candidates, FindsTheSmallestThatHoldsInRandomLists) {
  engine::Random random{11};
  for (int round = 0; round < 2000; ++round) {
    RuleLists lists;
    std::array<Candidates::Cursor, 8> room;
    const auto bound = static_cast<std::uint32_t>(random.below(80));
    Candidates candidates{room, bound};
    const std::uint64_t holds = random.next() & random.next();  // of rule i: bit i
    std::uint32_t expected = bound;
    std::vector<RuleRefs> all;
    for (std::uint64_t list = random.below(9); list-- > 0;) {
      std::vector<RuleRef> refs;
      for (std::uint32_t rule = 0; rule < 64; ++rule)
        if (random.chance(0.1)) {
          refs.push_back({rule, random.chance(0.8)});
          if (!refs.back().conditional || (holds >> rule & 1) != 0) expected = std::min(expected, rule);
        }
      all.push_back(lists.add(refs));
    }
    for (const RuleRefs& refs : all) candidates.add(refs, lists);
    candidates.resolve([&](std::uint32_t rule) { return (holds >> rule & 1) != 0; });
    ASSERT_EQ(candidates.best(), expected) << "round " << round;
  }
}

}  // namespace
}  // namespace http
