#include "http/pool.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace http {
namespace {

std::vector<ServerSettings> servers(unsigned n) {
  std::vector<ServerSettings> list;
  for (unsigned i = 1; i <= n; ++i)
    list.push_back({fmt::format("s{}", i), static_cast<std::uint16_t>(i), {engine::Ipv4{10, 0, 0, 2}, 8080}});
  return list;
}

std::string turns(Pool& pool, int n) {
  std::string names;
  for (int i = 0; i < n; ++i) names += pool.next_server()->settings.name;
  return names;
}

TEST(Pool, ServersTakeTurnsBeginningElsewhereOnEachShard) {
  Pool first{{}, servers(3), 2, 0}, second{{}, servers(3), 2, 1};
  EXPECT_EQ(turns(first, 7), "s1s2s3s1s2s3s1");
  EXPECT_EQ(turns(second, 4), "s2s3s1s2");
}

TEST(Pool, WithoutServersHasNoNextOne) {
  Pool pool{{}, {}, 1, 0};
  EXPECT_EQ(pool.next_server(), nullptr);
  EXPECT_TRUE(pool.is_unused());
}

TEST(Pool, SourcesTakeTurnsAndAreTheEgressPortsByDefault) {
  PoolSettings settings;
  Pool without{settings, servers(1), 1, 0};
  EXPECT_TRUE(without.next_source().is_zero());
  settings.sources = {engine::Ipv4{192, 0, 2, 1}, engine::Ipv4{192, 0, 2, 2}};
  Pool with{settings, servers(1), 1, 0};
  EXPECT_EQ(with.next_source(), settings.sources[0]);
  EXPECT_EQ(with.next_source(), settings.sources[1]);
  EXPECT_EQ(with.next_source(), settings.sources[0]);
}

TEST(Pool, TheIdleLimitIsSharedAmongShardsExactly) {
  for (const std::uint32_t limit : {0u, 1u, 2u, 10u, 64u, 100'000u})
    for (const std::uint16_t shards : {1, 3, 8, 64}) {
      SCOPED_TRACE(fmt::format("{} by {}", limit, shards));
      PoolSettings settings;
      settings.keepalive_idle = limit;
      std::uint32_t sum = 0;
      for (std::uint16_t shard = 0; shard < shards; ++shard) {
        const std::uint32_t part = Pool{settings, servers(1), shards, shard}.idle_max();
        EXPECT_TRUE(part == limit / shards || part == limit / shards + 1) << part;
        sum += part;
      }
      EXPECT_EQ(sum, limit);
    }
}

TEST(Pool, IsUnusedWhenNoServerHasUsers) {
  Pool pool{{}, servers(2), 1, 0};
  EXPECT_TRUE(pool.is_unused());
  pool.servers()[1].users.add();
  EXPECT_FALSE(pool.is_unused());
  pool.servers()[1].users.sub();
  EXPECT_TRUE(pool.is_unused());
}

TEST(Pool, IsTheSameOnlyWithTheSameSettingsAndServers) {
  PoolSettings settings;
  settings.name = "p";
  const Pool pool{settings, servers(2), 1, 0};
  EXPECT_TRUE(pool.is_same(settings, servers(2)));
  EXPECT_FALSE(pool.is_same(settings, servers(3)));
  auto other = servers(2);
  std::swap(other[0], other[1]);
  EXPECT_FALSE(pool.is_same(settings, other)) << "the order is whose turn it is";
  other = servers(2);
  other[1].address.port = 8081;
  EXPECT_FALSE(pool.is_same(settings, other));
  settings.response_timeout = 1s;
  EXPECT_FALSE(pool.is_same(settings, servers(2)));
}

TEST(Pool, KnowsItsServersAddressesAsText) {
  const Pool pool{{}, servers(1), 1, 0};
  EXPECT_EQ(pool.servers()[0].address_text, "10.0.0.2:8080");
}

}  // namespace
}  // namespace http
