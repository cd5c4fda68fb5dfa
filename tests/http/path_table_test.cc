#include "http/path_table.h"

#include <array>
#include <gtest/gtest.h>

#include "engine/random.h"

namespace http {
namespace {

/// The first rule of a group that a path selects, all rules being unconditional.
std::uint32_t first(const PathTable& table, std::uint32_t group, std::string_view path) {
  Candidates candidates{{}, no_rule};
  table.collect(group, path, PathTable::hash(path), candidates);
  return candidates.best();
}

/// All conditional rules that a path selects, ascending.
std::vector<std::uint32_t> all(const PathTable& table, std::uint32_t group, std::string_view path) {
  std::vector<Candidates::Cursor> room(table.lists_max(group));
  Candidates candidates{room, no_rule};
  table.collect(group, path, PathTable::hash(path), candidates);
  std::vector<std::uint32_t> rules;
  candidates.resolve([&](std::uint32_t rule) { return rules.push_back(rule), false; });
  return rules;
}

TEST(PathTable, ExactPathsPrefixesAndRulesWithoutPath) {
  PathTable::Builder builder;
  builder.add_exact(0, "/a", {3, true});
  builder.add_prefix(0, "/", {5, true});
  builder.add_prefix(0, "/a/b", {1, true});
  builder.add_prefix(0, "/a", {4, true});
  builder.add_any(0, {2, true});
  const PathTable table = std::move(builder).build(1);
  using Rules = std::vector<std::uint32_t>;
  EXPECT_EQ(all(table, 0, "/a"), (Rules{2, 3, 4, 5}));
  EXPECT_EQ(all(table, 0, "/a/b"), (Rules{1, 2, 4, 5}));
  EXPECT_EQ(all(table, 0, "/a/bc"), (Rules{1, 2, 4, 5}));
  EXPECT_EQ(all(table, 0, "/ab"), (Rules{2, 4, 5})) << "a string prefix, not one of segments";
  EXPECT_EQ(all(table, 0, "/b"), (Rules{2, 5}));
  EXPECT_EQ(all(table, 0, "*"), (Rules{2}));
  EXPECT_EQ(all(table, 0, ""), (Rules{2}));
  EXPECT_EQ(all(table, 0, {}), (Rules{2}));
  EXPECT_EQ(table.lowest(0), 1u);
  EXPECT_EQ(table.lists_max(0), 5u);
}

TEST(PathTable, GroupsAreSeparate) {
  PathTable::Builder builder;
  builder.add_exact(1, "/a", {1, false});
  builder.add_prefix(2, "/a", {2, false});
  builder.add_any(3, {3, false});
  const PathTable table = std::move(builder).build(5);
  EXPECT_EQ(first(table, 0, "/a"), no_rule);
  EXPECT_EQ(first(table, 1, "/a"), 1u);
  EXPECT_EQ(first(table, 2, "/a"), 2u);
  EXPECT_EQ(first(table, 3, "/a"), 3u);
  EXPECT_EQ(first(table, 4, "/a"), no_rule);
  EXPECT_EQ(table.lowest(4), no_rule);
  EXPECT_EQ(first(table, 1, "/ab"), no_rule);
}

TEST(PathTable, PathsAreCaseSensitiveBytes) {
  PathTable::Builder builder;
  builder.add_exact(0, "/\xff", {0, false});
  builder.add_prefix(0, "/A", {1, false});
  builder.add_prefix(0, "/\x80", {2, false});
  const PathTable table = std::move(builder).build(1);
  EXPECT_EQ(first(table, 0, "/\xff"), 0u);
  EXPECT_EQ(first(table, 0, "/\x80x"), 2u);
  EXPECT_EQ(first(table, 0, "/Ax"), 1u);
  EXPECT_EQ(first(table, 0, "/ax"), no_rule);
}

TEST(PathTable, ManyChildrenOfOneNode) {
  PathTable::Builder builder;
  for (std::uint32_t c = 0; c < 256; ++c) builder.add_prefix(0, std::string{"/"} + static_cast<char>(c) + "x", {c, false});
  const PathTable table = std::move(builder).build(1);
  for (std::uint32_t c = 0; c < 256; ++c) {
    EXPECT_EQ(first(table, 0, std::string{"/"} + static_cast<char>(c) + "xyz"), c);
    EXPECT_EQ(first(table, 0, std::string{"/"} + static_cast<char>(c)), no_rule);
  }
}

TEST(PathTable, ADeepChainOfPrefixes) {
  PathTable::Builder builder;
  const std::string path = "/" + std::string(5000, 'a');
  for (std::uint32_t i = 0; i < path.size(); ++i) builder.add_prefix(0, path.substr(0, i + 1), {i, true});
  const PathTable table = std::move(builder).build(1);
  EXPECT_EQ(table.lists_max(0), path.size());
  EXPECT_EQ(all(table, 0, path).size(), path.size());
  EXPECT_EQ(all(table, 0, path.substr(0, 100)).size(), 100u);
}

TEST(PathTable, RandomTablesAnswerAsAScanOfAllRules) {
  engine::Random random{5};
  const auto random_path = [&] {
    std::string path = "/";
    for (std::uint64_t n = random.below(7); path.size() <= n;) path += "ab/"[random.below(3)];
    return path;
  };
  for (int round = 0; round < 300; ++round) {
    struct Entry {
      int kind;
      std::uint32_t group;
      std::string path;
    };
    std::vector<Entry> rules;
    PathTable::Builder builder;
    for (std::uint32_t rule = 0, count = 1 + static_cast<std::uint32_t>(random.below(40)); rule < count; ++rule) {
      rules.push_back({static_cast<int>(random.below(5)), static_cast<std::uint32_t>(random.below(3)), random_path()});
      const Entry& entry = rules.back();
      if (entry.kind < 2)
        builder.add_exact(entry.group, entry.path, {rule, true});
      else if (entry.kind < 4)
        builder.add_prefix(entry.group, entry.path, {rule, true});
      else
        builder.add_any(entry.group, {rule, true});
    }
    const PathTable table = std::move(builder).build(3);
    for (int request = 0; request < 100; ++request) {
      const std::string path = random_path();
      const auto group = static_cast<std::uint32_t>(random.below(3));
      std::vector<std::uint32_t> expected;
      for (std::uint32_t i = 0; i < rules.size(); ++i) {
        const bool selects = rules[i].kind < 2   ? path == rules[i].path
                             : rules[i].kind < 4 ? path.starts_with(rules[i].path)
                                                 : true;
        if (rules[i].group == group && selects) expected.push_back(i);
      }
      ASSERT_EQ(all(table, group, path), expected) << "round " << round << " " << path;
    }
  }
}

}  // namespace
}  // namespace http
