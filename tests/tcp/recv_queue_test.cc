#include "tcp/recv_queue.h"

#include <gtest/gtest.h>

#include "engine/random.h"
#include "tests/tcp/text_slices.h"

namespace tcp {
namespace {

std::string copy_all(const RecvQueue& queue, const Store& store) {
  std::string text(queue.bytes() + 10, '?');
  text.resize(queue.copy(store, text));
  return text;
}

TEST(TcpRecvQueue, GivesBackWhatCameInOrder) {
  StoreFixture fixture;
  RecvQueue queue;
  EXPECT_TRUE(queue.empty());
  for (const char* text : {"first ", "second ", "third"}) {
    engine::Slice slice = heap_slice(text);  // no mbuf: nothing is copied behind it
    ASSERT_TRUE(queue.append(fixture.store(), slice));
  }
  EXPECT_EQ(queue.bytes(), 18u);
  EXPECT_EQ(copy_all(queue, fixture.store()), "first second third");
  EXPECT_EQ(queue.front(fixture.store()).text(), "first ");
  EXPECT_EQ(queue.pop(fixture.store(), 100).text(), "first ");
  EXPECT_EQ(queue.pop(fixture.store(), 3).text(), "sec");
  EXPECT_EQ(queue.front(fixture.store()).text(), "ond ");
  queue.consume(fixture.store(), 6);
  EXPECT_EQ(copy_all(queue, fixture.store()), "ird");
  queue.clear(fixture.store());
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(copy_all(queue, fixture.store()), "");
}

TEST(TcpRecvQueue, ShortTextIsCopiedBehindItsNeighbor) {
  StoreFixture fixture;
  RecvQueue queue;
  std::string expected;
  for (int i = 0; i < 150; ++i) {
    engine::Slice slice = fixture.mbuf_slice("0123456789");
    ASSERT_TRUE(queue.append(fixture.store(), slice));
    EXPECT_TRUE(slice.empty());
    expected += "0123456789";
  }
  EXPECT_EQ(fixture.account().used(), 1u) << "1,500 bytes in one mbuf";
  EXPECT_EQ(copy_all(queue, fixture.store()), expected);
  queue.clear(fixture.store());
}

TEST(TcpRecvQueue, AnMbufThatSomebodyElseReadsIsNotWrittenTo) {
  StoreFixture fixture;
  RecvQueue queue;
  engine::Slice first = fixture.mbuf_slice("first"), second = fixture.mbuf_slice("second");
  ASSERT_TRUE(queue.append(fixture.store(), first));
  const engine::Slice shared = queue.front(fixture.store()).share(0, 5);
  ASSERT_TRUE(queue.append(fixture.store(), second));
  EXPECT_EQ(fixture.account().used(), 2u);
  EXPECT_EQ(shared.text(), "first");
  queue.clear(fixture.store());
}

TEST(TcpRecvQueue, ARefusalLeavesQueueAndSliceAsTheyWere) {
  StoreFixture fixture{8, 1};
  RecvQueue queue;
  engine::Slice first = fixture.mbuf_slice(std::string(1500, 'a')), second = fixture.mbuf_slice(std::string(1500, 'b'));
  ASSERT_TRUE(queue.append(fixture.store(), first));
  EXPECT_FALSE(queue.append(fixture.store(), second));
  EXPECT_EQ(second.size(), 1500u);
  EXPECT_EQ(queue.bytes(), 1500u);
  queue.clear(fixture.store());
}

TEST(TcpRecvQueue, AgreesWithAString) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    engine::Random random{seed};
    StoreFixture fixture;
    const Store store = fixture.store();
    RecvQueue queue;
    std::string model;
    Seq next{static_cast<std::uint32_t>(seed)};
    for (int step = 0; step < 300; ++step) {
      switch (random.below(4)) {
        case 0:
        case 1: {
          const auto size = static_cast<std::uint32_t>(1 + random.below(random.chance(0.5) ? 100 : 1460));
          const std::string text = bytes_at(next, size);
          engine::Slice slice = random.chance(0.7) ? fixture.mbuf_slice(text) : heap_slice(text);
          if (!queue.append(store, slice)) break;
          next += size;
          model += text;
          break;
        }
        case 2:
          if (!model.empty()) {
            const engine::Slice slice = queue.pop(store, static_cast<std::uint32_t>(1 + random.below(2000)));
            ASSERT_EQ(slice.text(), model.substr(0, slice.size()));
            model.erase(0, slice.size());
          }
          break;
        default: {
          const auto n = random.below(model.size() + 1);
          queue.consume(store, static_cast<std::uint32_t>(n));
          model.erase(0, n);
        }
      }
      ASSERT_EQ(queue.bytes(), model.size());
      ASSERT_EQ(queue.empty(), model.empty());
      ASSERT_EQ(copy_all(queue, store), model);
    }
    queue.clear(store);
  }
}

}  // namespace
}  // namespace tcp
