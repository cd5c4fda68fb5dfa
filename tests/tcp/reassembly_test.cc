#include "tcp/reassembly.h"

#include <gtest/gtest.h>
#include <vector>

#include "engine/random.h"
#include "tests/tcp/text_slices.h"

namespace tcp {
namespace {

using Insert = Reassembly::Insert;

constexpr Seq base{0xffff'ff80u};

class ReassemblyTest : public testing::Test {
 protected:
  Insert insert(std::uint32_t at, std::uint32_t size) {
    return later_.insert(fixture_.store(), base + at, heap_slice(bytes_at(base + at, size)));
  }
  /// Moves what continues at `at` into the queue.   Returns: where that ends.
  std::uint32_t take(std::uint32_t at) { return later_.take_ready(fixture_.store(), base + at, queue_) - base; }
  std::string taken() {
    std::string text(queue_.bytes(), '?');
    queue_.copy(fixture_.store(), text);
    queue_.clear(fixture_.store());
    return text;
  }
  std::vector<std::pair<std::uint32_t, std::uint32_t>> sack(std::size_t blocks_max = 4) {
    Options options;
    later_.write_sack(options, blocks_max);
    std::vector<std::pair<std::uint32_t, std::uint32_t>> blocks;
    for (std::size_t i = 0; i < options.sack_count; ++i)
      blocks.emplace_back(options.sack[i].start - base, options.sack[i].end - base);
    return blocks;
  }
  void TearDown() override {
    later_.clear(fixture_.store());
    queue_.clear(fixture_.store());
  }
  StoreFixture fixture_;
  Reassembly later_;
  RecvQueue queue_;
};

using Blocks = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

TEST_F(ReassemblyTest, JoinsRangesAcrossTheWrap) {
  EXPECT_EQ(insert(100, 50), Insert::kept);
  EXPECT_EQ(insert(200, 50), Insert::kept);
  EXPECT_EQ(later_.ranges(), 2u);
  EXPECT_EQ(insert(150, 50), Insert::kept);
  EXPECT_EQ(later_.ranges(), 1u);
  EXPECT_EQ(later_.bytes(), 150u);
  EXPECT_EQ(take(50), 50u) << "a gap in front";
  EXPECT_EQ(take(100), 250u);
  EXPECT_EQ(taken(), bytes_at(base + 100, 150));
  EXPECT_TRUE(later_.empty());
  EXPECT_EQ(later_.bytes(), 0u);
}

TEST_F(ReassemblyTest, KeepsOnlyWhatIsNew) {
  EXPECT_EQ(insert(100, 50), Insert::kept);
  EXPECT_EQ(insert(100, 50), Insert::duplicate);
  EXPECT_EQ(insert(110, 10), Insert::duplicate);
  EXPECT_EQ(insert(90, 100), Insert::kept) << "both sides of it";
  EXPECT_EQ(later_.bytes(), 100u);
  EXPECT_EQ(take(90), 190u);
  EXPECT_EQ(taken(), bytes_at(base + 90, 100));
}

TEST_F(ReassemblyTest, TheFirstBytesToArriveWin) {
  ASSERT_EQ(later_.insert(fixture_.store(), base + 100, heap_slice("first")), Insert::kept);
  ASSERT_EQ(later_.insert(fixture_.store(), base + 98, heap_slice("..other..")), Insert::kept);
  EXPECT_EQ(take(98), 107u);
  EXPECT_EQ(taken(), "..first..");
}

TEST_F(ReassemblyTest, TextThatOvertookItIsSkipped) {
  insert(100, 50);
  insert(200, 50);
  EXPECT_EQ(take(120), 150u);
  EXPECT_EQ(taken(), bytes_at(base + 120, 30));
  EXPECT_EQ(take(300), 300u) << "all of it was overtaken";
  EXPECT_TRUE(later_.empty());
  EXPECT_EQ(later_.bytes(), 0u);
  EXPECT_EQ(taken(), "");
}

TEST_F(ReassemblyTest, ReportsTheLastChangeFirst) {  // RFC 2018 4
  insert(100, 10);
  insert(200, 10);
  insert(300, 10);
  EXPECT_EQ(sack(), (Blocks{{300, 310}, {200, 210}, {100, 110}}));
  insert(110, 10);
  EXPECT_EQ(sack(), (Blocks{{100, 120}, {300, 310}, {200, 210}}));
  insert(190, 10);
  EXPECT_EQ(sack(), (Blocks{{190, 210}, {100, 120}, {300, 310}}));
  insert(400, 10);
  insert(500, 10);
  EXPECT_EQ(sack(3), (Blocks{{500, 510}, {400, 410}, {190, 210}}));
  EXPECT_EQ(sack().size(), 4u);
  EXPECT_EQ(sack(9).size(), 4u) << "what options can carry";
}

TEST_F(ReassemblyTest, HasABoundAndStillFillsHoles) {
  for (std::uint32_t i = 0; i < Reassembly::ranges_max; ++i) ASSERT_EQ(insert(100 + i * 10, 5), Insert::kept);
  EXPECT_EQ(insert(5000, 5), Insert::full);
  EXPECT_EQ(insert(105, 5), Insert::kept) << "joins two ranges";
  EXPECT_EQ(insert(5000, 5), Insert::kept);
  EXPECT_EQ(insert(6000, 5), Insert::full);
  EXPECT_EQ(insert(90, 10), Insert::kept) << "extends one";
}

TEST_F(ReassemblyTest, WithoutNodesOrCreditNothingChanges) {
  StoreFixture poor{2, 100};
  Reassembly later;
  const auto add = [&](std::uint32_t at) { return later.insert(poor.store(), base + at, heap_slice("text")); };
  EXPECT_EQ(add(100), Insert::kept);
  EXPECT_EQ(add(200), Insert::kept);
  EXPECT_EQ(add(300), Insert::no_room);
  EXPECT_EQ(add(104), Insert::no_room);
  EXPECT_EQ(later.bytes(), 8u);
  EXPECT_EQ(later.ranges(), 2u);
  later.clear(poor.store());
}

TEST_F(ReassemblyTest, ShortTextSharesAnMbufWhicheverWayItComes) {
  const auto add = [&](std::uint32_t at, std::uint32_t size) {
    return later_.insert(fixture_.store(), base + at, fixture_.mbuf_slice(bytes_at(base + at, size)));
  };
  for (std::uint32_t i = 0; i < 100; ++i) ASSERT_EQ(add(1000 + i * 10, 10), Insert::kept);
  EXPECT_LE(fixture_.account().used(), 2u) << "upwards";
  for (std::uint32_t i = 0; i < 900; ++i) ASSERT_EQ(add(999 - i, 1), Insert::kept);
  EXPECT_LE(fixture_.account().used(), 4u) << "downwards: a peer must not make us hold an mbuf for each byte";
  EXPECT_EQ(take(100), 2000u);
  EXPECT_EQ(taken(), bytes_at(base + 100, 1900));
}

/// Random segments of a stream, in any order and with any overlap, against a bit for each byte. Their ends lie on multiples of 30
/// in a window of 1,500, so that there are never more ranges than there can be.
void play(std::uint64_t seed) {
  SCOPED_TRACE(seed);
  constexpr std::uint32_t size = 6000, unit = 30;
  engine::Random random{seed};
  StoreFixture fixture{512, 512};
  const Store store = fixture.store();
  Reassembly later;
  RecvQueue queue;
  std::vector<bool> there(size);
  std::uint32_t received = 0;
  for (int step = 0; step < 3000 && received < size; ++step) {
    const std::uint32_t at = received + (random.chance(0.1) ? 0 : static_cast<std::uint32_t>(random.below(50)) * unit);
    const auto count = static_cast<std::uint32_t>(1 + random.below(random.chance(0.7) ? 3 : 40)) * unit;
    if (at >= size) continue;
    const std::string text = bytes_at(base + at, std::min({count, size - at, received + 1500 - at}));
    std::uint32_t fresh = 0;
    for (std::uint32_t i = at; i < at + text.size(); ++i) fresh += there[i] ? 0 : 1, there[i] = true;
    const std::uint32_t before = later.bytes();
    const Insert result = later.insert(store, base + at, random.chance(0.7) ? fixture.mbuf_slice(text) : heap_slice(text));
    ASSERT_EQ(result, fresh != 0 ? Insert::kept : Insert::duplicate);
    ASSERT_EQ(later.bytes() - before, fresh);
    std::uint32_t ranges = 0;
    for (std::uint32_t i = received; i < size; ++i) ranges += there[i] && (i == received || !there[i - 1]) ? 1 : 0;
    ASSERT_EQ(later.ranges(), ranges);
    if (!random.chance(0.4)) continue;
    const Seq end = later.take_ready(store, base + received, queue);
    ASSERT_EQ(end - (base + received), queue.bytes());
    std::string more(queue.bytes(), '?');
    queue.copy(store, more);
    queue.clear(store);
    ASSERT_EQ(more, bytes_at(base + received, static_cast<std::uint32_t>(more.size())));
    received += static_cast<std::uint32_t>(more.size());
    ASSERT_TRUE(received == size || !there[received]) << "all that continues was taken";
  }
  EXPECT_EQ(received, size);
  EXPECT_TRUE(later.empty());
}

TEST(TcpReassembly, AgreesWithABitForEachByte) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) play(seed);
}

}  // namespace
}  // namespace tcp
