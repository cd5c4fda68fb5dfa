#include "engine/qsbr.h"

#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <thread>

#include "engine/time.h"

namespace engine {
namespace {

constexpr ShardId first{0}, second{1};

TEST(Qsbr, NobodyOnlineMeansNothingToWaitFor) {
  Qsbr qsbr{2};
  const auto token = qsbr.start_grace();
  EXPECT_TRUE(qsbr.is_over(token));
  qsbr.wait();
}

TEST(Qsbr, GraceLastsUntilEveryOnlineShardWasQuiescent) {
  Qsbr qsbr{2};
  qsbr.online(first);
  qsbr.online(second);
  const auto token = qsbr.start_grace();
  EXPECT_FALSE(qsbr.is_over(token));
  qsbr.quiescent(first);
  EXPECT_FALSE(qsbr.is_over(token));
  qsbr.quiescent(first);
  EXPECT_FALSE(qsbr.is_over(token)) << "twice the same shard is not both";
  qsbr.quiescent(second);
  EXPECT_TRUE(qsbr.is_over(token));
}

TEST(Qsbr, QuiescenceBeforeTheGraceBeganDoesNotCount) {
  Qsbr qsbr{1};
  qsbr.online(first);
  qsbr.quiescent(first);
  const auto token = qsbr.start_grace();
  EXPECT_FALSE(qsbr.is_over(token));
}

TEST(Qsbr, AShardThatGoesOfflineHoldsNothing) {
  Qsbr qsbr{2};
  qsbr.online(first);
  qsbr.online(second);
  const auto token = qsbr.start_grace();
  qsbr.quiescent(first);
  qsbr.offline(second);
  EXPECT_TRUE(qsbr.is_over(token));
  qsbr.online(second);
  EXPECT_FALSE(qsbr.is_over(qsbr.start_grace()));
}

TEST(Qsbr, LaterGraceCoversEarlierOnes) {
  Qsbr qsbr{1};
  qsbr.online(first);
  const auto early = qsbr.start_grace();
  const auto late = qsbr.start_grace();
  qsbr.quiescent(first);
  EXPECT_TRUE(qsbr.is_over(late));
  EXPECT_TRUE(qsbr.is_over(early));
}

// A writer frees what it replaced after a grace period, two readers look at it all the time: nobody ever reads freed memory.
TEST(Qsbr, WaitKeepsReadersOffFreedMemory) {
  struct Value {
    explicit Value(std::uint64_t v) noexcept : number{v}, complement{~v} {}
    ~Value() { number = complement = 0; }
    std::uint64_t number, complement;
  };
  Qsbr qsbr{2};
  auto owned = std::make_unique<Value>(0);
  std::atomic<const Value*> current{owned.get()};
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> wrong{0};
  const auto read = [&](ShardId self) {
    qsbr.online(self);
    for (std::uint64_t turn = 0; !stop.load(std::memory_order_relaxed); ++turn) {
      const Value* value = current.load(std::memory_order_acquire);
      if (value->number != ~value->complement) wrong.fetch_add(1);
      if (turn % 100 == 0) {  // sleeps now and then
        qsbr.offline(self);
        std::this_thread::yield();
        qsbr.online(self);
      } else {
        qsbr.quiescent(self);
      }
    }
    qsbr.offline(self);
  };
  std::thread a{read, first}, b{read, second};
  std::uint64_t number = 0;
  const auto end = std::chrono::steady_clock::now() + 200ms;
  while (std::chrono::steady_clock::now() < end) {
    auto next = std::make_unique<Value>(++number);
    current.store(next.get(), std::memory_order_release);
    std::swap(owned, next);
    qsbr.wait();
  }  // `next`, which holds the old value now, dies here
  stop = true;
  a.join();
  b.join();
  EXPECT_EQ(wrong.load(), 0u);
  EXPECT_GT(number, 10u);
}

}  // namespace
}  // namespace engine
