#include "http/site_builder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace http {
namespace {

SiteParts::PoolParts pool(std::string name, unsigned servers = 1) {
  SiteParts::PoolParts parts;
  parts.settings.name = std::move(name);
  for (unsigned i = 1; i <= servers; ++i)
    parts.servers.push_back({fmt::format("s{}", i), 0, {engine::Ipv4{10, 0, 0, 2}, static_cast<std::uint16_t>(8000 + i)}});
  parts.place = "t.toml:7:1";
  return parts;
}

Rule rule(Action action, PathPredicate path = {}) {
  Rule result;
  result.name = "r";
  result.place = "t.toml:3:1";
  result.path = std::move(path);
  result.action = std::move(action);
  return result;
}

SiteListener listener(std::string name) {
  SiteListener result;
  result.name = std::move(name);
  return result;
}

class SiteBuilderTest : public testing::Test {
 protected:
  Site build(SiteParts parts) {
    auto site = builder.build(std::move(parts));
    EXPECT_TRUE(site.ok()) << site.error().message();
    return std::move(*site);
  }
  std::string error(SiteParts parts) {
    auto site = builder.build(std::move(parts));
    return site.ok() ? "" : site.error().message();
  }
  std::unique_ptr<PatternCompiler> compiler = make_local_pattern_compiler();
  SiteBuilder builder{2, *compiler};
};

TEST_F(SiteBuilderTest, EveryShardHasItsOwnPart) {
  SiteParts parts;
  parts.listeners.push_back(listener("web"));
  parts.pools.push_back(pool("p"));
  parts.rules.push_back(rule(RespondAction{200, "hi", "text/plain"}, ExactPath{"/hi"}));
  parts.rules.push_back(rule(RedirectAction{301, "https://{host}/"}, ExactPath{"/r"}));
  parts.rules.push_back(rule(PoolAction{"p"}));
  const Site site = build(std::move(parts));
  ASSERT_EQ(site.shards.size(), 2u);
  for (const ShardSite& shard : site.shards) {
    EXPECT_EQ(shard.pools.size(), 1u);
    EXPECT_EQ(shard.answers.size(), 1u);
    EXPECT_EQ(shard.scratches.size(), 1u);
  }
  EXPECT_NE(site.shards[0].pools[0], site.shards[1].pools[0]);
  EXPECT_NE(site.shards[0].answers[0], site.shards[1].answers[0]);
  EXPECT_NE(site.shards[0].scratches[0], site.shards[1].scratches[0]);
  ASSERT_EQ(site.actions.size(), 3u);
  EXPECT_EQ(site.actions[0].kind, SiteAction::Kind::respond);
  EXPECT_EQ(site.actions[1].kind, SiteAction::Kind::redirect);
  EXPECT_EQ(site.actions[2].kind, SiteAction::Kind::pool);
  EXPECT_EQ(site.redirects.at(site.actions[1].index).status, 301);
  EXPECT_EQ(site.rule_names, (std::vector<std::string>{"r", "r", "r"}));
}

TEST_F(SiteBuilderTest, ActionsPointToTheirPools) {
  SiteParts parts;
  parts.pools.push_back(pool("a"));
  parts.pools.push_back(pool("b"));
  parts.rules.push_back(rule(PoolAction{"b"}));
  parts.rules.push_back(rule(PoolAction{"a"}));
  const Site site = build(std::move(parts));
  EXPECT_EQ(site.shards[1].pools[site.actions[0].index]->settings().name, "b");
  EXPECT_EQ(site.shards[1].pools[site.actions[1].index]->settings().name, "a");
}

TEST_F(SiteBuilderTest, ARuleOfOneListenerIsNotMatchedOnAnother) {
  SiteParts parts;
  parts.listeners.push_back(listener("web"));
  parts.listeners.push_back(listener("inner"));
  parts.rules.push_back(rule(RespondAction{200, "hi", "text/plain"}));
  parts.rules[0].listeners = {"inner"};
  const Site site = build(std::move(parts));
  const Fields fields;
  const Query query{"x", true, "/", "", Method::get, "GET", fields, {}};
  EXPECT_EQ(site.listeners[0]->matcher.match(query, *site.shards[0].scratches[0]), no_rule);
  EXPECT_EQ(site.listeners[1]->matcher.match(query, *site.shards[0].scratches[1]), 0u);
}

TEST_F(SiteBuilderTest, NumbersStayWithNamesFromOneSiteToTheNext) {
  SiteParts first;
  first.listeners.push_back(listener("web"));
  first.listeners.push_back(listener("inner"));
  first.pools.push_back(pool("p", 2));
  const Site before = build(std::move(first));
  EXPECT_EQ(builder.listener_number("inner"), 1);
  SiteParts second;
  second.listeners.push_back(listener("new"));
  second.listeners.push_back(listener("inner"));
  second.pools.push_back(pool("q"));
  second.pools.push_back(pool("p", 3));
  const Site site = build(std::move(second));
  ASSERT_EQ(site.listeners.size(), 3u) << "sessions may still carry the number of one that is gone";
  EXPECT_EQ(site.listeners[0], nullptr);
  EXPECT_EQ(site.listeners[1]->name, "inner");
  EXPECT_EQ(site.listeners[2]->name, "new");
  EXPECT_EQ(site.listeners[2]->number, 2);
  EXPECT_EQ(site.shards[0].scratches[0], nullptr);
  const auto& servers = site.shards[0].pools[1]->servers();
  EXPECT_EQ(servers[0].settings.number, before.shards[0].pools[0]->servers()[0].settings.number);
  EXPECT_EQ(builder.names().servers.name(servers[2].settings.number), "p\ns3");
  EXPECT_EQ(builder.names().pools.name(site.shards[0].pools[0]->settings().number), "q");
}

TEST_F(SiteBuilderTest, AnUnchangedPoolIsTheSameOneOnceItWasPublished) {
  const auto parts = [](unsigned servers) {
    SiteParts result;
    result.pools.push_back(pool("p", servers));
    result.pools.push_back(pool("q"));
    return result;
  };
  const Site first = build(parts(1));
  const Site unpublished = build(parts(1));
  EXPECT_NE(unpublished.shards[0].pools[0], first.shards[0].pools[0]) << "it may never come into force";
  builder.published(first);
  const Site second = build(parts(2));
  for (unsigned shard = 0; shard < 2; ++shard) {
    EXPECT_NE(second.shards[shard].pools[0], first.shards[shard].pools[0]);
    EXPECT_EQ(second.shards[shard].pools[1], first.shards[shard].pools[1]);
  }
  builder.published(second);
  EXPECT_NE(build(parts(1)).shards[0].pools[0], first.shards[0].pools[0]) << "what was replaced does not come back";
}

TEST_F(SiteBuilderTest, MistakesHaveTheirPlace) {
  SiteParts no_pool;
  no_pool.rules.push_back(rule(PoolAction{"nobody"}));
  EXPECT_EQ(error(std::move(no_pool)), "t.toml:3:1: there is no pool 'nobody'");
  SiteParts placeholder;
  placeholder.rules.push_back(rule(RedirectAction{301, "{what}"}));
  EXPECT_TRUE(error(std::move(placeholder)).starts_with("t.toml:3:1: location: "));
  SiteParts regex;
  regex.listeners.push_back(listener("web"));
  regex.rules.push_back(rule(RespondAction{200, "", ""}, PathRegex{"("}));
  EXPECT_TRUE(error(std::move(regex)).starts_with("t.toml:3:1: "));
}

TEST_F(SiteBuilderTest, NamesRunOut) {
  SiteParts listeners;
  for (unsigned i = 0; i <= listeners_max; ++i) listeners.listeners.push_back(listener(fmt::format("l{}", i)));
  EXPECT_NE(error(std::move(listeners)).find("more than 256 listeners since the start"), std::string::npos);
  SiteParts pools;
  for (unsigned i = 0; i <= pools_max; ++i) pools.pools.push_back(pool(fmt::format("p{}", i), 0));
  EXPECT_EQ(error(std::move(pools)), "t.toml:7:1: more than 1024 pools since the start");
}

}  // namespace
}  // namespace http
