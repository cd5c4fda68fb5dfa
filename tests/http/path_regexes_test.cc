#include "http/path_regexes.h"

#include <gtest/gtest.h>

namespace http {
namespace {

struct Built {
  PathRegexes table;
  PatternScratch scratch;
};

Built build(PathRegexes::Builder builder, std::uint32_t groups) {
  std::vector<PatternSet> sets;
  for (const auto& sources : builder.sources()) sets.push_back(std::get<PatternSet>(PatternSet::compile(sources)));
  Built built{std::move(builder).build(groups, std::move(sets)), {}};
  for (const PatternSet& set : built.table.sets()) EXPECT_TRUE(built.scratch.grow(set));
  return built;
}

/// The first unconditional rule below `bound`, and all conditional ones below that.
std::pair<std::uint32_t, std::vector<std::uint32_t>> collected(Built& built, std::uint32_t group, std::string_view path,
                                                               std::uint32_t bound = no_rule) {
  std::vector<Candidates::Cursor> room(built.table.lists_max(group));
  Candidates candidates{room, bound};
  built.table.collect(group, path, built.scratch, candidates);
  std::vector<std::uint32_t> asked;
  candidates.resolve([&](std::uint32_t rule) { return asked.push_back(rule), false; });
  return {candidates.best(), asked};
}
using Rules = std::vector<std::uint32_t>;

TEST(PathRegexes, SelectsTheRulesOfTheGroupWhoseRegexMatches) {
  PathRegexes::Builder builder;
  builder.add(1, "^/a[0-9]", "x:1", {1, true});
  builder.add(1, "[0-9]$", "x:2", {2, true});
  builder.add(2, "^/b", "x:3", {3, false});
  builder.add(1, "^/c", "x:4", {4, false});
  Built built = build(std::move(builder), 4);
  EXPECT_EQ(collected(built, 1, "/a1"), (std::pair{no_rule, Rules{1, 2}}));
  EXPECT_EQ(collected(built, 1, "/a1x"), (std::pair{no_rule, Rules{1}}));
  EXPECT_EQ(collected(built, 1, "/c2"), (std::pair{4u, Rules{2}}));
  EXPECT_EQ(collected(built, 1, "/b"), (std::pair{no_rule, Rules{}}));
  EXPECT_EQ(collected(built, 2, "/b"), (std::pair{3u, Rules{}}));
  EXPECT_EQ(collected(built, 0, "/b"), (std::pair{no_rule, Rules{}}));
  EXPECT_EQ(built.table.lowest(0), no_rule);
  EXPECT_EQ(built.table.lowest(1), 1u);
}

TEST(PathRegexes, TheSameRegexIsOnePatternPerGroup) {
  PathRegexes::Builder builder;
  for (std::uint32_t rule = 0; rule < 5; ++rule) builder.add(0, "^/a+$", "x:1", {rule, rule != 3});
  const auto sources = builder.sources();
  ASSERT_EQ(sources.size(), 1u);
  EXPECT_EQ(sources[0].size(), 1u);
  Built built = build(std::move(builder), 1);
  EXPECT_EQ(collected(built, 0, "/aa"), (std::pair{3u, Rules{0, 1, 2}})) << "4 comes behind an unconditional rule";
  EXPECT_EQ(built.table.lists_max(0), 1u);
}

TEST(PathRegexes, WhatCannotBeatTheBoundIsNotCollected) {
  PathRegexes::Builder builder;
  builder.add(0, "a", "x:1", {5, true});
  builder.add(0, "b", "x:2", {7, false});
  Built built = build(std::move(builder), 1);
  EXPECT_EQ(collected(built, 0, "ab", 6), (std::pair{6u, Rules{5}}));
  EXPECT_EQ(collected(built, 0, "ab", 5), (std::pair{5u, Rules{}}));
}

TEST(PathRegexes, SourcesCarryThePlaceOfTheFirstUser) {
  PathRegexes::Builder builder;
  builder.add(0, "a", "x:1", {0, false});
  builder.add(0, "a", "x:2", {1, false});
  EXPECT_EQ(builder.sources()[0][0].place, "x:1");
}

}  // namespace
}  // namespace http
