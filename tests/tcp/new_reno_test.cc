#include "tcp/new_reno.h"

#include <gtest/gtest.h>

namespace tcp {
namespace {

Tcb make(std::uint32_t cwnd, std::uint32_t ssthresh, std::uint16_t mss = 1000) {
  Tcb tcb;
  tcb.cwnd = cwnd;
  tcb.ssthresh = ssthresh;
  tcb.mss = mss;
  return tcb;
}

void on_ack(Tcb& tcb, std::uint32_t acked) {
  Cold unused{Seq{0}};
  new_reno::on_ack(tcb, unused, acked, Instant{});
}

TEST(TcpNewReno, SlowStartAddsWhatWasAcknowledgedUpToTwoSegments) {  // RFC 5681 3.1, RFC 3465 2.3
  for (const auto& [acked, expected] : std::vector<std::pair<std::uint32_t, std::uint32_t>>{
           {1, 10'001}, {1000, 11'000}, {2000, 12'000}, {3000, 12'000}, {4000, 12'000}}) {
    Tcb tcb = make(10'000, 100'000);
    on_ack(tcb, acked);
    EXPECT_EQ(tcb.cwnd, expected) << acked;
  }
}

TEST(TcpNewReno, AnAckOfAWholeBurstCountsHalf) {  // ours and other stacks' receivers answer a burst with one ACK
  Tcb tcb = make(40'000, 100'000);
  on_ack(tcb, 40'000);
  EXPECT_EQ(tcb.cwnd, 60'000u);
}

TEST(TcpNewReno, CongestionAvoidanceAddsASegmentARoundTrip) {  // RFC 5681 3.1 (3)
  Tcb tcb = make(20'000, 20'000);
  for (int ack = 0; ack < 20; ++ack) on_ack(tcb, 1000);
  EXPECT_GE(tcb.cwnd, 20'900u);
  EXPECT_LE(tcb.cwnd, 21'000u);
  Tcb at_once = make(20'000, 20'000);
  on_ack(at_once, 20'000);
  EXPECT_EQ(at_once.cwnd, 21'000u);
  Tcb more = make(20'000, 20'000);
  on_ack(more, 200'000);
  EXPECT_EQ(more.cwnd, 21'000u) << "never more than a segment for one ACK";
}

TEST(TcpNewReno, AHugeWindowStillGrows) {  // RFC 5681 3.1: at least a byte
  Tcb tcb = make(1u << 30, 1000);
  on_ack(tcb, 1000);
  EXPECT_EQ(tcb.cwnd, (1u << 30) + 1);
}

TEST(TcpNewReno, LossHalvesTheFlightNotBelowTwoSegments) {  // RFC 5681 3.1 (4)
  Tcb tcb = make(50'000, 100'000);
  Cold cold{Seq{0}};
  new_reno::on_loss(tcb, cold, 30'000);
  EXPECT_EQ(tcb.ssthresh, 15'000u);
  EXPECT_EQ(tcb.cwnd, 50'000u) << "recovery sets it";
  new_reno::on_loss(tcb, cold, 1000);
  EXPECT_EQ(tcb.ssthresh, 2000u);
}

TEST(TcpNewReno, ATimeoutStartsFromOneSegment) {  // RFC 5681 3.1, the loss window
  Tcb tcb = make(50'000, 100'000);
  Cold cold{Seq{0}};
  new_reno::on_timeout(tcb, cold, 30'000);
  EXPECT_EQ(tcb.ssthresh, 15'000u);
  EXPECT_EQ(tcb.cwnd, 1000u);
}

}  // namespace
}  // namespace tcp
