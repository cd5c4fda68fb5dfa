#include "apps/admin/metrics_text.h"

#include <array>
#include <gtest/gtest.h>

#include "tests/support/exposition.h"

namespace apps {
namespace {

using Type = MetricsText::Type;

TEST(MetricsText, AFamilyIsHelpTypeAndSamples) {
  MetricsText out;
  out.begin("penstock_things_total", Type::counter, "Things seen");
  out.sample({}, 0);
  out.sample({{"port", "lan"}, {"reason", "why"}}, UINT64_MAX);
  out.begin("penstock_level", Type::gauge, "A level");
  EXPECT_EQ(out.text(),
            "# HELP penstock_things_total Things seen\n"
            "# TYPE penstock_things_total counter\n"
            "penstock_things_total 0\n"
            "penstock_things_total{port=\"lan\",reason=\"why\"} 18446744073709551615\n"
            "# HELP penstock_level A level\n"
            "# TYPE penstock_level gauge\n");
}

TEST(MetricsText, HelpAndLabelsEscapeWhatTheFormatNeedsEscaped) {
  MetricsText out;
  out.begin("a", Type::gauge, "back\\slash, \"quote\" and\nline");
  out.sample({{"l", "back\\slash, \"quote\" and\nline"}}, 1);
  EXPECT_EQ(out.text(),
            "# HELP a back\\\\slash, \"quote\" and\\nline\n"
            "# TYPE a gauge\n"
            "a{l=\"back\\\\slash, \\\"quote\\\" and\\nline\"} 1\n");
  EXPECT_EQ(MetricsText::escaped("a\"\\\n"), "a\\\"\\\\\\n");
  const auto read = support::parse_exposition(out.text());
  EXPECT_TRUE(read.errors.empty()) << read.errors.front();
  EXPECT_EQ(read.families.at("a").help, "back\\slash, \"quote\" and\nline");
  EXPECT_EQ(read.families.at("a").samples.at(0).labels.at("l"), "back\\slash, \"quote\" and\nline");
}

TEST(MetricsText, AHistogramIsCumulativeInSeconds) {
  MetricsText out;
  out.begin("d_seconds", Type::histogram, "Durations");
  constexpr std::array<std::uint64_t, 3> bounds_us{100, 2'500, 10'000'000};
  constexpr std::array<std::uint64_t, 4> counts{3, 0, 2, 1};
  out.histogram({{"listener", "web"}}, bounds_us, counts, 12'345'678);
  EXPECT_EQ(out.text(),
            "# HELP d_seconds Durations\n"
            "# TYPE d_seconds histogram\n"
            "d_seconds_bucket{listener=\"web\",le=\"0.0001\"} 3\n"
            "d_seconds_bucket{listener=\"web\",le=\"0.0025\"} 3\n"
            "d_seconds_bucket{listener=\"web\",le=\"10\"} 5\n"
            "d_seconds_bucket{listener=\"web\",le=\"+Inf\"} 6\n"
            "d_seconds_sum{listener=\"web\"} 12.345678\n"
            "d_seconds_count{listener=\"web\"} 6\n");
}

TEST(MetricsText, AHistogramWithoutLabelsHasOnlyBounds) {
  MetricsText out;
  out.begin("d", Type::histogram, "Durations");
  constexpr std::array<std::uint64_t, 1> bounds_us{1'000'000};
  constexpr std::array<std::uint64_t, 2> counts{0, 0};
  out.histogram({}, bounds_us, counts, 0);
  EXPECT_EQ(out.text().substr(out.text().find("d_bucket")),
            "d_bucket{le=\"1\"} 0\nd_bucket{le=\"+Inf\"} 0\nd_sum 0\nd_count 0\n");
}

}  // namespace
}  // namespace apps
