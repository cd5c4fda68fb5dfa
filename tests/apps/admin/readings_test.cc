// The values of a reading; how an instance is read is seen in tests/memory.
#include "apps/admin/readings.h"

#include <gtest/gtest.h>

#include "tests/apps/admin/sample_readings.h"

namespace apps {
namespace {

using std::chrono::microseconds;

TEST(Readings, HistogramsOfSeveralWorkersAddUp) {
  http::DurationHistogram one, other;
  one.add(microseconds{100});  // the bound belongs to its bucket
  one.add(microseconds{101});
  other.add(microseconds{50});
  other.add(std::chrono::seconds{11});
  HistogramReading sum;
  sum.add(one);
  sum.add(other);
  EXPECT_EQ(sum.counts[0], 2u);
  EXPECT_EQ(sum.counts[1], 1u);
  EXPECT_EQ(sum.counts.back(), 1u) << "above all bounds";
  EXPECT_EQ(sum.count(), 4u);
  EXPECT_EQ(sum.sum_us, 100u + 101u + 50u + 11'000'000u);
}

TEST(Readings, AnEmptyHistogramCountsNothing) {
  EXPECT_EQ(HistogramReading{}.count(), 0u);
  EXPECT_EQ(HistogramReading{}.sum_us, 0u);
}

TEST(Readings, RequestsBeyondTheTableAreRequests) {
  EXPECT_EQ(sample_readings().http.requests_total(), 41u + 2u + 1u);
  EXPECT_EQ(HttpReading{}.requests_total(), 0u);
}

}  // namespace
}  // namespace apps
