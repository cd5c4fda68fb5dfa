#include "tcp/syn_cookies.h"

#include <gtest/gtest.h>

#include "engine/random.h"

namespace tcp {
namespace {

using namespace std::chrono_literals;
using engine::Instant;

constexpr engine::FourTuple tuple{engine::be32{0x0a000002}, engine::be32{0x0a000001}, engine::be16{4000}, engine::be16{80}};
const Instant start{1000s};

Segment syn_of(std::uint16_t mss) {
  Segment syn;
  syn.seq = Seq{0xffffffff};
  syn.flags.bits = Flags::syn_bit;
  syn.options.mss = mss;
  return syn;
}

Segment ack_of(Seq cookie) {
  Segment ack;
  ack.seq = Seq{0};
  ack.ack = cookie + 1;
  ack.flags.bits = Flags::ack_bit;
  return ack;
}

TEST(TcpSynCookies, BringTheMssBackRoundedDown) {
  SynCookies cookies{{1, 2}};
  const std::pair<std::uint16_t, std::uint16_t> cases[] = {{0, 536},     {1, 88},       {535, 88},    {536, 536},
                                                           {1023, 536},  {1024, 1024},  {1459, 1440}, {1460, 1460},
                                                           {8960, 1460}, {65'535, 1460}};
  for (const auto& [mss, expected] : cases) {
    const auto syn = cookies.check(tuple, ack_of(cookies.make(tuple, syn_of(mss), start)), start);
    ASSERT_TRUE(syn) << mss;
    EXPECT_EQ(syn->options.mss, expected) << mss;
    EXPECT_EQ(syn->seq, Seq{0xffffffff});
    EXPECT_TRUE(syn->flags.syn());
    EXPECT_FALSE(syn->options.has_timestamps);
  }
}

TEST(TcpSynCookies, BringTheOptionsBackInTheTimestamp) {
  SynCookies cookies{{1, 2}};
  for (const std::int8_t shift : {-1, 0, 7, 14})
    for (const bool sack : {false, true})
      for (const bool ecn : {false, true})
        for (const std::uint32_t clock : {0u, 1u, 63u, 64u, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
          Segment syn = syn_of(1460);
          syn.options.window_shift = shift;
          syn.options.sack_permitted = sack;
          const std::uint32_t stamp = SynCookies::timestamp(clock, syn.options, ecn);
          EXPECT_LT(clock - stamp, 64u) << "never ahead of the clock, and hardly behind it";
          Segment ack = ack_of(cookies.make(tuple, syn, start));
          ack.options.has_timestamps = true;
          ack.options.ts_val = 77;
          ack.options.ts_ecr = stamp;
          const auto read = cookies.check(tuple, ack, start);
          ASSERT_TRUE(read);
          EXPECT_EQ(read->options.window_shift, shift);
          EXPECT_EQ(read->options.sack_permitted, sack);
          EXPECT_EQ(read->flags.ece() && read->flags.cwr(), ecn);
          EXPECT_EQ(read->options.ts_val, 77u);
        }
}

TEST(TcpSynCookies, AreOfTheirTupleTheirSynTheirKeyAndTheirTime) {
  SynCookies cookies{{1, 2}};
  const Seq cookie = cookies.make(tuple, syn_of(1460), start);
  engine::FourTuple other = tuple;
  other.remote_port = engine::be16{4001};
  EXPECT_FALSE(cookies.check(other, ack_of(cookie), start));
  Segment shifted = ack_of(cookie);
  shifted.seq += 1;
  EXPECT_FALSE(cookies.check(tuple, shifted, start));
  EXPECT_FALSE((SynCookies{{1, 3}}.check(tuple, ack_of(cookie), start)));
  EXPECT_TRUE(cookies.check(tuple, ack_of(cookie), start + SynCookies::period));
  EXPECT_FALSE(cookies.check(tuple, ack_of(cookie), start + 2 * SynCookies::period));
  EXPECT_FALSE(cookies.check(tuple, ack_of(cookie), start - 2 * SynCookies::period));
}

TEST(TcpSynCookies, AreLookedForOnlyWhileSomeAreAbroad) {
  SynCookies cookies{{1, 2}};
  EXPECT_FALSE(cookies.is_active(start));
  static_cast<void>(cookies.make(tuple, syn_of(1460), start));
  EXPECT_TRUE(cookies.is_active(start + 127s));
  EXPECT_FALSE(cookies.is_active(start + 128s));
}

/// What a blind attacker can do: send ACKs.
TEST(TcpSynCookies, AreNotGuessed) {
  SynCookies cookies{{1, 2}};
  engine::Random random{7};
  unsigned right = 0;
  for (int i = 0; i < 1'000'000; ++i)
    right += cookies.check(tuple, ack_of(Seq{static_cast<std::uint32_t>(random.next())}), start) ? 1 : 0;
  EXPECT_EQ(right, 0u);
}

}  // namespace
}  // namespace tcp
