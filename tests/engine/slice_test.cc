#include "engine/slice.h"

#include <gtest/gtest.h>

#include "tests/support/shard_fixture.h"

namespace engine {
namespace {

class SliceTest : public testing::Test {
 protected:
  /// A slice of everything in a new mbuf.
  Slice slice_of(std::string_view text) {
    const auto bytes = support::bytes_of(text);
    rte_mbuf* const m = std::move(support::make_packet(*mempool_, bytes)).release();
    return Slice::of_mbuf(m, {rte_pktmbuf_mtod(m, const std::byte*), m->data_len});
  }
  static std::size_t references(const Slice& slice) { return rte_mbuf_refcnt_read(slice.mbuf()); }
  void TearDown() override { EXPECT_EQ(mempool_->available(), mempool_->size()) << "mbufs lost"; }

  std::unique_ptr<Mempool> mempool_ = support::make_mempool(16, 256);
};

TEST_F(SliceTest, HoldsItsMbufUntilTheLastShareGoes) {
  Slice whole = slice_of("hello world");
  EXPECT_TRUE(whole.is_mbuf());
  EXPECT_EQ(whole.text(), "hello world");
  {
    const Slice part = whole.share(6, 5);
    EXPECT_EQ(part.text(), "world");
    EXPECT_EQ(references(whole), 2u);
    const Slice again = part.share(1, 3);
    EXPECT_EQ(again.text(), "orl");
    EXPECT_EQ(references(whole), 3u);
  }
  EXPECT_EQ(references(whole), 1u);
  Slice survivor = whole.share(0, 5);
  whole.reset();
  EXPECT_TRUE(whole.empty());
  EXPECT_EQ(survivor.text(), "hello");
  EXPECT_EQ(mempool_->available(), mempool_->size() - 1);
}

TEST_F(SliceTest, MovingPassesTheShareOn) {
  Slice a = slice_of("abc");
  Slice b{std::move(a)};
  EXPECT_EQ(references(b), 1u);
  EXPECT_EQ(a.mbuf(), nullptr);  // NOLINT: a moved-from slice is empty, by contract
  Slice c = slice_of("xyz");
  c = std::move(b);
  EXPECT_EQ(c.text(), "abc");
  c = Slice{};
  EXPECT_TRUE(c.empty());
}

TEST_F(SliceTest, ShrinksFromBothEnds) {
  Slice slice = slice_of("0123456789");
  slice.remove_prefix(3);
  slice.remove_suffix(2);
  EXPECT_EQ(slice.text(), "34567");
  EXPECT_EQ(slice.share(1, 2).text(), "45");
}

TEST_F(SliceTest, AppendsBehindItsEndAlone) {
  Slice slice = slice_of("abc");
  const auto more = support::bytes_of("defg");
  ASSERT_TRUE(slice.try_append_copy(more));
  EXPECT_EQ(slice.text(), "abcdefg");
  EXPECT_EQ(slice.mbuf()->data_len, 7);
  EXPECT_EQ(slice.mbuf()->pkt_len, 7u);
  slice.remove_prefix(2);
  ASSERT_TRUE(slice.try_append_copy(more)) << "what was cut off in front does not matter";
  EXPECT_EQ(slice.text(), "cdefgdefg");
}

TEST_F(SliceTest, DoesNotAppendWhenSomebodyElseLooks) {
  Slice slice = slice_of("abc");
  const Slice other = slice.share(0, 1);
  EXPECT_FALSE(slice.try_append_copy(support::bytes_of("d")));
  EXPECT_EQ(slice.text(), "abc");
  EXPECT_EQ(slice.mbuf()->data_len, 3);
}

TEST_F(SliceTest, DoesNotAppendWhereOtherBytesFollow) {
  Slice slice = slice_of("abc");
  slice.remove_suffix(1);
  EXPECT_FALSE(slice.try_append_copy(support::bytes_of("d")));
  EXPECT_EQ(slice.text(), "ab");
}

TEST_F(SliceTest, DoesNotAppendBeyondTheRoom) {
  Slice slice = slice_of(std::string(250, 'x'));
  EXPECT_FALSE(slice.try_append_copy(support::counted_bytes(7)));
  EXPECT_EQ(slice.size(), 250u);
  EXPECT_TRUE(slice.try_append_copy(support::counted_bytes(6)));
  EXPECT_EQ(slice.size(), 256u);
  EXPECT_TRUE(slice.try_append_copy({})) << "nothing fits anywhere";
}

TEST_F(SliceTest, DoesNotAppendToAReference) {
  Slice slice = slice_of("abc");
  rte_mbuf* const reference = mempool_->refer(slice);
  Slice view = Slice::of_mbuf(reference, {rte_pktmbuf_mtod(reference, const std::byte*), 3});
  slice.reset();
  EXPECT_FALSE(view.try_append_copy(support::bytes_of("d")));
}

TEST(Slice, StaticTextNeedsNoHolder) {
  Slice slice = Slice::of_static("HTTP/1.1 200 OK");
  EXPECT_FALSE(slice.is_mbuf());
  EXPECT_EQ(slice.mbuf(), nullptr);
  EXPECT_EQ(slice.shared(), nullptr);
  const Slice part = slice.share(9, 3);
  slice.reset();
  EXPECT_EQ(part.text(), "200");
  Slice other = Slice::of_static("x");
  EXPECT_FALSE(other.try_append_copy(support::bytes_of("y")));
}

TEST(SharedBytes, LiveAsLongAsASlice) {
  auto memory = std::make_shared<const std::string>("a fixed body");
  const std::weak_ptr<const std::string> watch = memory;
  Slice slice = SharedBytes::make(std::move(memory));
  EXPECT_NE(slice.shared(), nullptr);
  EXPECT_FALSE(slice.is_mbuf());
  EXPECT_EQ(slice.text(), "a fixed body");
  Slice part = slice.share(2, 5);
  EXPECT_EQ(part.shared(), slice.shared());
  slice.reset();
  EXPECT_EQ(part.text(), "fixed");
  EXPECT_FALSE(watch.expired());
  part.reset();
  EXPECT_TRUE(watch.expired());
}

TEST(SharedBytes, KnowWhetherAnybodyElseUsesThem) {
  const Slice handle = SharedBytes::make(std::make_shared<const std::string>("body"));
  EXPECT_TRUE(handle.shared()->is_unshared());
  {
    const Slice in_use = handle.share(0, 4);
    EXPECT_FALSE(handle.shared()->is_unshared());
  }
  EXPECT_TRUE(handle.shared()->is_unshared());
}

TEST(SharedBytes, EachShardsObjectSharesTheMemory) {
  auto memory = std::make_shared<const std::string>("file");
  const Slice one = SharedBytes::make(memory), two = SharedBytes::make(memory);
  EXPECT_NE(one.shared(), two.shared());
  EXPECT_EQ(one.bytes().data(), two.bytes().data());
}

}  // namespace
}  // namespace engine
