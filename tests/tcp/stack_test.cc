// TCP bound to packets, tables and an application: what scripts, which see well-formed segments only, cannot say.
#include "tcp/stack.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <set>

#include "tests/tcp/player.h"

namespace tcp {
namespace {

using script::Player;
using support::Bytes;

constexpr std::string_view handshake = R"(
0 listen
+0 < S 0:0(0) win 65535 <mss 1460>
+0 > S. 0:0(0) ack 1 <mss 1460>
+.01 < . 1:1(0) ack 1 win 65535
)";

void expect_plays(Player& player, std::string_view lines) { EXPECT_EQ(player.play(lines), ""); }
support::TcpFields from_peer(std::uint16_t port = 40'001) { return {.src_port = port, .dst_port = our_port}; }
Bytes packet_of(const support::TcpFields& fields, std::string_view text = "") {
  return support::ipv4({.src = peer_address, .dst = our_address}, support::tcp(fields, text));
}
std::uint64_t drops(StackFixture& fixture, Drop why) { return fixture.stack().counters().drops[engine::index_of(why)].get(); }
ConnId id_of(StackFixture& fixture) { return fixture.application().events.front().connection; }

TEST(TcpStack, WhatIsNoSegmentIsDroppedWithItsReason) {
  StackFixture fixture;
  fixture.listen(true);
  const Bytes good = packet_of(from_peer());
  constexpr std::size_t ip_bytes = 20, offset_at = ip_bytes + 12;

  Bytes short_header = support::ipv4({.src = peer_address, .dst = our_address}, support::raw(engine::protocol_tcp, Bytes(19)));
  Bytes small_offset = good, large_offset = good, corrupt = good;
  small_offset[offset_at] = std::byte{0x40};
  large_offset[offset_at] = std::byte{0xf0};
  corrupt[ip_bytes + 4] ^= std::byte{1};
  fixture.turn({short_header, small_offset, large_offset});
  EXPECT_EQ(drops(fixture, Drop::truncated), 3u);
  fixture.turn({corrupt});
  EXPECT_EQ(drops(fixture, Drop::bad_checksum), 1u);
  support::TcpFields no_port = from_peer(0);
  fixture.turn({packet_of(no_port)});
  EXPECT_EQ(drops(fixture, Drop::bad_syn), 1u);
  EXPECT_TRUE(fixture.take_sent().empty());
  EXPECT_EQ(fixture.stack().connections(), 0u);
  fixture.engine().expect_accounted();
}

TEST(TcpStack, AReasonKeepsAnExampleOfWhatItDropped) {
  StackFixture fixture;
  fixture.turn({packet_of(from_peer())});
  const auto example = fixture.stack().counters().examples.read(engine::index_of(Drop::no_listener));
  ASSERT_TRUE(example);
  EXPECT_EQ(example->packet_bytes, 40u);
}

TEST(TcpStack, TextMayLieInSeveralMbufs) {
  Player player;
  expect_plays(player, handshake);
  StackFixture& fixture = player.fixture();
  const Tcb* tcb = nullptr;
  fixture.for_each([&](const Tcb& t) { tcb = &t; });
  ASSERT_NE(tcb, nullptr);
  std::string text(1400, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = script::stream_byte(false, static_cast<std::uint32_t>(i));
  support::TcpFields fields = from_peer();
  fields.seq = tcb->rcv_nxt.value();
  fields.ack = tcb->snd_nxt.value();
  fields.flags = "PA";
  const Bytes frame = fixture.engine().frame(0, packet_of(fields, text));
  const std::size_t cuts[] = {54, 54, 60, 61, 1000, 1000};  // behind the headers; empty segments too
  fixture.engine().port(0).deliver(0, frame, cuts);
  fixture.turn({});
  expect_plays(player, "+0 unread 1400\n+0 read 1400\n+.04 > . 1:1(0) ack 1401");
  EXPECT_EQ(player.end(), "");
}

TEST(TcpStack, AChainBeyondTheExpectedIsDropped) {
  Player player;
  expect_plays(player, handshake);
  StackFixture& fixture = player.fixture();
  std::vector<std::size_t> cuts;
  for (std::size_t cut = 60; cut < 100; cut += 2) cuts.push_back(cut);
  support::TcpFields fields = from_peer();
  fields.flags = "A";
  fixture.engine().port(0).deliver(0, fixture.engine().frame(0, packet_of(fields, std::string(200, 'x'))), cuts);
  fixture.turn({});
  EXPECT_EQ(drops(fixture, Drop::chain_too_long), 1u);
  EXPECT_EQ(player.end(), "");
}

TEST(TcpStack, ANewIncarnationBeginsAboveTheNumbersOfTheOldOne) {  // RFC 6191 2, RFC 9293 3.4.3
  StackFixture fixture;
  fixture.listen(true);
  const auto sent = [&] {
    const auto packets = fixture.take_sent();
    std::string error;
    return script::decode(packets.at(0), error).value();
  };
  support::TcpFields f = from_peer();
  f.seq = 1000;
  fixture.turn({packet_of(f)});
  const std::uint32_t old_isn = sent().seq;
  f.seq = 1001, f.ack = old_isn + 1, f.flags = "A";
  fixture.turn({packet_of(f)}, {[&](Instant) { fixture.stack().shutdown(id_of(fixture)); }});
  static_cast<void>(fixture.take_sent());
  f.ack = old_isn + 2, f.flags = "FA";
  fixture.turn({packet_of(f)});
  static_cast<void>(fixture.take_sent());
  ASSERT_EQ(fixture.stack().time_wait(), 1u);
  f.seq = 5000, f.ack = 0, f.flags = "S";
  fixture.turn({packet_of(f)});
  const script::Decoded answer = sent();
  EXPECT_EQ(answer.flags, Flags::syn_bit | Flags::ack_bit);
  EXPECT_GT(Seq{answer.seq}, Seq{old_isn + 2});
  EXPECT_EQ(fixture.stack().time_wait(), 0u);
}

TEST(TcpStack, ConnectNeedsARoute) {
  StackFixture fixture;
  std::optional<ConnId> id = 0;
  NotOpened why = NotOpened::no_room;
  fixture.turn({}, {[&](Instant now) { id = fixture.stack().connect({}, {engine::Ipv4{203, 0, 113, 1}, 80}, 0, now, why); }});
  EXPECT_EQ(id, std::nullopt);
  EXPECT_EQ(why, NotOpened::no_route);
  EXPECT_EQ(fixture.stack().counters().connect_failed.get(), 1u);
  EXPECT_EQ(fixture.stack().account().used(), 0u);
}

TEST(TcpStack, ConnectTakesAPortOfItsOwnForEachConnection) {
  StackFixture fixture;
  std::set<std::uint16_t> ports;
  fixture.turn({}, {[&](Instant now) {
                 for (int i = 0; i < 60; ++i) {
                   const auto id = fixture.stack().connect({}, {peer_address, peers_listener}, 7, now);
                   ASSERT_TRUE(id);
                   ports.insert(fixture.stack().tcb(*id).tuple.local_port.host());
                   EXPECT_EQ(fixture.stack().tcb(*id).cookie, 7u);
                 }
               }});
  EXPECT_EQ(ports.size(), 60u);
  EXPECT_EQ(fixture.take_sent().size(), 60u);
  EXPECT_EQ(fixture.stack().connections(), 60u);
}

TEST(TcpStack, ConnectionsHaveALimitForBothWays) {
  StackOptions options;
  options.connections_max = 3;
  StackFixture fixture{options};
  fixture.turn({}, {[&](Instant now) {
                 for (int i = 0; i < 3; ++i) EXPECT_TRUE(fixture.stack().connect({}, {peer_address, peers_listener}, 0, now));
                 NotOpened why = NotOpened::no_route;
                 EXPECT_FALSE(fixture.stack().connect({}, {peer_address, peers_listener}, 0, now, why));
                 EXPECT_EQ(why, NotOpened::no_room);
               }});
  EXPECT_EQ(drops(fixture, Drop::connections_full), 1u);
  fixture.turn({}, {[&](Instant now) {
                 fixture.stack().abort(0);
                 EXPECT_FALSE(fixture.stack().connect({}, {peer_address, peers_listener}, 0, now)) << "ids are unique in a turn";
               }});
  fixture.turn({}, {[&](Instant now) { EXPECT_TRUE(fixture.stack().connect({}, {peer_address, peers_listener}, 0, now)); }});
}

TEST(TcpStack, TheMssIsWhatTheMtuOfThePortLeaves) {
  for (const auto& [mtu, mss] : {std::pair{128, 88}, {300, 260}, {576, 536}, {1500, 1460}, {9000, 8960}}) {
    StackOptions options;
    options.mtu = static_cast<std::uint16_t>(mtu);
    Player player{options};
    expect_plays(player, fmt::format("0 listen\n+0 < S 0:0(0) win 65535 <mss 9000>\n+0 > S. 0:0(0) ack 1 <mss {}>", mss));
    expect_plays(player, fmt::format("+.01 < . 1:1(0) ack 1 win 65535\n+.01 send {0}\n+0 > P. 1:{1}({0}) ack 1", mss, mss + 1));
  }
}

TEST(TcpStack, WhatComesBehindTheEndOfAConnectionInOneBurstIsAStrangers) {
  for (const auto& [flags, answers] : {std::pair{"RA", 0u}, {"A", 1u}}) {
    Player player;
    expect_plays(player, handshake);
    StackFixture& fixture = player.fixture();
    const Tcb& tcb = fixture.stack().tcb(id_of(fixture));
    support::TcpFields reset = from_peer(tcb.tuple.remote_port.host());
    reset.seq = tcb.rcv_nxt.value(), reset.ack = tcb.snd_nxt.value(), reset.flags = "RA";
    support::TcpFields second = reset;
    second.flags = flags;
    fixture.after_turn = {};
    fixture.turn({packet_of(reset), packet_of(second)});
    EXPECT_EQ(drops(fixture, Drop::no_connection), 1u) << flags;
    EXPECT_EQ(fixture.take_sent().size(), answers) << flags << ": RST is not answered, all else by RST";
    EXPECT_EQ(fixture.stack().counters().resets_received.get(), 1u);
    EXPECT_EQ(fixture.stack().connections(), 0u);
    fixture.engine().expect_accounted();
  }
}

TEST(TcpStack, WhatATurnMayNotSendGoesInTheNext) {
  StackOptions options;
  options.config.initial_window = 64;
  Player player{options};
  expect_plays(player, R"(
0 listen
+0 < S 0:0(0) win 65535 <mss 88>
+0 > S. 0:0(0) ack 1 <mss 1460>
+.01 < . 1:1(0) ack 1 win 65535
)");
  StackFixture& fixture = player.fixture();
  fixture.after_turn = {};
  engine::Slice text = engine::SharedBytes::make(std::make_shared<const std::string>(std::string(20'000, 'x')));
  fixture.application().calls = {[&](Instant) { EXPECT_TRUE(fixture.stack().send(id_of(fixture), text)); }};
  fixture.engine().turn();
  EXPECT_EQ(fixture.take_sent().size(), Machine::segments_per_turn);
  EXPECT_EQ(fixture.stack().next_deadline(fixture.now()), fixture.now()) << "it has work at once";
  EXPECT_TRUE(fixture.engine().turn());
  EXPECT_EQ(fixture.take_sent().size(), 0u) << "the congestion window is full: 64 segments";
}

TEST(TcpStack, MbufsThatRunOutAreCountedAndTheTextGoesLater) {
  StackOptions options;
  options.account_mbufs = 64;
  Player player{options};
  expect_plays(player, handshake);
  StackFixture& fixture = player.fixture();
  std::vector<engine::Packet> all;
  while (engine::Packet packet = fixture.engine().mempool().allocate()) all.push_back(std::move(packet));
  expect_plays(player, "+.01 send 100");
  EXPECT_GT(fixture.engine().drops(engine::Drop::mbufs_exhausted), 0u);
  all.clear();
  expect_plays(player, "+.2 > P. 1:101(100) ack 1\n+.01 < . 1:1(0) ack 101 win 65535");
  EXPECT_EQ(player.end(), "");
}

TEST(TcpStack, ReceivedTextCanBeSeenCopiedAndTakenInPieces) {
  Player player;
  expect_plays(player, handshake);
  expect_plays(player, "+.01 < P. 1:11(10) ack 1 win 65535\n+0 < P. 11:21(10) ack 1 win 65535\n+0 > . 1:1(0) ack 21");
  StackFixture& fixture = player.fixture();
  Stack& stack = fixture.stack();
  const ConnId id = id_of(fixture);
  EXPECT_EQ(stack.received_bytes(id), 20u);
  std::string copy(30, '?');
  EXPECT_EQ(stack.copy_received(id, copy), 20u);
  EXPECT_EQ(copy.substr(0, 20), script::stream_bytes(false, 0, 20));
  fixture.turn({}, {[&](Instant) {
                 EXPECT_EQ(stack.front(id).text(), script::stream_bytes(false, 0, 20))
                     << "the second was copied behind the first";
                 stack.consume(id, 5);
                 EXPECT_EQ(stack.take(id, 7).text(), script::stream_bytes(false, 5, 7));
               }});
  EXPECT_EQ(stack.received_bytes(id), 8u);
}

TEST(TcpStack, MayQueueAsksForAllOrNothing) {
  StackOptions options;
  options.account_mbufs = 400;
  Player player{options};
  expect_plays(player, handshake);
  StackFixture& fixture = player.fixture();
  Stack& stack = fixture.stack();
  const ConnId id = id_of(fixture);
  fixture.turn({}, {[&](Instant) {
                 const auto free = static_cast<unsigned>(stack.account().available());
                 EXPECT_TRUE(stack.may_queue(id, free));
                 EXPECT_FALSE(stack.may_queue(id, free + 1));
               }});
  EXPECT_EQ(stack.counters().account_refusals.get(), 1u);
  EXPECT_TRUE(fixture.application().events.back().is(Outbox::writable)) << "there is room for less: asked again";
}

TEST(TcpStack, KnowsWhetherAllWasAcknowledged) {
  Player player;
  expect_plays(player, handshake);
  Stack& stack = player.fixture().stack();
  const ConnId id = id_of(player.fixture());
  EXPECT_TRUE(stack.is_all_acknowledged(id));
  expect_plays(player, "+.01 send 10\n+0 > P. 1:11(10) ack 1");
  EXPECT_FALSE(stack.is_all_acknowledged(id));
  expect_plays(player, "+.01 < . 1:1(0) ack 11 win 65535");
  EXPECT_TRUE(stack.is_all_acknowledged(id));
}

TEST(TcpStack, AnApplicationThatClosesInAnEventHearsNoMore) {
  StackFixture fixture;
  fixture.listen(true);
  support::TcpFields f = from_peer();
  f.seq = 1000;
  fixture.turn({packet_of(f)});
  std::string error;
  const std::uint32_t isn = script::decode(fixture.take_sent().at(0), error).value().seq;
  fixture.application().on_event = [&](const Event& event, Instant) {
    if (event.is(Outbox::accepted)) fixture.stack().close(event.connection);
    EXPECT_FALSE(fixture.stack().is_attached(event.connection));
  };
  f.seq = 1001, f.ack = isn + 1, f.flags = "A";
  fixture.turn({packet_of(f)});
  ASSERT_EQ(fixture.application().events.size(), 1u);
  f.flags = "PA";
  fixture.turn({packet_of(f, "text")});
  f.seq = 1005, f.flags = "RA";
  fixture.turn({packet_of(f)});
  EXPECT_EQ(fixture.application().events.size(), 1u);
  EXPECT_EQ(fixture.stack().connections(), 0u);
  EXPECT_EQ(fixture.stack().account().used(), 0u);
}

TEST(TcpStack, EventsOfABurstAreFolded) {
  StackFixture fixture;
  fixture.listen(true);
  support::TcpFields f = from_peer();
  f.seq = 1000;
  fixture.turn({packet_of(f)});
  std::string error;
  const std::uint32_t isn = script::decode(fixture.take_sent().at(0), error).value().seq;
  f.seq = 1001, f.ack = isn + 1, f.flags = "A";
  support::TcpFields text = f, reset = f;
  text.flags = "PA";
  reset.seq = 1005, reset.flags = "R";
  fixture.turn({packet_of(f), packet_of(text, "text"), packet_of(reset)});
  ASSERT_EQ(fixture.application().events.size(), 1u);
  const Event& event = fixture.application().events[0];
  EXPECT_EQ(event.what, Outbox::accepted | Outbox::readable | Outbox::closed);
  EXPECT_EQ(event.reason, CloseReason::reset);
  EXPECT_EQ(event.listener, 0);
  EXPECT_EQ(fixture.stack().connections(), 0u);
}

TEST(TcpStack, ConnectionsThatAreStillThereGiveTheirMbufsBack) {
  Player player;  // its end checks that every mbuf came back
  expect_plays(player, handshake);
  expect_plays(player, R"(
+.01 < P. 1:1001(1000) ack 1 win 65535
+0 send_copy 3000
+0 > . 1:1461(1460) ack 1001
+0 > . 1461:2921(1460) ack 1001
+0 > P. 2921:3001(80) ack 1001
+.01 < . 5001:6001(1000) ack 1 win 65535
+0 > . 3001:3001(0) ack 1001
)");
  EXPECT_GT(player.fixture().stack().account().used(), 4u);
}

}  // namespace
}  // namespace tcp
