#include "tcp/seq.h"

#include <gtest/gtest.h>

namespace tcp {
namespace {

TEST(TcpSeq, ComparesAcrossTheWrap) {
  const Seq before{0xffff'fff0u}, after{0x10};
  EXPECT_TRUE(before < after && before <= after && after > before && after >= before);
  EXPECT_FALSE(after < before || before > after || before == after);
  EXPECT_EQ(after - before, 0x20u);
  EXPECT_EQ(before - after, 0xffff'ffe0u) << "the other way round the circle";
  EXPECT_EQ(max(before, after), after);
  EXPECT_EQ(min(before, after), before);
}

TEST(TcpSeq, OrderHoldsForDistancesBelowHalfOfTheSpace) {
  for (const std::uint32_t base : {0u, 1u, 0x7fff'ffffu, 0x8000'0000u, 0xffff'ffffu})
    for (const std::uint32_t distance : {1u, 1000u, 0x4000'0000u, 0x7fff'ffffu}) {
      EXPECT_LT(Seq{base}, Seq{base} + distance) << base << " " << distance;
      EXPECT_GT(Seq{base}, Seq{base} - distance) << base << " " << distance;
      EXPECT_EQ((Seq{base} + distance) - Seq{base}, distance);
    }
}

TEST(TcpSeq, ArithmeticWraps) {
  Seq seq{0xffff'ffffu};
  seq += 2;
  EXPECT_EQ(seq.value(), 1u);
  EXPECT_EQ((seq - 3u).value(), 0xffff'fffeu);
}

TEST(TcpSeq, ARangeIsHalfOpenAndMayWrap) {
  const SeqRange range{Seq{0xffff'fffeu}, Seq{2}};
  EXPECT_EQ(range.size(), 4u);
  EXPECT_FALSE(range.contains(Seq{0xffff'fffdu}));
  EXPECT_TRUE(range.contains(Seq{0xffff'fffeu}));
  EXPECT_TRUE(range.contains(Seq{0}));
  EXPECT_TRUE(range.contains(Seq{1}));
  EXPECT_FALSE(range.contains(Seq{2}));
  const SeqRange nothing{Seq{5}, Seq{5}};
  EXPECT_EQ(nothing.size(), 0u);
  EXPECT_FALSE(nothing.contains(Seq{5}));
}

}  // namespace
}  // namespace tcp
