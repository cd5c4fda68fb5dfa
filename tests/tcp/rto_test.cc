#include "tcp/rto.h"

#include <gtest/gtest.h>

namespace tcp {
namespace {

constexpr Duration min = 200ms;

TEST(TcpRto, IsASecondBeforeTheFirstSample) {  // RFC 6298 2.1
  EXPECT_EQ(Rto{}.value(min, 0), 1s);
  EXPECT_FALSE(Rto{}.has_sample());
}

TEST(TcpRto, FirstSampleGivesThreeRoundTrips) {  // 2.2: SRTT + 4 * (R / 2)
  Rto rto;
  rto.on_sample(300ms);
  EXPECT_EQ(rto.srtt(), 300ms);
  EXPECT_EQ(rto.rttvar(), 150ms);
  EXPECT_EQ(rto.value(min, 0), 900ms);
}

TEST(TcpRto, LaterSamplesAreSmoothed) {  // 2.3, alpha 1/8, beta 1/4, RTTVAR with the old SRTT
  Rto rto;
  rto.on_sample(100ms);
  rto.on_sample(180ms);
  EXPECT_EQ(rto.rttvar(), 57'500us);
  EXPECT_EQ(rto.srtt(), 110ms);
  EXPECT_EQ(rto.value(min, 0), 340ms);
}

TEST(TcpRto, ASteadyRoundTripComesDownToTheMinimum) {
  Rto rto;
  for (int i = 0; i < 100; ++i) rto.on_sample(1ms);
  EXPECT_EQ(rto.srtt(), 1ms);
  EXPECT_LT(rto.rttvar(), 10us);
  EXPECT_EQ(rto.value(min, 0), min);
  EXPECT_EQ(rto.value(10ms, 0), 10ms);
}

TEST(TcpRto, TheGranularityOfTheClockIsItsSmallestMargin) {  // 2.3: max(G, K * RTTVAR)
  Rto rto;
  for (int i = 0; i < 200; ++i) rto.on_sample(500ms);
  EXPECT_GE(rto.value(min, 0), 500ms + engine::TimerWheel::tick);
  EXPECT_LT(rto.value(min, 0), 501ms);
}

TEST(TcpRto, DoublesUpToAMinute) {  // 5.5, 2.5
  Rto rto;
  rto.on_sample(10ms);
  Duration expected = min;
  for (std::uint8_t backoff = 0; backoff < 9; ++backoff, expected *= 2) EXPECT_EQ(rto.value(min, backoff), expected);
  EXPECT_EQ(rto.value(min, 9), 60s);
  EXPECT_EQ(rto.value(min, 255), 60s) << "no shift wraps";
  EXPECT_EQ(rto.value(10ms, 255), 60s) << "nor is one too small";
}

TEST(TcpRto, LimitsHoldForAnySample) {
  Rto rto;
  rto.on_sample(Duration::zero());
  EXPECT_TRUE(rto.has_sample()) << "faster than the clock can tell is a sample";
  EXPECT_EQ(rto.value(min, 0), min);
  for (int i = 0; i < 50; ++i) rto.on_sample(1h);
  EXPECT_EQ(rto.value(min, 0), 60s);
  for (int i = 0; i < 200; ++i) rto.on_sample(Duration::zero());
  EXPECT_EQ(rto.value(min, 0), min);
}

TEST(TcpRto, IsThreeSecondsAfterALostSynUntilThereIsASample) {  // 5.7
  Rto rto;
  rto.on_lost_syn();
  EXPECT_FALSE(rto.has_sample());
  EXPECT_EQ(rto.value(min, 0), 3s);
  EXPECT_EQ(rto.value(min, 1), 6s);
  rto.on_sample(100ms);
  EXPECT_EQ(rto.value(min, 0), 300ms) << "the first sample, 2.2";
}

}  // namespace
}  // namespace tcp
