#include "tcp/cubic.h"

#include <cmath>
#include <gtest/gtest.h>

#include "tcp/new_reno.h"
#include "tcp/tcb.h"

namespace tcp {
namespace {

constexpr std::uint32_t mss = 1000;

/// A connection that always uses its window, in virtual time: one ACK for every two segments, a round trip of `rtt`.
struct Flow {
  explicit Flow(Duration round_trip) : rtt{round_trip} {
    tcb.mss = mss;
    tcb.rto.on_sample(round_trip);
  }
  void run_for(Duration d) {
    for (const Instant end = now + d; now < end;) {
      const std::uint32_t acks = std::max(tcb.cwnd / (2 * mss), 1u);
      cubic::on_ack(tcb, cold, std::min(2 * mss, tcb.cwnd), now);
      now += rtt / acks;
    }
  }
  void lose() {
    cubic::on_loss(tcb, cold, tcb.cwnd);
    tcb.cwnd = tcb.ssthresh;
  }
  Duration rtt;
  Tcb tcb{};
  Cold cold{Seq{0}};
  Instant now{1s};
};

TEST(TcpCubic, SlowStartIsThatOfNewReno) {  // RFC 9438 4.10
  Flow flow{10ms};
  flow.tcb.cwnd = 10'000;
  flow.tcb.ssthresh = 100'000;
  cubic::on_ack(flow.tcb, flow.cold, 1000, flow.now);
  EXPECT_EQ(flow.tcb.cwnd, 11'000u);
}

TEST(TcpCubic, LossTakesThreeTenths) {  // 4.6
  Flow flow{10ms};
  flow.tcb.cwnd = 100'000;
  cubic::on_loss(flow.tcb, flow.cold, 100'000);
  EXPECT_NEAR(flow.tcb.ssthresh, 70'000u, 1);
  EXPECT_EQ(flow.tcb.cwnd, 100'000u) << "recovery sets it";
  cubic::on_loss(flow.tcb, flow.cold, 1000);
  EXPECT_EQ(flow.tcb.ssthresh, 2 * mss);
}

TEST(TcpCubic,
     TheWindowIsBackAfterKSecondsHavingWaitedThere) {  // 4.2 figure 1: W_max = 1000 segments, K = cbrt(300 / 0.4) = 9.09 s
  Flow flow{100ms};
  flow.tcb.cwnd = flow.tcb.ssthresh = 1'000'000;
  flow.lose();
  EXPECT_NEAR(flow.tcb.cwnd, 700'000u, 1);
  flow.run_for(4'500ms);
  const double half_way = 0.4 * mss * std::pow(4.5 + 0.1 - 9.086, 3) + 1'000'000;
  EXPECT_NEAR(flow.tcb.cwnd, half_way, 6'000);
  flow.run_for(4'586ms);
  EXPECT_NEAR(flow.tcb.cwnd, 1'000'000u, 5'000);
  flow.run_for(2s);
  EXPECT_LT(flow.tcb.cwnd, 1'010'000u) << "a plateau";
  flow.run_for(7s);
  EXPECT_NEAR(flow.tcb.cwnd, 1'000'000 + 0.4 * mss * 9 * 9 * 9, 25'000) << "then the convex part";
}

TEST(TcpCubic, WithAShortRoundTripItIsAtLeastAsFastAsNewReno) {  // 4.3
  Flow flow{1ms};
  flow.tcb.cwnd = flow.tcb.ssthresh = 20'000;
  flow.lose();
  flow.run_for(11ms);  // alpha 0.53: some six segments
  EXPECT_GE(flow.tcb.cwnd, 14'000u + 11 * 450);
  EXPECT_LE(flow.tcb.cwnd, 14'000u + 11 * 650);
  flow.run_for(100ms);  // beyond cwnd_prior a segment a round trip
  EXPECT_GE(flow.tcb.cwnd, 20'000u + 80 * 900);
}

TEST(TcpCubic, ALossBelowTheLastOneGivesRoom) {  // 4.7
  Flow flow{10ms};
  flow.tcb.cwnd = 100'000;
  flow.lose();
  EXPECT_EQ(flow.cold.cubic.w_max, 100'000u);
  flow.lose();  // at 70,000
  EXPECT_NEAR(flow.cold.cubic.w_max, 70'000 * 0.85, 2);
}

TEST(TcpCubic, TimeInWhichTheWindowWasNotUsedDoesNotCount) {  // 4.2: t is time since the epoch began, less what was idle
  Flow idle{10ms}, busy{10ms};
  for (Flow* flow : {&idle, &busy}) {
    flow->tcb.cwnd = flow->tcb.ssthresh = 300'000;
    flow->lose();
    flow->run_for(1s);
  }
  idle.now += 60s;
  idle.run_for(1s);
  busy.run_for(1s);
  EXPECT_NEAR(idle.tcb.cwnd, busy.tcb.cwnd, 2'000);
}

TEST(TcpCubic, ANewColdBlockTakesWMaxFromSsthresh) {  // all was acknowledged, the cold block went, and text comes again
  Flow flow{10ms};
  flow.tcb.cwnd = flow.tcb.ssthresh = 100'000;
  flow.lose();
  flow.cold = Cold{Seq{5}};
  cubic::on_ack(flow.tcb, flow.cold, 1000, flow.now);
  EXPECT_NEAR(flow.cold.cubic.w_max, 100'000u, 2);
  EXPECT_NEAR(flow.cold.cubic.k, std::cbrt(30 / 0.4), 0.01);
}

TEST(TcpCubic, ATimeoutStartsFromOneSegment) {  // 4.8
  Flow flow{10ms};
  flow.tcb.cwnd = 100'000;
  cubic::on_timeout(flow.tcb, flow.cold, 50'000);
  EXPECT_EQ(flow.tcb.cwnd, mss);
  EXPECT_NEAR(flow.tcb.ssthresh, 35'000u, 1);
}

TEST(TcpCubic, AHugeWindowDoesNotOverflow) {
  Flow flow{100ms};
  flow.tcb.cwnd = flow.tcb.ssthresh = 1u << 29;
  flow.tcb.mss = 88;
  for (int i = 0; i < 1000; ++i) {
    const std::uint32_t before = flow.tcb.cwnd;
    cubic::on_ack(flow.tcb, flow.cold, 1u << 20, flow.now += 1ms);
    ASSERT_GE(flow.tcb.cwnd, before);
    ASSERT_LT(flow.tcb.cwnd, 1u << 31);
  }
}

}  // namespace
}  // namespace tcp
