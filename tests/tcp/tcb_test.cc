#include "tcp/tcb.h"

#include <gtest/gtest.h>

namespace tcp {
namespace {

TEST(TcpTcb, FlagsAreSetAndClearedOneByOne) {
  Tcb tcb;
  tcb.set(Tcb::sack_ok);
  tcb.set(Tcb::syn_resent);
  EXPECT_TRUE(tcb.has(Tcb::sack_ok) && tcb.has(Tcb::syn_resent));
  EXPECT_FALSE(tcb.has(Tcb::passive) || tcb.has(Tcb::timestamps_ok) || tcb.has(Tcb::released));
  tcb.clear(Tcb::sack_ok);
  EXPECT_FALSE(tcb.has(Tcb::sack_ok));
  EXPECT_TRUE(tcb.has(Tcb::syn_resent));
}

TEST(TcpTcb, BothShiftsLieInOneByte) {  // RFC 7323 2.2
  Tcb tcb;
  tcb.shifts = 7 << 4 | 14;
  EXPECT_EQ(tcb.rcv_shift(), 7);
  EXPECT_EQ(tcb.snd_shift(), 14);
  tcb.snd_wnd_field = 0xffff;
  tcb.max_snd_wnd_field = 0xffff;
  EXPECT_EQ(tcb.snd_wnd(), 0xffffu << 14);
  EXPECT_EQ(tcb.max_snd_wnd(), 0xffffu << 14);
}

TEST(TcpTcb, WindowsAndFlightSurviveTheWrap) {
  Tcb tcb;
  tcb.snd_una = Seq{0xffff'ff00u};
  tcb.snd_nxt = Seq{0x100};
  tcb.rcv_nxt = Seq{0xffff'fffeu};
  tcb.rcv_adv = Seq{10};
  EXPECT_EQ(tcb.flight(), 0x200u);
  EXPECT_EQ(tcb.rcv_wnd(), 12u);
}

TEST(TcpTcb, TimersAreArmedEachForItself) {
  Tcb tcb;
  EXPECT_FALSE(tcb.is_armed(Timer::retransmit) || tcb.is_armed(Timer::delayed_ack) || tcb.is_armed(Timer::life));
  tcb.arm(Timer::delayed_ack, 77);
  tcb.arm(Timer::life, 0);
  EXPECT_TRUE(tcb.is_armed(Timer::delayed_ack) && tcb.is_armed(Timer::life));
  EXPECT_FALSE(tcb.is_armed(Timer::retransmit));
  EXPECT_EQ(tcb.deadline(Timer::delayed_ack), 77u);
  tcb.disarm(Timer::delayed_ack);
  EXPECT_FALSE(tcb.is_armed(Timer::delayed_ack));
  EXPECT_TRUE(tcb.is_armed(Timer::life)) << "a deadline of 0 is one like any other";
}

TEST(TcpTcb, CountersOfTheTimerHoldTheirLimits) {
  Tcb tcb;
  tcb.backoff = Rto::doublings_max;
  tcb.expiries = 13;  // from an RTO of 10 ms to R2 of 100 s: see Machine::retries
  EXPECT_EQ(tcb.backoff, Rto::doublings_max);
  EXPECT_EQ(tcb.expiries, 13);
  EXPECT_GE(10ms * (1 << 13), 50s);
}

TEST(TcpTcb, AColdBlockStartsOpenAtItsSequenceNumber) {
  const Cold cold{Seq{1000}};
  EXPECT_EQ(cold.queue.start(), Seq{1000});
  EXPECT_EQ(cold.queue.end(), Seq{1000});
  EXPECT_EQ(cold.recover, Seq{1000});
  EXPECT_EQ(cold.flight.start(), Seq{1000});
  EXPECT_EQ(cold.phase, Cold::Phase::open);
  EXPECT_TRUE(cold.flight.empty());
  EXPECT_FALSE(cold.is_timing);
}

}  // namespace
}  // namespace tcp
