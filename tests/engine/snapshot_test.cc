#include "engine/snapshot.h"

#include <gtest/gtest.h>

namespace engine {
namespace {

struct Watched : Snapshot {
  Watched(std::uint64_t number, int& count) : living{count} {
    generation = number;
    ++living;
  }
  ~Watched() override { --living; }
  int& living;
};

TEST(SnapshotSlot, PublishesOnePointer) {
  int living = 0;
  Qsbr qsbr{1};
  SnapshotSlot slot{qsbr};
  EXPECT_EQ(slot.current(), nullptr);
  slot.publish(std::make_unique<Watched>(1, living));
  ASSERT_NE(slot.current(), nullptr);
  EXPECT_EQ(slot.current()->generation, 1u);
  EXPECT_EQ(slot.published(), 1u);
  EXPECT_EQ(slot.retired(), 0u) << "the first replaces nothing";
}

TEST(SnapshotSlot, TheOldOneLivesUntilEveryShardWasQuiescent) {
  int living = 0;
  Qsbr qsbr{2};
  qsbr.online(ShardId{0});
  qsbr.online(ShardId{1});
  SnapshotSlot slot{qsbr};
  slot.publish(std::make_unique<Watched>(1, living));
  slot.publish(std::make_unique<Watched>(2, living));
  EXPECT_EQ(slot.current()->generation, 2u);
  slot.reclaim();
  EXPECT_EQ(living, 2);
  EXPECT_EQ(slot.retired(), 1u);
  qsbr.quiescent(ShardId{0});
  slot.reclaim();
  EXPECT_EQ(living, 2) << "shard 1 may still read it";
  qsbr.quiescent(ShardId{1});
  slot.reclaim();
  EXPECT_EQ(living, 1);
  EXPECT_EQ(slot.retired(), 0u);
}

TEST(SnapshotSlot, EachWaitsForItsOwnGrace) {
  int living = 0;
  Qsbr qsbr{1};
  qsbr.online(ShardId{0});
  SnapshotSlot slot{qsbr};
  slot.publish(std::make_unique<Watched>(1, living));
  slot.publish(std::make_unique<Watched>(2, living));
  qsbr.quiescent(ShardId{0});
  slot.publish(std::make_unique<Watched>(3, living));
  slot.reclaim();
  EXPECT_EQ(living, 2) << "1 is past its grace, 2 is not";
  qsbr.quiescent(ShardId{0});
  slot.reclaim();
  EXPECT_EQ(living, 1);
}

TEST(SnapshotSlot, WhatIsStillInUseOutlivesItsGrace) {
  struct Held : Watched {
    using Watched::Watched;
    [[nodiscard]] bool is_unused() const override { return !in_use; }
    mutable bool in_use = true;
  };
  int living = 0;
  Qsbr qsbr{1};
  SnapshotSlot slot{qsbr};
  auto held = std::make_unique<Held>(1, living);
  const Held* const watched = held.get();
  slot.publish(std::move(held));
  slot.publish(std::make_unique<Watched>(2, living));
  slot.reclaim();
  EXPECT_EQ(living, 2) << "a session still has a part of it";
  watched->in_use = false;
  slot.reclaim();
  EXPECT_EQ(living, 1);
}

TEST(SnapshotSlot, TakesEverythingWithIt) {
  int living = 0;
  {
    Qsbr qsbr{1};
    qsbr.online(ShardId{0});
    SnapshotSlot slot{qsbr};
    for (std::uint64_t i = 0; i < 5; ++i) slot.publish(std::make_unique<Watched>(i, living));
    EXPECT_EQ(living, 5);
  }
  EXPECT_EQ(living, 0);
}

}  // namespace
}  // namespace engine
