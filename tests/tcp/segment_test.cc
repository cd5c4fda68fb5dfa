#include "tcp/segment.h"

#include <gtest/gtest.h>

namespace tcp {
namespace {

TEST(TcpSegment, FlagsAreTheBitsOfTheHeader) {  // RFC 9293 3.1
  EXPECT_TRUE(Flags{0x01}.fin());
  EXPECT_TRUE(Flags{0x02}.syn());
  EXPECT_TRUE(Flags{0x04}.rst());
  EXPECT_TRUE(Flags{0x08}.psh());
  EXPECT_TRUE(Flags{0x10}.ack());
  const Flags others{0xe0};
  EXPECT_FALSE(others.fin() || others.syn() || others.rst() || others.psh() || others.ack());
  EXPECT_EQ(Flags{Flags::syn_bit | Flags::ack_bit}, Flags{0x12});
}

TEST(TcpSegment, LengthCountsTextSynAndFin) {  // RFC 9293 3.4, SEG.LEN
  Segment segment;
  EXPECT_EQ(segment.length(), 0u);
  segment.text_bytes = 10;
  EXPECT_EQ(segment.length(), 10u);
  segment.flags.bits = Flags::syn_bit | Flags::ack_bit;
  EXPECT_EQ(segment.length(), 11u);
  segment.flags.bits = Flags::syn_bit | Flags::fin_bit | Flags::psh_bit;
  EXPECT_EQ(segment.length(), 12u);
}

TEST(TcpSegment, OptionsAreAbsentByDefault) {
  const Options options;
  EXPECT_EQ(options.mss, 0);
  EXPECT_LT(options.window_shift, 0) << "a shift of 0 is an offer (RFC 7323 2.2)";
  EXPECT_FALSE(options.sack_permitted || options.has_timestamps || options.sack_count != 0);
}

}  // namespace
}  // namespace tcp
