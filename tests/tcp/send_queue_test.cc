#include "tcp/send_queue.h"

#include <gtest/gtest.h>

#include "engine/random.h"
#include "tests/tcp/text_slices.h"

namespace tcp {
namespace {

std::string read(SendQueue& queue, const Store& store, Seq from, std::uint32_t bytes) {
  std::string text;
  queue.visit(store, from, bytes, [&](const engine::Slice& slice, std::uint32_t offset, std::uint32_t length) {
    text += slice.text().substr(offset, length);
  });
  return text;
}

TEST(TcpSendQueue, HoldsTextUntilItIsAcknowledged) {
  StoreFixture fixture;
  const Seq start{0xffff'fff8u};
  SendQueue queue{start};
  EXPECT_TRUE(queue.empty());
  for (const char* text : {"first ", "second ", "third"}) {
    engine::Slice slice = heap_slice(text);
    ASSERT_TRUE(queue.append(fixture.store(), slice));
    EXPECT_TRUE(slice.empty());
  }
  EXPECT_EQ(queue.bytes(), 18u);
  EXPECT_EQ(queue.end(), start + 18);
  EXPECT_EQ(read(queue, fixture.store(), start, 18), "first second third");
  EXPECT_EQ(read(queue, fixture.store(), start + 4, 5), "t sec");
  EXPECT_EQ(read(queue, fixture.store(), start, 3), "fir") << "back to the front";
  queue.acknowledge(fixture.store(), start + 8);
  EXPECT_EQ(queue.start(), start + 8);
  EXPECT_EQ(fixture.nodes().used(), 2u) << "a slice goes when all of it is acknowledged";
  EXPECT_EQ(read(queue, fixture.store(), start + 8, 10), "cond third");
  queue.acknowledge(fixture.store(), start + 18);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(fixture.nodes().used(), 0u);
}

TEST(TcpSendQueue, GoesOnAfterItWasEmpty) {
  StoreFixture fixture;
  SendQueue queue{Seq{1}};
  for (int i = 0; i < 3; ++i) {
    engine::Slice slice = heap_slice("text");
    ASSERT_TRUE(queue.append(fixture.store(), slice));
    EXPECT_EQ(read(queue, fixture.store(), queue.start(), 4), "text");
    queue.acknowledge(fixture.store(), queue.end());
  }
  EXPECT_EQ(queue.start(), Seq{13});
}

TEST(TcpSendQueue, EmptySlicesTakeNoNode) {
  StoreFixture fixture;
  SendQueue queue{Seq{1}};
  engine::Slice nothing = heap_slice("");
  EXPECT_TRUE(queue.append(fixture.store(), nothing));
  EXPECT_EQ(fixture.nodes().used(), 0u);
  EXPECT_TRUE(queue.empty());
}

TEST(TcpSendQueue, ShortTextIsCopiedBehindTheLastSlice) {
  StoreFixture fixture;
  SendQueue queue{Seq{1}};
  engine::Slice head = fixture.mbuf_slice("head "), body = fixture.mbuf_slice("body ");
  ASSERT_TRUE(queue.append(fixture.store(), head));
  ASSERT_TRUE(queue.append(fixture.store(), body));
  ASSERT_TRUE(queue.append_copy(fixture.store(), "trailer"));
  EXPECT_EQ(fixture.nodes().used(), 1u);
  EXPECT_EQ(fixture.account().used(), 1u);
  EXPECT_EQ(read(queue, fixture.store(), Seq{1}, 17), "head body trailer");
  queue.clear(fixture.store());
}

TEST(TcpSendQueue, WhatTheDriverReadsIsNotWrittenTo) {
  StoreFixture fixture;
  SendQueue queue{Seq{1}};
  engine::Slice head = fixture.mbuf_slice("head");
  ASSERT_TRUE(queue.append(fixture.store(), head));
  std::optional<engine::Slice> sent;
  queue.visit(fixture.store(), Seq{1}, 4,
              [&](const engine::Slice& slice, std::uint32_t, std::uint32_t) { sent = slice.share(0, 4); });
  EXPECT_FALSE(queue.append_copy(fixture.store(), "more"));
  engine::Slice more = fixture.mbuf_slice("more");
  ASSERT_TRUE(queue.append(fixture.store(), more));
  EXPECT_EQ(fixture.nodes().used(), 2u);
  sent.reset();
  queue.clear(fixture.store());
}

TEST(TcpSendQueue, ACopyNeedsALastSliceInAnMbufWithRoom) {
  StoreFixture fixture;
  SendQueue queue{Seq{1}};
  EXPECT_FALSE(queue.append_copy(fixture.store(), "x")) << "nothing to stand behind";
  engine::Slice heap = heap_slice("heap");
  ASSERT_TRUE(queue.append(fixture.store(), heap));
  EXPECT_FALSE(queue.append_copy(fixture.store(), "x"));
  engine::Slice full = fixture.mbuf_slice(std::string(1900, 'f'));
  ASSERT_TRUE(queue.append(fixture.store(), full));
  EXPECT_FALSE(queue.append_copy(fixture.store(), std::string(400, 'x')));
  EXPECT_EQ(queue.bytes(), 1904u) << "a refusal appends nothing";
  queue.clear(fixture.store());
}

TEST(TcpSendQueue, ARefusalLeavesTheSlice) {
  StoreFixture fixture{8, 0};
  SendQueue queue{Seq{1}};
  engine::Slice slice = fixture.mbuf_slice("text");
  EXPECT_FALSE(queue.append(fixture.store(), slice));
  EXPECT_EQ(slice.text(), "text");
  EXPECT_TRUE(queue.empty());
}

TEST(TcpSendQueue, AgreesWithAString) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    engine::Random random{seed};
    StoreFixture fixture;
    const Store store = fixture.store();
    const Seq origin{static_cast<std::uint32_t>(0u - seed * 100)};
    SendQueue queue{origin};
    std::uint32_t end = 0, acknowledged = 0;
    for (int step = 0; step < 400; ++step) {
      const auto size = static_cast<std::uint32_t>(1 + random.below(random.chance(0.5) ? 60 : 1800));
      const std::string text = bytes_at(origin + end, size);
      switch (random.below(5)) {
        case 0: {
          engine::Slice slice = random.chance(0.6) ? fixture.mbuf_slice(text) : heap_slice(text);
          if (queue.append(store, slice)) end += size;
          break;
        }
        case 1:
          if (queue.append_copy(store, text)) end += size;
          break;
        case 2:
          acknowledged += static_cast<std::uint32_t>(random.below(end - acknowledged + 1));
          queue.acknowledge(store, origin + acknowledged);
          break;
        default: {  // a segment anywhere: new text, retransmissions, other cuts
          const auto from = acknowledged + static_cast<std::uint32_t>(random.below(end - acknowledged + 1));
          const auto bytes = static_cast<std::uint32_t>(random.below(std::min(end - from, 3000u) + 1));
          ASSERT_EQ(read(queue, store, origin + from, bytes), bytes_at(origin + from, bytes));
        }
      }
      ASSERT_EQ(queue.bytes(), end - acknowledged);
      ASSERT_EQ(queue.start(), origin + acknowledged);
    }
    queue.clear(store);
  }
}

}  // namespace
}  // namespace tcp
