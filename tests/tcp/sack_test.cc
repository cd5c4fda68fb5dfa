#include "tcp/sack.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <vector>

#include "engine/random.h"

namespace tcp {
namespace {

constexpr Seq base{0xffff'f000u};  // ranges wrap

SeqRange range(std::uint32_t start, std::uint32_t end) { return {base + start, base + end}; }
std::uint32_t add(Scoreboard& board, std::uint32_t start, std::uint32_t end) {
  const std::array<SeqRange, 1> blocks{range(start, end)};
  return board.add(blocks, base, base + 100'000);
}

TEST(TcpScoreboard, MergesWhatOverlapsAndWhatTouches) {
  Scoreboard board;
  EXPECT_EQ(add(board, 1000, 2000), 1000u);
  EXPECT_EQ(add(board, 3000, 4000), 1000u);
  EXPECT_EQ(board.ranges(), 2u);
  EXPECT_EQ(add(board, 2000, 3000), 1000u);
  EXPECT_EQ(board.ranges(), 1u);
  EXPECT_EQ(add(board, 500, 4500), 1000u);
  EXPECT_EQ(add(board, 600, 700), 0u) << "nothing new";
  EXPECT_EQ(board.bytes(), 4000u);
  EXPECT_EQ(board.highest(), base + 4500);
}

TEST(TcpScoreboard, IgnoresNonsense) {  // RFC 2018 5, RFC 2883
  Scoreboard board;
  const std::array<SeqRange, 5> blocks{range(0, 500), range(2000, 1000), range(1000, 1000), range(500, 200'000),
                                       SeqRange{base - 500, base + 500}};
  EXPECT_EQ(board.add(blocks, base, base + 100'000), 0u);
  EXPECT_TRUE(board.empty());
}

TEST(TcpScoreboard, AdvanceForgetsWhatIsAcknowledged) {
  Scoreboard board;
  add(board, 1000, 2000);
  add(board, 3000, 4000);
  board.advance(base + 1500);
  EXPECT_EQ(board.bytes(), 1500u);
  EXPECT_TRUE(board.contains(base + 1500)) << "the peer holds SND.UNA and does not acknowledge it: it reneged";
  board.advance(base + 2500);
  EXPECT_EQ(board.ranges(), 1u);
  board.advance(base + 4000);
  EXPECT_TRUE(board.empty());
}

TEST(TcpScoreboard, FindsHoles) {
  Scoreboard board;
  add(board, 1000, 2000);
  add(board, 3000, 4000);
  EXPECT_EQ(board.next_hole(base, base + 5000), range(0, 1000));
  EXPECT_EQ(board.next_hole(base, base + 700), range(0, 700));
  EXPECT_EQ(board.next_hole(base + 1200, base + 5000), range(2000, 3000));
  EXPECT_EQ(board.next_hole(base + 2500, base + 5000), range(2500, 3000));
  EXPECT_EQ(board.next_hole(base + 3000, base + 5000), range(4000, 5000));
  EXPECT_EQ(board.next_hole(base + 3000, base + 3500).size(), 0u);
}

TEST(TcpScoreboard, LostIsWhatThreeRangesOrMoreThanTwoSegmentsLieAbove) {  // RFC 6675 4, IsLost
  Scoreboard board;
  add(board, 2000, 3000);
  add(board, 4000, 5000);
  EXPECT_FALSE(board.is_lost(base, 1000)) << "two ranges, two segments";
  add(board, 6000, 6001);
  EXPECT_TRUE(board.is_lost(base, 1000));
  EXPECT_FALSE(board.is_lost(base + 3000, 1000));
  Scoreboard one;
  add(one, 1000, 3000);
  EXPECT_FALSE(one.is_lost(base, 1000));
  add(one, 3000, 3001);
  EXPECT_TRUE(one.is_lost(base, 1000));
}

TEST(TcpScoreboard, IsBoundedAndForgetsOnlyWhatDoesNotFit) {
  Scoreboard board;
  for (std::uint32_t i = 0; i < Scoreboard::ranges_max; ++i) ASSERT_EQ(add(board, 100 + i * 100, 150 + i * 100), 50u);
  EXPECT_EQ(add(board, 50'000, 50'100), 0u) << "it costs a retransmission";
  EXPECT_EQ(board.ranges(), Scoreboard::ranges_max);
  EXPECT_EQ(add(board, 150, 200), 50u) << "what joins two ranges always fits";
  EXPECT_EQ(add(board, 50'000, 50'100), 100u) << "and leaves room";
}

/// What the scoreboard says, byte by byte.
class Model {
 public:
  explicit Model(std::uint32_t size) : sacked_(size) {}
  std::uint32_t add(std::uint32_t start, std::uint32_t end, std::uint32_t una, std::uint32_t nxt) {
    if (start >= end || start <= una || end > nxt) return 0;
    std::uint32_t fresh = 0;
    for (std::uint32_t i = start; i < end; ++i) fresh += sacked_[i] ? 0 : 1, sacked_[i] = true;
    return fresh;
  }
  void advance(std::uint32_t una) { std::fill(sacked_.begin(), sacked_.begin() + una, false); }
  [[nodiscard]] std::uint32_t bytes() const {
    return static_cast<std::uint32_t>(std::count(sacked_.begin(), sacked_.end(), true));
  }
  [[nodiscard]] bool contains(std::uint32_t i) const { return sacked_[i]; }
  [[nodiscard]] std::pair<std::uint32_t, std::uint32_t> next_hole(std::uint32_t from, std::uint32_t limit) const {
    while (from < limit && sacked_[from]) ++from;
    std::uint32_t end = from;
    while (end < limit && !sacked_[end]) ++end;
    return {from, end};
  }
  /// Requires: `i` is in a hole.
  [[nodiscard]] bool is_lost(std::uint32_t i, std::uint32_t mss) const {
    std::uint32_t ranges = 0, bytes_above = 0;
    for (; i < sacked_.size(); ++i) {
      if (!sacked_[i]) continue;
      ++bytes_above;
      if (!sacked_[i - 1]) ++ranges;
    }
    return ranges >= 3 || bytes_above > 2 * mss;
  }

 private:
  std::vector<bool> sacked_;
};

TEST(TcpScoreboard, AgreesWithABitForEachByte) {
  constexpr std::uint32_t size = 460;  // in units of ten bytes: fewer ranges than there can be
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    SCOPED_TRACE(seed);
    engine::Random random{seed};
    Scoreboard board;
    Model model{size};
    std::uint32_t una = 0;
    const std::uint32_t nxt = size - 10;
    for (int step = 0; step < 60 && una < nxt; ++step) {
      const auto start = static_cast<std::uint32_t>(random.below(size / 10)) * 10;
      const auto end = start + static_cast<std::uint32_t>(random.below(8)) * 10;
      const std::array<SeqRange, 1> blocks{range(start, end)};
      ASSERT_EQ(board.add(blocks, base + una, base + nxt), model.add(start, std::min(end, size), una, nxt));
      if (random.chance(0.1)) {
        una = std::min<std::uint32_t>(nxt, una + static_cast<std::uint32_t>(random.below(100)));
        board.advance(base + una);
        model.advance(una);
      }
      ASSERT_EQ(board.bytes(), model.bytes());
      for (std::uint32_t i = una; i < size; i += 5) ASSERT_EQ(board.contains(base + i), model.contains(i)) << i;
      const auto from = una + static_cast<std::uint32_t>(random.below(size - una));
      const auto limit = from + static_cast<std::uint32_t>(random.below(size - from));
      const auto [hole_start, hole_end] = model.next_hole(from, limit);
      const SeqRange hole = board.next_hole(base + from, base + limit);
      ASSERT_EQ(hole, range(hole_start, hole_end)) << from << " " << limit;
      if (hole.size() != 0 && hole_start > una) {
        ASSERT_EQ(board.is_lost(hole.start, 20), model.is_lost(hole_start, 20)) << hole_start;
      }
    }
  }
}

}  // namespace
}  // namespace tcp
