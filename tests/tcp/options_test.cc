#include "tcp/options.h"

#include <gtest/gtest.h>
#include <vector>

#include "engine/random.h"

namespace tcp {
namespace {

/// Parses bytes that lie at the end of their memory: one read too many is seen by the sanitizer.
std::optional<Options> parse(const std::vector<int>& values, bool is_syn) {
  std::vector<std::byte> bytes;
  bytes.reserve(values.size());
  for (const int v : values) bytes.push_back(static_cast<std::byte>(v));
  Options options;
  if (!parse_options(bytes, is_syn, options)) return std::nullopt;
  return options;
}

TEST(TcpOptions, ReadsWhatASynCarries) {
  const auto o = parse({2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 7}, true);
  ASSERT_TRUE(o);
  EXPECT_EQ(o->mss, 1460);
  EXPECT_TRUE(o->sack_permitted);
  EXPECT_TRUE(o->has_timestamps);
  EXPECT_EQ(o->ts_val, 1u);
  EXPECT_EQ(o->ts_ecr, 2u);
  EXPECT_EQ(o->window_shift, 7);
}

TEST(TcpOptions, WhatOnlyASynMayCarryIsIgnoredElsewhere) {
  const auto o = parse({2, 4, 0x05, 0xb4, 4, 2, 3, 3, 7}, false);
  ASSERT_TRUE(o);
  EXPECT_EQ(o->mss, 0);
  EXPECT_FALSE(o->sack_permitted);
  EXPECT_LT(o->window_shift, 0);
}

TEST(TcpOptions, AShiftAbove14IsTakenFor14) {  // RFC 7323 2.3
  EXPECT_EQ(parse({3, 3, 14}, true)->window_shift, 14);
  EXPECT_EQ(parse({3, 3, 15}, true)->window_shift, 14);
  EXPECT_EQ(parse({3, 3, 255}, true)->window_shift, 14);
}

TEST(TcpOptions, TheCommonFormOfTimestampsReadsLikeAnyOther) {
  const std::vector<int> common{1, 1, 8, 10, 0xff, 0, 0, 1, 0, 0xff, 0, 2};
  const std::vector<int> other{8, 10, 0xff, 0, 0, 1, 0, 0xff, 0, 2, 1, 1};
  for (const auto& form : {common, other}) {
    const auto o = parse(form, false);
    ASSERT_TRUE(o && o->has_timestamps);
    EXPECT_EQ(o->ts_val, 0xff00'0001u);
    EXPECT_EQ(o->ts_ecr, 0x00ff'0002u);
  }
}

TEST(TcpOptions, ReadsSackBlocks) {
  std::vector<int> bytes{5, 34};
  for (int block = 0; block < 4; ++block)
    for (const int v : {0, 0, block, 0, 0, 0, block, 100}) bytes.push_back(v);
  const auto o = parse(bytes, false);
  ASSERT_TRUE(o);
  ASSERT_EQ(o->sack_count, 4);
  EXPECT_EQ(o->sack[3], (SeqRange{Seq{0x300}, Seq{0x364}}));
}

TEST(TcpOptions, SackBlocksBeyondFourAreLeftOut) {
  std::vector<int> bytes{5, 18};
  bytes.resize(18, 1);
  std::vector<int> twice = bytes;
  twice.insert(twice.end(), bytes.begin(), bytes.end());
  twice.insert(twice.end(), bytes.begin(),
               bytes.end());  // three options of two blocks: longer than a header can be, but who knows
  const auto o = parse(twice, false);
  ASSERT_TRUE(o);
  EXPECT_EQ(o->sack_count, 4);
}

TEST(TcpOptions, OddLengthsOfKnownOptionsAreSkipped) {  // RFC 9293 MUST-6
  const auto o = parse({2, 3, 9, 3, 4, 9, 9, 4, 3, 9, 5, 5, 1, 2, 3, 8, 4, 1, 2, 2, 4, 2, 0}, true);
  ASSERT_TRUE(o);
  EXPECT_EQ(o->mss, 512) << "what follows is read";
  EXPECT_LT(o->window_shift, 0);
  EXPECT_FALSE(o->sack_permitted || o->has_timestamps || o->sack_count != 0);
}

TEST(TcpOptions, NothingCountsBehindTheEndOfTheList) {
  const auto o = parse({1, 0, 2, 4, 5, 0xb4, 7, 0}, true);
  ASSERT_TRUE(o);
  EXPECT_EQ(o->mss, 0);
}

TEST(TcpOptions, ImpossibleLengthsAreMalformed) {  // RFC 9293 MUST-7
  EXPECT_FALSE(parse({2, 0, 0, 0}, true)) << "zero";
  EXPECT_FALSE(parse({99, 1, 0, 0}, true)) << "shorter than kind and length";
  EXPECT_FALSE(parse({2, 5, 0, 0}, true)) << "beyond the header";
  EXPECT_FALSE(parse({1, 1, 1, 2}, true)) << "no length at all";
  EXPECT_TRUE(parse({}, true));
  EXPECT_TRUE(parse({1, 1, 1, 1}, true));
}

TEST(TcpOptions, AnyBytesAreReadWithinTheirBounds) {
  engine::Random random{4711};
  int good = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<int> bytes(random.below(41));
    for (int& b : bytes) b = static_cast<int>(random.chance(0.5) ? random.below(12) : random.below(256));
    const auto o = parse(bytes, random.chance(0.5));
    if (!o) continue;
    ++good;
    ASSERT_LE(o->sack_count, Options::sack_blocks_max);
    ASSERT_LE(o->window_shift, 14);
  }
  EXPECT_GT(good, 1000);
}

Options random_options(engine::Random& random) {
  Options o;
  if (random.chance(0.5)) o.mss = static_cast<std::uint16_t>(1 + random.below(65'535));
  if (random.chance(0.5)) o.window_shift = static_cast<std::int8_t>(random.below(15));
  o.sack_permitted = random.chance(0.5);
  o.has_timestamps = random.chance(0.5);
  if (o.has_timestamps)
    o.ts_val = static_cast<std::uint32_t>(random.next()), o.ts_ecr = static_cast<std::uint32_t>(random.next());
  for (std::size_t n = random.below(5); n > 0; --n) {
    o.sack[o.sack_count++] = {Seq{static_cast<std::uint32_t>(random.next())}, Seq{static_cast<std::uint32_t>(random.next())}};
    if (options_length(o) > options_bytes_max) --o.sack_count;
  }
  return o;
}

TEST(TcpOptions, WhatIsWrittenReadsBackTheSame) {
  engine::Random random{7};
  for (int round = 0; round < 5000; ++round) {
    const Options o = random_options(random);
    std::array<std::byte, options_bytes_max> bytes{};
    const std::size_t length = write_options(o, bytes.data());
    ASSERT_EQ(length, options_length(o));
    ASSERT_LE(length, options_bytes_max);
    ASSERT_EQ(length % 4, 0u) << "the data offset counts words";
    Options back;
    ASSERT_TRUE(parse_options(std::span{bytes}.first(length), true, back));
    EXPECT_EQ(back.mss, o.mss);
    EXPECT_EQ(back.window_shift, o.window_shift);
    EXPECT_EQ(back.sack_permitted, o.sack_permitted);
    EXPECT_EQ(back.has_timestamps, o.has_timestamps);
    EXPECT_EQ(back.ts_val, o.ts_val);
    EXPECT_EQ(back.ts_ecr, o.ts_ecr);
    ASSERT_EQ(back.sack_count, o.sack_count);
    for (std::size_t i = 0; i < o.sack_count; ++i) EXPECT_EQ(back.sack[i], o.sack[i]);
  }
}

TEST(TcpOptions, TimestampsAloneTakeTheFormThatStacksReadFast) {  // RFC 7323 appendix A
  Options o;
  o.has_timestamps = true;
  std::array<std::byte, options_bytes_max> bytes{};
  ASSERT_EQ(write_options(o, bytes.data()), 12u);
  EXPECT_EQ(std::to_integer<int>(bytes[0]), 1);
  EXPECT_EQ(std::to_integer<int>(bytes[1]), 1);
  EXPECT_EQ(std::to_integer<int>(bytes[2]), 8);
  EXPECT_EQ(std::to_integer<int>(bytes[3]), 10);
}

}  // namespace
}  // namespace tcp
