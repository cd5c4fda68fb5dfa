#include "http/pattern.h"

#include <gtest/gtest.h>
#include <set>
#include <thread>

namespace http {
namespace {

std::vector<PatternSource> sources_of(const std::vector<std::string>& regexes) {
  std::vector<PatternSource> sources;
  for (const std::string& regex : regexes) sources.push_back({regex, "rules.toml:" + std::to_string(sources.size() + 1)});
  return sources;
}

PatternSet compiled(const std::vector<std::string>& regexes) {
  auto set = PatternSet::compile(sources_of(regexes));
  if (const auto* failure = std::get_if<PatternFailure>(&set)) ADD_FAILURE() << failure->what;
  return std::get<PatternSet>(std::move(set));
}

PatternFailure failure_of(const std::vector<std::string>& regexes) {
  auto set = PatternSet::compile(sources_of(regexes));
  return std::holds_alternative<PatternFailure>(set) ? std::get<PatternFailure>(set) : PatternFailure{std::nullopt, "compiled"};
}

std::set<std::uint32_t> hits(const PatternSet& set, std::string_view bytes) {
  PatternScratch scratch;
  EXPECT_TRUE(scratch.grow(set));
  std::set<std::uint32_t> ids;
  set.scan(bytes, scratch, [&](std::uint32_t id) {
    EXPECT_TRUE(ids.insert(id).second) << "reported twice";
    return false;
  });
  return ids;
}
using Ids = std::set<std::uint32_t>;

TEST(PatternSet, ReportsEachPatternThatMatchesOnce) {
  const PatternSet set = compiled({"^/users/[0-9]+$", "users", "[0-9]", "^/x"});
  EXPECT_EQ(set.size(), 4u);
  EXPECT_GT(set.memory_bytes(), 0u);
  EXPECT_EQ(hits(set, "/users/123"), (Ids{0, 1, 2}));
  EXPECT_EQ(hits(set, "/users/users/1x"), (Ids{1, 2}));
  EXPECT_EQ(hits(set, "/x"), (Ids{3}));
}

TEST(PatternSet, PatternsAreUnanchoredCaseSensitiveBytes) {
  const PatternSet set = compiled({"b", "(?i)B", "[\\x80-\\xff]", "^a$", "\xc3\xa9", "^.$"});
  EXPECT_EQ(hits(set, "abc"), (Ids{0, 1}));
  EXPECT_EQ(hits(set, "aBc"), (Ids{1}));
  EXPECT_EQ(hits(set, "\xff"), (Ids{2, 5}));
  EXPECT_EQ(hits(set, "\xc3\xa9"), (Ids{2, 4})) << "two bytes, not one character";
  EXPECT_EQ(hits(set, std::string_view{"\0a", 2}), Ids{});
}

TEST(PatternSet, EmptyMatchesAndEmptyBytes) {
  const PatternSet set = compiled({"^$", "a*", "", "a", ".*"});
  EXPECT_EQ(hits(set, ""), (Ids{0, 1, 2, 4}));
  EXPECT_EQ(hits(set, std::string_view{}), (Ids{0, 1, 2, 4})) << "a null pointer with length 0";
  EXPECT_EQ(hits(set, "b"), (Ids{1, 2, 4}));
  EXPECT_EQ(hits(PatternSet{}, "b"), Ids{});
}

TEST(PatternSet, AScanEndsWhenTheCallbackSaysSo) {
  const PatternSet set = compiled({"a", "b", "c"});
  PatternScratch scratch;
  ASSERT_TRUE(scratch.grow(set));
  int calls = 0;
  set.scan("abcabc", scratch, [&](std::uint32_t) { return ++calls == 2; });
  EXPECT_EQ(calls, 2);
}

TEST(PatternSet, ARefusedPatternIsNamedWithItsPlaceAndHyperscansWords) {
  const PatternFailure failure = failure_of({"a", "(b", "c"});
  EXPECT_EQ(failure.pattern, 1u);
  const engine::Error error = to_error(failure, sources_of({"a", "(b", "c"}));
  EXPECT_EQ(error.code, engine::Errc::invalid);
  EXPECT_EQ(error.message(),
            "rules.toml:2: regex \"(b\" is refused by Hyperscan: Missing close parenthesis for group started at index 0");
  EXPECT_NE(failure_of({"(a)\\1"}).what.find("Back-references"), std::string::npos);
  EXPECT_NE(failure_of({"a(?=b)"}).what.find("assertions"), std::string::npos);
}

TEST(PatternSet, RefusesUtf8ModeAndNulBytes) {
  EXPECT_EQ(failure_of({"a", "b", "(*UTF8)c"}).pattern, 2u);
  EXPECT_NE(failure_of({"(*UCP)\\w"}).what.find("bytes"), std::string::npos);
  EXPECT_EQ(failure_of({std::string{"a\0b", 3}}).pattern, 0u);
}

TEST(PatternSet, PlacesAreListedUpToThree) {
  EXPECT_EQ(places_of(sources_of({"a"})), "rules.toml:1");
  EXPECT_EQ(places_of(sources_of({"a", "b", "c"})), "rules.toml:1, rules.toml:2, rules.toml:3");
  EXPECT_EQ(places_of(sources_of({"a", "b", "c", "d", "e"})), "rules.toml:1, rules.toml:2, rules.toml:3 and 2 more");
  const engine::Error error = to_error({std::nullopt, "out of memory", true}, sources_of({"a"}));
  EXPECT_EQ(error.code, engine::Errc::exhausted);
  EXPECT_NE(error.what.find("rules.toml:1"), std::string::npos);
}

TEST(PatternSet, SurvivesSerialization) {
  const PatternSet set = compiled({"^/a", "b+$"});
  auto bytes = set.serialize();
  ASSERT_TRUE(bytes.ok());
  bytes->insert(bytes->begin(), std::byte{0});  // no alignment is asked for
  const auto copy = PatternSet::deserialize(std::span{*bytes}.subspan(1), set.size());
  ASSERT_TRUE(copy.ok()) << copy.error().message();
  EXPECT_EQ(hits(*copy, "/abbb"), (Ids{0, 1}));
  EXPECT_EQ(copy->size(), 2u);
}

TEST(PatternSet, DamagedBytesAreRefused) {
  const auto bytes = compiled({"^/a[0-9]"}).serialize();
  ASSERT_TRUE(bytes.ok());
  EXPECT_FALSE(PatternSet::deserialize({}, 1).ok());
  EXPECT_FALSE(PatternSet::deserialize(std::span{*bytes}.first(bytes->size() - 1), 1).ok());
  for (const std::size_t at : {std::size_t{0}, std::size_t{20}, bytes->size() / 2}) {
    auto damaged = *bytes;
    damaged[at] ^= std::byte{0x10};
    EXPECT_FALSE(PatternSet::deserialize(damaged, 1).ok()) << at;
  }
  EXPECT_FALSE(PatternSet{}.serialize().ok());
}

TEST(PatternScratch, OneFitsEverySetItHasGrownFor) {
  const PatternSet small = compiled({"a"}), large = compiled({"^/(a|b)[0-9]+x.*y", "z[^q]*q", "(?i)hello"});
  PatternScratch prototype;
  EXPECT_EQ(prototype.memory_bytes(), 0u);
  EXPECT_TRUE(prototype.clone().ok()) << "nothing to clone";
  ASSERT_TRUE(prototype.grow(small));
  ASSERT_TRUE(prototype.grow(large));
  const std::size_t bytes = prototype.memory_bytes();
  ASSERT_TRUE(prototype.grow(small));
  EXPECT_EQ(prototype.memory_bytes(), bytes) << "it does not shrink";
  std::vector<std::thread> shards;
  for (int shard = 0; shard < 4; ++shard)
    shards.emplace_back([&] {
      auto scratch = prototype.clone();
      ASSERT_TRUE(scratch.ok());
      for (int i = 0; i < 1000; ++i) {
        int found = 0;
        small.scan("banana", *scratch, [&](std::uint32_t) { return ++found, false; });
        large.scan("/a1xHELLOy", *scratch, [&](std::uint32_t) { return ++found, false; });
        ASSERT_EQ(found, 3);
      }
    });
  for (std::thread& shard : shards) shard.join();
}

}  // namespace
}  // namespace http
