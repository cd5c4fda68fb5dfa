#include "engine/byte_buffer.h"

#include <cstring>
#include <gtest/gtest.h>

#include "tests/support/shard_fixture.h"

namespace engine {
namespace {

TEST(ByteBuffer, WhatWasWrittenBecomesASlice) {
  const auto mempool = support::make_mempool(8, 256);
  ByteBuffer buffer{*mempool};
  ASSERT_EQ(buffer.room().size(), 256u);
  std::memcpy(buffer.room().data(), "hello", 5);
  {
    const Slice slice = std::move(buffer).finish(5);
    EXPECT_EQ(slice.text(), "hello");
    EXPECT_TRUE(slice.is_mbuf());
    EXPECT_EQ(slice.mbuf()->data_len, 5);
  }
  EXPECT_EQ(mempool->available(), mempool->size());
}

TEST(ByteBuffer, UnusedItGivesItsMbufBack) {
  const auto mempool = support::make_mempool(8, 256);
  { const ByteBuffer buffer{*mempool}; }
  EXPECT_EQ(mempool->available(), mempool->size());
}

TEST(ByteBuffer, WithoutMbufsThereIsNoRoom) {
  const auto mempool = support::make_mempool(8, 256);
  std::vector<Packet> all;
  while (Packet p = mempool->allocate()) all.push_back(std::move(p));
  EXPECT_TRUE(ByteBuffer{*mempool}.room().empty());
}

TEST(ByteBuffer, ItsSliceCanGrow) {
  const auto mempool = support::make_mempool(8, 256);
  ByteBuffer buffer{*mempool};
  std::memcpy(buffer.room().data(), "ab", 2);
  Slice slice = std::move(buffer).finish(2);
  EXPECT_TRUE(slice.try_append_copy(support::bytes_of("cd")));
  EXPECT_EQ(slice.text(), "abcd");
}

}  // namespace
}  // namespace engine
