#include "http/histogram.h"

#include <gtest/gtest.h>

namespace http {
namespace {

using namespace std::chrono_literals;

std::string filled(const DurationHistogram& histogram) {
  std::string text;
  for (std::size_t i = 0; i <= DurationHistogram::bounds_us.size(); ++i)
    if (histogram.bucket(i) != 0) text += std::to_string(i) + ":" + std::to_string(histogram.bucket(i)) + " ";
  return text;
}

TEST(DurationHistogram, ABoundBelongsToItsBucket) {  // Prometheus: le
  for (std::size_t i = 0; i < DurationHistogram::bounds_us.size(); ++i) {
    const auto bound = std::chrono::microseconds{DurationHistogram::bounds_us[i]};
    DurationHistogram histogram;
    histogram.add(bound);
    histogram.add(bound + 1us);
    EXPECT_EQ(histogram.bucket(i), 1u) << i;
    EXPECT_EQ(histogram.bucket(i + 1), 1u) << i;
  }
}

TEST(DurationHistogram, BoundsAreThoseOfTheInterface) {
  constexpr std::array<double, 16> seconds{100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3,
                                           50e-3,  100e-3, 250e-3, 0.5,  1,      2.5,  5,     10};
  for (std::size_t i = 0; i < seconds.size(); ++i)
    EXPECT_DOUBLE_EQ(static_cast<double>(DurationHistogram::bounds_us[i]) / 1e6, seconds[i]);
}

TEST(DurationHistogram, SumsWholeMicroseconds) {
  DurationHistogram histogram;
  histogram.add(1'999ns);
  histogram.add(0ns);
  histogram.add(30s);
  EXPECT_EQ(filled(histogram), "0:2 16:1 ");
  EXPECT_EQ(histogram.sum_us(), 30'000'001u);
}

TEST(DurationHistogram, AClockThatWentBackIsNoTime) {
  DurationHistogram histogram;
  histogram.add(-5ms);
  EXPECT_EQ(filled(histogram), "0:1 ");
  EXPECT_EQ(histogram.sum_us(), 0u);
}

}  // namespace
}  // namespace http
