// What scripts cannot say in few lines: limits, refusals, large numbers. The protocol is in tests/tcp/scripts.
#include "tcp/machine.h"

#include <gtest/gtest.h>

#include "tcp/window.h"
#include "tests/tcp/machine_fixture.h"

namespace tcp {
namespace {

constexpr Seq peer = MachineFixture::peer_isn + 1, ours = MachineFixture::our_isn + 1;  // the first bytes

TEST(TcpMachine, VerdictsSayWhatBecameOfASegment) {
  EXPECT_FALSE(Verdict::processed().is_dropped());
  EXPECT_TRUE(Verdict::dropped(Drop::paws).is_dropped());
  EXPECT_EQ(Verdict::dropped(Drop::paws).why, Drop::paws);
}

TEST(TcpMachine, TheEarliestDeadlineAcrossTheWrapOfTicks) {
  Tcb tcb;
  EXPECT_EQ(Machine::next_deadline(tcb), std::nullopt);
  tcb.arm(Timer::life, 5);  // behind the wrap
  tcb.arm(Timer::retransmit, 0xffff'fff0u);
  EXPECT_EQ(Machine::next_deadline(tcb), 0xffff'fff0u);
  tcb.disarm(Timer::retransmit);
  EXPECT_EQ(Machine::next_deadline(tcb), 5u);
}

TEST(TcpMachine, ATurnSendsABoundedNumberOfSegments) {
  Config config;
  config.initial_window = 64;
  MachineFixture f{4096, config};
  f.establish();
  f.tcb.snd_wnd_field = 65'535;
  f.tcb.cwnd = 1u << 20;
  f.tcb.mss = 500;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(f.send(5000));
  EXPECT_TRUE(f.turn()) << "there is more";
  EXPECT_EQ(f.sink.sent.size(), Machine::segments_per_turn);
  f.out.may_send = true;
  EXPECT_FALSE(f.turn());
  EXPECT_EQ(f.sink.sent.size(), 100u);
  f.release();
  f.expect_nothing_left();
}

TEST(TcpMachine, SendRoomIsTwoWindowsWithinWhatIsConfigured) {
  Config config;
  config.send_buffer_max = 100'000;
  MachineFixture f{4096, config};
  f.establish();
  EXPECT_EQ(f.machine.send_room(f.tcb), 64u << 10) << "a floor for small windows";
  f.tcb.cwnd = 40'000;
  EXPECT_EQ(f.machine.send_room(f.tcb), 80'000u);
  f.tcb.cwnd = 1u << 30;
  EXPECT_EQ(f.machine.send_room(f.tcb), 100'000u);
  ASSERT_TRUE(f.send(99'999));
  EXPECT_EQ(f.machine.send_room(f.tcb), 1u);
  ASSERT_TRUE(f.send(500)) << "room is advice: a message that was begun may be finished";
  EXPECT_EQ(f.machine.send_room(f.tcb), 0u);
  f.release();
}

TEST(TcpMachine, SendRoomIsAFewSegmentsWhenMemoryIsShort) {
  MachineFixture f;
  f.establish();
  ASSERT_TRUE(f.account.try_charge(f.account.available()));
  EXPECT_EQ(f.machine.send_room(f.tcb), 4u * f.tcb.mss);
}

TEST(TcpMachine, NoTextAfterClose) {
  MachineFixture f;
  f.establish();
  f.machine.shutdown(f.tcb, f.out);
  engine::Slice slice = heap_slice("late");
  EXPECT_FALSE(f.machine.send(f.tcb, slice, f.out));
  EXPECT_EQ(slice.text(), "late");
  f.release();
  f.expect_nothing_left();
}

TEST(TcpMachine, ARefusedSendTakesNothing) {
  MachineFixture f;
  f.establish();
  while (f.nodes.used() < f.nodes.capacity()) static_cast<void>(f.nodes.allocate());
  EXPECT_FALSE(f.send(10));
  EXPECT_EQ(f.colds.used(), 0u);
  EXPECT_TRUE(f.tcb.has(Tcb::send_blocked));
  EXPECT_EQ(f.counters.account_refusals.get(), 1u);
}

TEST(TcpMachine, TheLargestBufferIsChargedAndGivenBack) {
  Config config;
  config.receive_buffer_max = 60u << 20;  // the largest that can be configured: 65,537 mbufs
  MachineFixture f{200'000, config};
  Options options;
  options.window_shift = 14;
  f.establish(options);
  f.tcb.rcv_buffer_kib = 60u << 10;
  f.out.ack();
  f.turn();
  EXPECT_GT(f.tcb.rcv_wnd(), 59u << 20);
  EXPECT_GE(f.account.used(), mbufs_for_window(f.tcb.rcv_wnd()));
  f.release();
  f.expect_nothing_left();
}

TEST(TcpMachine, AllThatWasNotSentForWantOfMbufsIsSentLater) {
  MachineFixture f;
  f.sink.refuses = true;
  f.listen();
  EXPECT_EQ(f.sink.refused, 1u) << "SYN-ACK";
  f.sink.refuses = false;
  ASSERT_TRUE(f.fire());
  f.turn();
  ASSERT_EQ(f.sink.sent.size(), 1u);
  EXPECT_TRUE(f.sink.sent[0].flags.syn());
  f.arrives({peer, ours});
  f.turn();
  ASSERT_EQ(f.tcb.state, State::established);

  f.sink.sent.clear();
  f.sink.refuses = true;
  ASSERT_TRUE(f.send(100));
  f.turn();
  EXPECT_EQ(f.tcb.flight(), 0u);
  f.sink.refuses = false;
  ASSERT_TRUE(f.fire());
  f.turn();
  ASSERT_EQ(f.sink.sent.size(), 1u) << "text";
  EXPECT_EQ(f.sink.sent[0].text_bytes, 100u);
  f.arrives({peer, ours + 100});

  f.sink.refuses = true;
  f.machine.shutdown(f.tcb, f.out);
  f.turn();
  EXPECT_EQ(f.tcb.state, State::established) << "a FIN that was not sent changes no state";
  f.sink.refuses = false;
  ASSERT_TRUE(f.fire());
  f.turn();
  EXPECT_EQ(f.tcb.state, State::fin_wait_1);
  f.release();
  f.expect_nothing_left();
}

TEST(TcpMachine, ReleaseGivesEverythingBackInEveryState) {
  MachineFixture f;
  Options options;
  options.sack_permitted = true;
  f.establish(options);
  ASSERT_TRUE(f.send(20'000));
  f.arrives({peer, ours, Flags::ack_bit, 65'535, 1000});
  f.arrives({peer + 5000, ours, Flags::ack_bit, 65'535, 1000});
  f.arrives({peer + 8000, ours, Flags::ack_bit, 65'535, 1000});
  f.turn();
  EXPECT_EQ(f.colds.used(), 1u);
  EXPECT_EQ(f.reassemblies.used(), 1u);
  EXPECT_GT(f.nodes.used(), 3u);
  f.release();
  f.expect_nothing_left();
}

TEST(TcpMachine, TheColdBlockGoesWhenAllIsAcknowledged) {
  MachineFixture f;
  f.establish();
  ASSERT_TRUE(f.send(100));
  f.turn();
  EXPECT_FALSE(is_idle(f.tcb));
  EXPECT_EQ(f.colds.used(), 1u);
  f.arrives({peer, ours + 100});
  f.turn();
  EXPECT_TRUE(is_idle(f.tcb));
  EXPECT_EQ(f.colds.used(), 0u) << "an idle connection costs its Tcb";
}

TEST(TcpMachine, GaugesByStateFollowTheConnection) {
  MachineFixture f;
  const auto in = [&](State state) { return f.counters.connections[engine::index_of(state)].get(); };
  f.listen();
  EXPECT_EQ(in(State::syn_received), 1u);
  f.arrives({peer, ours});
  EXPECT_EQ(in(State::syn_received), 0u);
  EXPECT_EQ(in(State::established), 1u);
  f.arrives({peer, ours, Flags::ack_bit | Flags::fin_bit});
  EXPECT_EQ(in(State::close_wait), 1u);
  f.machine.abort(f.tcb, f.out);
  for (std::size_t i = 0; i < engine::index_of(State::count_); ++i) EXPECT_EQ(in(static_cast<State>(i)), 0u) << i;
  EXPECT_EQ(f.out.reason, CloseReason::aborted);
}

}  // namespace
}  // namespace tcp
