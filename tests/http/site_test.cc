#include "http/site.h"

#include <gtest/gtest.h>

namespace http {
namespace {

constexpr std::string_view date = "Sun, 06 Nov 1994 08:49:37 GMT";

/// A snapshot of one shard with an answer and a pool.
struct Sample {
  Sample() {
    snapshot.site.shards.resize(1);
    ShardSite& shard = snapshot.site.shards[0];
    shard.answers.push_back(std::make_unique<FixedAnswer>(200, "text/plain", std::make_shared<const std::string>("hi")));
    shard.pools.push_back(std::make_shared<Pool>(PoolSettings{}, std::vector<ServerSettings>(1), 1, 0));
  }
  FixedAnswer& answer() { return *snapshot.site.shards[0].answers[0]; }
  Pool& pool() { return *snapshot.site.shards[0].pools[0]; }
  Snapshot snapshot;
};

TEST(Snapshot, IsUnusedWhenNothingOfItIs) {
  Sample sample;
  EXPECT_TRUE(sample.snapshot.is_unused());
  EXPECT_TRUE(Snapshot{}.is_unused());
}

TEST(Snapshot, IsInUseWhileAnAnswerIsOnItsWay) {
  Sample sample;
  engine::Slice slice = sample.answer().share(FixedAnswer::Form::close, date, 1, false);
  EXPECT_FALSE(sample.snapshot.is_unused());
  slice.reset();
  EXPECT_TRUE(sample.snapshot.is_unused());
}

TEST(Snapshot, IsInUseWhileItsPoolHasUsers) {
  Sample sample;
  sample.pool().servers()[0].users.add();
  EXPECT_FALSE(sample.snapshot.is_unused());
  sample.pool().servers()[0].users.sub();
  EXPECT_TRUE(sample.snapshot.is_unused());
}

TEST(Snapshot, IsUnusedWhenTheNextOneHasItsPool) {
  Sample sample;
  sample.pool().servers()[0].users.add();
  const std::shared_ptr<Pool> next = sample.snapshot.site.shards[0].pools[0];
  EXPECT_TRUE(sample.snapshot.is_unused()) << "the pool lives on";
  sample.pool().servers()[0].users.sub();
}

TEST(SiteListener, DefaultsAreThoseOfTheInterface) {
  const SiteListener listener;
  EXPECT_EQ(listener.idle_timeout, 60s);
  EXPECT_EQ(listener.header_timeout, 10s);
  EXPECT_EQ(listener.head_bytes_max, 16u << 10);
  EXPECT_FALSE(listener.body_bytes_max);
  EXPECT_EQ(listener.forwarded, ForwardedMode::append);
}

}  // namespace
}  // namespace http
