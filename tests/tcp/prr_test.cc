#include "tcp/prr.h"

#include <gtest/gtest.h>

namespace tcp {
namespace {

constexpr std::uint32_t mss = 1000;

TEST(TcpPrr, SendsInProportionWhileMoreIsInFlightThanWanted) {  // RFC 9937 6
  Prr prr;
  prr.begin(20 * mss);                      // ssthresh is 10
  std::uint32_t pipe = 16 * mss, sent = 0;  // three sacked, one lost
  std::uint32_t cwnd = prr.on_ack(3 * mss, pipe, 10 * mss, mss, false);
  EXPECT_EQ(cwnd - pipe, 1500u) << "half of what was delivered";
  prr.on_sent(mss), sent += mss, pipe += mss;
  for (int i = 0; i < 12; ++i) {
    pipe -= mss;
    cwnd = prr.on_ack(mss, pipe, 10 * mss, mss, false);
    while (pipe + mss <= cwnd) prr.on_sent(mss), sent += mss, pipe += mss;
  }
  EXPECT_EQ(sent, 7 * mss) << "15 delivered, half of them replaced";
  EXPECT_EQ(pipe, 11 * mss);
}

TEST(TcpPrr, TheFirstRetransmissionAlwaysGoes) {
  Prr prr;
  prr.begin(4 * mss);
  EXPECT_EQ(prr.on_ack(mss, 2 * mss, 2 * mss, mss, false), 3 * mss);
}

TEST(TcpPrr, GrowsBackAfterHeavyLossesOnlyWhileAcksAreSafe) {  // SSRB and CRB
  Prr prr;
  prr.begin(20 * mss);
  EXPECT_EQ(prr.on_ack(3 * mss, 2 * mss, 10 * mss, mss, false), 5 * mss);
  prr.on_sent(3 * mss);
  EXPECT_EQ(prr.on_ack(mss, 4 * mss, 10 * mss, mss, false), 5 * mss) << "as much as was delivered";
  prr.on_sent(mss);
  EXPECT_EQ(prr.on_ack(mss, 4 * mss, 10 * mss, mss, true), 6 * mss) << "and a segment more";
  EXPECT_EQ(prr.on_ack(5 * mss, 9 * mss, 10 * mss, mss, true), 10 * mss) << "never beyond ssthresh";
}

}  // namespace
}  // namespace tcp
