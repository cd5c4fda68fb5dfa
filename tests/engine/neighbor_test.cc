#include "engine/neighbor.h"

#include <gtest/gtest.h>

#include "tests/support/shard_fixture.h"

namespace engine {
namespace {

using support::arp;
using support::arp_frame;
using support::Bytes;
using support::EngineOptions;
using support::ip;
using support::Lines;
using support::peer_mac;
using support::port_mac;
using support::TestEngine;
using support::udp;

const Ipv4 ours = ip("10.0.0.1"), peer = ip("10.0.0.9"), client = ip("10.0.1.9");
constexpr PortId lan{0};

class NeighborTest : public testing::Test {
 protected:
  explicit NeighborTest(const EngineOptions& options = {}) : engine_{options} {}
  ~NeighborTest() override { engine_.expect_accounted(); }

  /// A packet of our own.
  void send(Ipv4 dst, std::uint16_t number = 0) {
    const Bytes bytes = support::ipv4({.src = ours, .dst = dst}, udp(number, 2));
    engine_.shard().output().send(support::make_packet(engine_.mempool(), bytes), engine_.now());
  }
  void receive(const Bytes& arp_packet, const MacAddress& to = port_mac(0)) {
    engine_.deliver_frame(0, arp_frame(to, arp_packet));
  }
  void receive_reply(Ipv4 from) { receive(arp(arp_reply, peer_mac(from), from, port_mac(0), ours)); }
  /// The frames of one turn, in lines, with their link addresses.
  Lines turn() {
    engine_.turn();
    Lines lines;
    for (const Bytes& frame : engine_.sent_bytes(0))
      lines.push_back(support::describe_link(frame) + " " + support::describe(frame));
    return lines;
  }
  [[nodiscard]] std::uint64_t held() {
    engine_.expect_accounted();
    return engine_.shard().counters().held.get();
  }
  TestEngine engine_;
};

const std::string question = "02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff arp who-has 10.0.0.9 tell 10.0.0.1 (02:00:00:00:00:01)";
const std::string answer_to = "02:00:00:00:00:01 > 02:01:0a:00:00:09 ";

TEST_F(NeighborTest, AnUnknownOneIsAskedForAndThePacketsWaitForTheAnswer) {
  for (std::uint16_t i = 0; i < 3; ++i) send(peer, i);
  EXPECT_EQ(turn(), (Lines{question})) << "one question for all of them";
  receive_reply(peer);
  EXPECT_EQ(turn(), (Lines{answer_to + "ip 10.0.0.1 > 10.0.0.9 udp 0 > 2 len 0 ttl 64",
                           answer_to + "ip 10.0.0.1 > 10.0.0.9 udp 1 > 2 len 0 ttl 64",
                           answer_to + "ip 10.0.0.1 > 10.0.0.9 udp 2 > 2 len 0 ttl 64"}))
      << "in the turn of the answer, in order";
  const auto learned = engine_.neighbors().find(lan, peer);
  ASSERT_TRUE(learned);
  EXPECT_EQ(learned->mac, peer_mac(peer));
  send(peer, 3);
  EXPECT_EQ(turn(), (Lines{answer_to + "ip 10.0.0.1 > 10.0.0.9 udp 3 > 2 len 0 ttl 64"}));
}

TEST_F(NeighborTest, AfterTheAnswerPacketsGoAtOnceEvenIfControlIsLate) {
  engine_.control_listens = false;
  send(peer, 0);
  turn();
  receive_reply(peer);
  turn();
  send(peer, 1);
  EXPECT_EQ(turn(), (Lines{answer_to + "ip 10.0.0.1 > 10.0.0.9 udp 1 > 2 len 0 ttl 64"}));
  EXPECT_FALSE(engine_.neighbors().find(lan, peer));
}

TEST_F(NeighborTest, AnAnswerLearnedByAnotherShardServesUsToo) {
  send(peer);
  turn();
  engine_.know({"10.0.0.9"});  // as control writes it
  engine_.pass(2ms);
  EXPECT_EQ(engine_.sent(0), (Lines{"ip 10.0.0.1 > 10.0.0.9 udp 0 > 2 len 0 ttl 64"}));
}

TEST_F(NeighborTest, ThreeQuestionsASecondApartThenThePacketsAreGivenUp) {
  send(peer);
  turn();
  int questions = 1;
  Instant last = engine_.now();
  for (int ms = 0; ms < 5000; ++ms) {
    engine_.pass(1ms);
    for (const std::string& line : engine_.sent(0)) {
      EXPECT_EQ(line, "arp who-has 10.0.0.9 tell 10.0.0.1 (02:00:00:00:00:01)");
      EXPECT_GE(engine_.now() - last, Neighbors::request_interval);
      last = engine_.now();
      ++questions;
    }
  }
  EXPECT_EQ(questions, 3);
  EXPECT_EQ(engine_.drops(Drop::arp_unresolved), 1u);
  EXPECT_EQ(held(), 0u);
  send(peer);
  EXPECT_EQ(turn(), (Lines{question})) << "the next packet starts over";
}

TEST_F(NeighborTest, TheSenderOfAForwardedPacketIsToldHostUnreachable) {  // RFC 1812 5.2.7.1
  engine_.know({"10.0.1.9"});
  engine_.deliver(1, support::ipv4({.src = client, .dst = peer}, udp(5, 6)));
  engine_.pass(4s, 10ms);
  EXPECT_EQ(engine_.sent(1),
            (Lines{"ip 10.0.1.1 > 10.0.1.9 icmp host unreachable about (10.0.1.9 > 10.0.0.9 proto 17 ttl 63, 28 bytes) ttl 64"}));
  EXPECT_EQ(engine_.drops(Drop::arp_unresolved), 1u);
}

TEST_F(NeighborTest, AboutOurOwnPacketsNobodyIsTold) {
  send(peer);
  engine_.pass(4s, 10ms);
  EXPECT_EQ(engine_.shard().counters().originated.get(), 1u + 3u) << "the packet and three questions";
}

TEST_F(NeighborTest, NorAboutOnesWhoseSourceIsNotOursAnyMore) {
  send(peer);  // from 10.0.0.1
  turn();
  engine_.config().ports[0].answered.clear();  // a reload took the address away while the packet waited
  engine_.publish();
  engine_.pass(4s, 10ms);
  EXPECT_EQ(engine_.drops(Drop::arp_unresolved), 1u);
  EXPECT_EQ(engine_.shard().counters().originated.get(), 1u + 3u);
}

TEST_F(NeighborTest, AFullHoldQueueRefusesTheNewest) {
  for (std::uint16_t i = 0; i < Neighbors::held_per_neighbor + 4; ++i) send(peer, i);
  turn();
  EXPECT_EQ(engine_.drops(Drop::arp_hold_full), 4u);
  receive_reply(peer);
  const Lines lines = turn();
  ASSERT_EQ(lines.size(), Neighbors::held_per_neighbor);
  EXPECT_EQ(lines.front(), answer_to + "ip 10.0.0.1 > 10.0.0.9 udp 0 > 2 len 0 ttl 64");
  EXPECT_EQ(lines.back(), answer_to + "ip 10.0.0.1 > 10.0.0.9 udp 15 > 2 len 0 ttl 64");
}

EngineOptions with_held_packets(std::uint32_t held, const char* subnet = "10.0.0.1/24") {
  EngineOptions o;
  o.ports = {{{subnet}}, {{"10.99.1.1/24"}}};
  o.arp_held_packets = held;
  return o;
}

class FewHeld : public NeighborTest {
 protected:
  FewHeld() : NeighborTest{with_held_packets(5)} {}
};

TEST_F(FewHeld, TheSumOfAllHoldQueuesIsBounded) {
  for (std::uint16_t i = 0; i < 8; ++i) send(Ipv4{peer.value + i % 3});
  EXPECT_EQ(turn().size(), 3u);
  EXPECT_EQ(engine_.drops(Drop::arp_hold_full), 3u);
  EXPECT_EQ(held(), 5u);
  engine_.pass(5s, 10ms);
  EXPECT_EQ(held(), 0u);
  EXPECT_EQ(engine_.drops(Drop::arp_unresolved), 5u);
}

class ManyPending : public NeighborTest {
 protected:
  ManyPending() : NeighborTest{with_held_packets(1000, "10.0.0.1/16")} {}
};

TEST_F(ManyPending, TooManyQuestionsAtOnceAreRefused) {
  for (std::uint32_t i = 0; i < Neighbors::pending_max + 10; ++i) send(Ipv4{ip("10.0.1.0").value + i});
  EXPECT_EQ(turn().size(), Neighbors::pending_max);
  EXPECT_EQ(engine_.drops(Drop::arp_pending_full), 10u);
  receive_reply(ip("10.0.1.0"));
  receive_reply(ip("10.0.1.255"));
  EXPECT_EQ(turn().size(), 2u);
  engine_.pass(2ms);
  send(ip("10.0.7.7"));
  EXPECT_EQ(turn().size(), 1u) << "there is room again";
  engine_.pass(4s, 10ms);
  EXPECT_EQ(engine_.drops(Drop::arp_unresolved), Neighbors::pending_max - 1u);
}

TEST_F(NeighborTest, AnEntryInUseIsConfirmedByAskingTheNeighborItself) {
  engine_.know({"10.0.0.9"});
  engine_.pass(Neighbors::confirm_after + 1s, 1s);
  send(peer);
  EXPECT_EQ(turn(), (Lines{"02:00:00:00:00:01 > 02:01:0a:00:00:09 arp who-has 10.0.0.9 tell 10.0.0.1 (02:00:00:00:00:01)",
                           answer_to + "ip 10.0.0.1 > 10.0.0.9 udp 0 > 2 len 0 ttl 64"}))
      << "asked unicast, while packets go on";
  receive_reply(peer);
  turn();
  EXPECT_EQ(engine_.neighbors().find(lan, peer)->confirmed, engine_.now());
  engine_.pass(2ms);
  send(peer);
  EXPECT_EQ(turn().size(), 1u) << "confirmed: no question";
}

TEST_F(NeighborTest, AnUnusedEntryIsNotAskedFor) {
  engine_.know({"10.0.0.9"});
  engine_.pass(60s, 1s);
  EXPECT_EQ(engine_.sent(0), Lines{});
}

TEST_F(NeighborTest, AnEntryNotConfirmedFor90SecondsIsAskedForAnew) {
  engine_.know({"10.0.0.9"});
  engine_.pass(Neighbors::unusable_after, 1s);
  send(peer);
  EXPECT_EQ(turn(), (Lines{question}));
  receive_reply(peer);
  EXPECT_EQ(turn().size(), 1u);
}

TEST_F(NeighborTest, APermanentEntryNeverAgesAndIsNoNews) {
  ASSERT_TRUE(engine_.neighbors().put({lan, peer, peer_mac(peer), true, {}}));
  engine_.pass(200s, 1s);
  send(peer);
  EXPECT_EQ(turn(), (Lines{answer_to + "ip 10.0.0.1 > 10.0.0.9 udp 0 > 2 len 0 ttl 64"}));
  engine_.control_listens = false;
  receive(arp(arp_request, {{2, 9, 9, 9, 9, 9}}, peer, {}, ours));
  turn();
  EXPECT_EQ(engine_.shard().news().size(), 0u) << "what was configured cannot be learned over";
  engine_.control_listens = true;
}

TEST_F(NeighborTest, ARequestForUsIsAnsweredAndItsSenderLearned) {
  receive(arp(arp_request, peer_mac(peer), peer, {}, ours), mac_broadcast);
  EXPECT_EQ(turn(), (Lines{answer_to + "arp 10.0.0.1 is-at 02:00:00:00:00:01 to 10.0.0.9 (02:01:0a:00:00:09)"}));
  send(peer);
  EXPECT_EQ(turn().size(), 1u) << "no question needed";
}

TEST_F(NeighborTest, APaddedRequestIsAnsweredWithoutThePadding) {
  engine_.deliver_frame(
      0, support::ethernet(mac_broadcast, peer_mac(peer), arp(arp_request, peer_mac(peer), peer, {}, ours), ether_type_arp, 60));
  engine_.turn();
  const auto frames = engine_.sent_bytes(0);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].size(), sizeof(EthernetHeader) + sizeof(ArpPacket));
}

TEST_F(NeighborTest, AProbeIsAnsweredAndNotLearned) {  // RFC 5227
  receive(arp(arp_request, peer_mac(peer), Ipv4{}, {}, ours), mac_broadcast);
  EXPECT_EQ(turn(), (Lines{answer_to + "arp 10.0.0.1 is-at 02:00:00:00:00:01 to 0.0.0.0 (02:01:0a:00:00:09)"}));
  EXPECT_EQ(engine_.neighbors().size(), 0u);
}

TEST_F(NeighborTest, RequestsForOthersAreCountedAndTeachOnlyWhatWasKnown) {
  receive(arp(arp_request, peer_mac(peer), peer, {}, ip("10.0.0.77")), mac_broadcast);
  EXPECT_EQ(turn(), Lines{});
  EXPECT_EQ(engine_.drops(Drop::arp_not_ours), 1u);
  EXPECT_EQ(engine_.neighbors().size(), 0u) << "a neighbor that has nothing to do with us costs no entry";
  engine_.know({"10.0.0.9"});
  const MacAddress moved{{2, 7, 7, 7, 7, 7}};
  receive(arp(arp_request, moved, peer, {}, peer), mac_broadcast);  // gratuitous: a failover
  turn();
  EXPECT_EQ(engine_.neighbors().find(lan, peer)->mac, moved);
}

TEST_F(NeighborTest, NobodyOutsideTheSubnetAndNobodyWithOurAddressIsBelieved) {
  const Ipv4 far = ip("172.16.0.1");
  receive(arp(arp_reply, peer_mac(far), far, port_mac(0), ours));
  receive(arp(arp_reply, {{2, 6, 6, 6, 6, 6}}, ours, port_mac(0), ours));
  EXPECT_EQ(turn(), Lines{});
  EXPECT_EQ(engine_.drops(Drop::arp_unsolicited), 2u);
  receive(arp(arp_request, peer_mac(far), far, {}, ours));
  turn();
  EXPECT_EQ(engine_.neighbors().size(), 0u);
}

TEST_F(NeighborTest, ASenderThatSpeaksToUsIsLearnedUnasked) {  // RFC 826: "am I the target protocol address?"
  receive_reply(peer);
  EXPECT_EQ(turn(), Lines{});
  EXPECT_EQ(engine_.neighbors().size(), 1u);
  EXPECT_EQ(engine_.dropped(), 0u);
}

TEST_F(NeighborTest, MalformedArpIsDropped) {
  Bytes bad = arp(be16{9}, peer_mac(peer), peer, {}, ours);
  receive(bad);
  bad.resize(20);
  engine_.deliver_frame(0, support::ethernet(port_mac(0), peer_mac(peer), bad, ether_type_arp));
  EXPECT_EQ(turn(), Lines{});
  EXPECT_EQ(engine_.drops(Drop::arp_malformed), 2u);
}

TEST_F(NeighborTest, AFloodOfArpFillsNoRing) {
  engine_.control_listens = false;
  engine_.know({"10.0.0.9"});
  for (int i = 0; i < 3000; ++i) {
    receive(arp(arp_request, peer_mac(peer), peer, {}, ours));
    if (i % 100 == 0) turn();
  }
  engine_.settle();
  EXPECT_EQ(engine_.shard().news().size(), 0u) << "nothing new in it";
  EXPECT_EQ(engine_.drops(Drop::control_ring_full), 0u);
}

TEST_F(NeighborTest, NewsThatControlDoesNotTakeAreCountedWhenTheRingIsFull) {
  engine_.control_listens = false;
  for (int i = 0; i < 1100; ++i) {
    receive(arp(arp_request, {{2, 3, 3, 3, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)}}, peer, {}, ours));
    if (i % 100 == 0) turn();
  }
  engine_.settle();
  EXPECT_EQ(engine_.shard().news().size(), 1024u);
  EXPECT_EQ(engine_.drops(Drop::control_ring_full), 76u);
  EXPECT_EQ(engine_.dropped(), 0u) << "the packets themselves were answered";
}

TEST_F(NeighborTest, WithoutMbufsTheQuestionIsAskedLater) {
  std::vector<Packet> all;
  send(peer);
  while (Packet p = engine_.mempool().allocate()) all.push_back(std::move(p));
  EXPECT_EQ(turn(), Lines{});
  all.clear();
  engine_.pass(1s + 1ms, 1ms);
  EXPECT_EQ(engine_.sent(0).size(), 1u);
  receive_reply(peer);
  EXPECT_EQ(turn().size(), 1u) << "the packet waited all the time";
}

}  // namespace
}  // namespace engine
