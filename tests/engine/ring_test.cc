#include "engine/ring.h"

#include <cstdint>
#include <deque>
#include <gtest/gtest.h>
#include <thread>

#include "engine/random.h"

namespace engine {
namespace {

TEST(SpscRing, KeepsOrderAndRefusesWhenFull) {
  SpscRing<int> ring{4};
  EXPECT_TRUE(ring.empty());
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(ring.try_push(i));
  EXPECT_FALSE(ring.try_push(99));
  EXPECT_EQ(ring.size(), 4u);
  int value = -1;
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(ring.try_pop(value));
    EXPECT_EQ(value, i);
  }
  EXPECT_FALSE(ring.try_pop(value));
  EXPECT_TRUE(ring.empty());
}

TEST(SpscRing, CapacityIsRoundedUpToAPowerOfTwo) {
  SpscRing<int> ring{5};
  int pushed = 0;
  while (ring.try_push(pushed)) ++pushed;
  EXPECT_EQ(pushed, 8);
}

TEST(SpscRing, BehavesLikeABoundedQueue) {
  Random random{2};
  SpscRing<std::uint64_t> ring{16};
  std::deque<std::uint64_t> model;
  for (int step = 0; step < 50'000; ++step) {
    if (random.chance(0.5)) {
      const std::uint64_t v = random.next();
      const bool has_room = model.size() < 16;
      ASSERT_EQ(ring.try_push(v), has_room);
      if (has_room) model.push_back(v);
    } else {
      std::uint64_t v = 0;
      ASSERT_EQ(ring.try_pop(v), !model.empty());
      if (!model.empty()) {
        ASSERT_EQ(v, model.front());
        model.pop_front();
      }
    }
    ASSERT_EQ(ring.size(), model.size());
  }
}

TEST(SpscRing, TwoThreadsLoseNothingAndTearNothing) {
  struct Message {
    std::uint64_t number, complement;
  };
  constexpr std::uint64_t count = 200'000;
  SpscRing<Message> ring{64};
  std::thread producer{[&] {
    for (std::uint64_t i = 0; i < count;) {
      if (ring.try_push({i, ~i}))
        ++i;
      else
        std::this_thread::yield();
    }
  }};
  std::uint64_t wrong = 0;
  for (std::uint64_t expected = 0; expected < count;) {
    Message m{};
    if (!ring.try_pop(m)) {
      std::this_thread::yield();
      continue;
    }
    wrong += static_cast<std::uint64_t>(m.number != expected || m.complement != ~expected);
    ++expected;
  }
  producer.join();
  EXPECT_EQ(wrong, 0u);
  EXPECT_TRUE(ring.empty());
}

}  // namespace
}  // namespace engine
