#include "engine/units.h"

#include <gtest/gtest.h>

namespace engine {
namespace {

TEST(Units, DurationsHaveANumberAndAUnit) {
  EXPECT_EQ(parse_duration("0s"), 0s);
  EXPECT_EQ(parse_duration("1ns"), 1ns);
  EXPECT_EQ(parse_duration("7us"), 7us);
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("90s"), 90s);
  EXPECT_EQ(parse_duration("5m"), 5min);
  EXPECT_EQ(parse_duration("2h"), 2h);
  for (const char* bad :
       {"", "5", "s", "5 s", " 5s", "5s ", "-5s", "+5s", "1.5s", "1m30s", "5S", "5sec", "5d", "0x5s", "1_000ms"})
    EXPECT_FALSE(parse_duration(bad)) << bad;
}

TEST(Units, DurationsBeyondTheClockAreRefused) {
  EXPECT_EQ(parse_duration("2562047h"), 2562047h);  // the most hours in 63 bits of nanoseconds
  EXPECT_FALSE(parse_duration("2562048h"));
  EXPECT_FALSE(parse_duration("99999999999999999999ns"));
}

TEST(Units, SizesCountIn1024) {
  EXPECT_EQ(parse_size("0"), 0u);
  EXPECT_EQ(parse_size("1500"), 1500u);
  EXPECT_EQ(parse_size("1500B"), 1500u);
  EXPECT_EQ(parse_size("64KiB"), 65'536u);
  EXPECT_EQ(parse_size("4MiB"), 4u << 20);
  EXPECT_EQ(parse_size("1GiB"), 1u << 30);
  EXPECT_EQ(parse_size("2TiB"), std::uint64_t{2} << 40);
  EXPECT_EQ(parse_size("16777215TiB"), std::uint64_t{16777215} << 40);
  for (const char* bad : {"", "KiB", "64kB", "64KB", "64K", "64kib", "64 KiB", "-1", "1.5MiB", "16777216TiB"})
    EXPECT_FALSE(parse_size(bad)) << bad;
}

TEST(Units, RatesCountIn1000) {
  EXPECT_EQ(parse_bit_rate("9bit"), 9u);
  EXPECT_EQ(parse_bit_rate("64kbit"), 64'000u);
  EXPECT_EQ(parse_bit_rate("10Mbit"), 10'000'000u);
  EXPECT_EQ(parse_bit_rate("40Gbit"), 40'000'000'000u);
  EXPECT_EQ(parse_bit_rate("1Tbit"), 1'000'000'000'000u);
  for (const char* bad : {"", "10", "10M", "10mbit", "10Mbit/s", "10Mibit", "18446745Tbit"})
    EXPECT_FALSE(parse_bit_rate(bad)) << bad;
  EXPECT_EQ(parse_event_rate("100/s"), 100u);
  for (const char* bad : {"", "100", "/s", "100/m", "100 /s"}) EXPECT_FALSE(parse_event_rate(bad)) << bad;
}

TEST(Units, DurationsAreShownAsPeopleWriteThem) {
  EXPECT_EQ(format_duration(0s), "0s");
  EXPECT_EQ(format_duration(1ns), "1ns");
  EXPECT_EQ(format_duration(1500us), "1500us");
  EXPECT_EQ(format_duration(10ms), "10ms");
  EXPECT_EQ(format_duration(60s), "60s");
  EXPECT_EQ(format_duration(90s), "90s");
  EXPECT_EQ(format_duration(10min), "10m");
  EXPECT_EQ(format_duration(2h), "2h");
}

TEST(Units, SizesAreShownInTheLargestUnitThatFits) {
  EXPECT_EQ(format_size(0), "0");
  EXPECT_EQ(format_size(1023), "1023");
  EXPECT_EQ(format_size(1024), "1KiB");
  EXPECT_EQ(format_size(1536), "1536");
  EXPECT_EQ(format_size(60u << 20), "60MiB");
  EXPECT_EQ(format_size(std::uint64_t{1} << 40), "1TiB");
}

TEST(Units, WhatIsShownCanBeReadAgain) {
  for (const Duration duration : {0ns, 1ns, 999ns, 1000ns, Duration{60s}, Duration{61s}, Duration{3600s}, Duration{86'399s}})
    EXPECT_EQ(parse_duration(format_duration(duration)), duration);
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 10, (std::uint64_t{1} << 50) + 1024})
    EXPECT_EQ(parse_size(format_size(size)), size);
}

}  // namespace
}  // namespace engine
