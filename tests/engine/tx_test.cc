#include "engine/tx.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/shard_fixture.h"

namespace engine {
namespace {

using support::SimPort;
constexpr ShardId self{0}, other{1};
constexpr PortId near{0}, far{1};

class TxTest : public testing::Test {
 protected:
  TxTest() { near_port_.info_to_change().capabilities.tx_multi_segs = true; }
  void TearDown() override {
    tx_.reset();
    handover_.reset();
    static_cast<void>(near_port_.take_sent());
    EXPECT_EQ(mempool_->available(), mempool_->size()) << "mbufs lost";
  }
  static PortInfo info(PortId id) {
    PortInfo info;
    info.id = id;
    return info;
  }
  Packet frame(std::size_t bytes, std::vector<std::size_t> cuts = {}) {
    return support::make_packet(*mempool_, support::counted_bytes(bytes), cuts);
  }
  void send(std::size_t count, PortId port = near) {
    for (std::size_t i = 0; i < count; ++i) tx_->send(port, frame(60 + i));
  }
  std::vector<std::size_t> sent_sizes() {
    std::vector<std::size_t> sizes;
    for (const Packet& p : near_port_.take_sent()) sizes.push_back(p.bytes());
    return sizes;
  }
  [[nodiscard]] std::uint64_t tx_count() const { return counters_.tx.get(); }
  [[nodiscard]] std::uint64_t dropped(Drop why, PortId port = near) const { return counters_.drops.get(why, port); }

  std::unique_ptr<Mempool> mempool_ = support::make_mempool(1500, 1000);
  SimPort near_port_{info(near), {mempool_.get()}}, far_port_{info(far), {mempool_.get()}};
  std::unique_ptr<Handover> handover_ = *Handover::create(support::unique_name("tx"), 2, 4);
  ShardCounters counters_;
  // The near port is ours, the far port's queue is another shard's.
  std::unique_ptr<Tx> tx_ = std::make_unique<Tx>(self, std::vector<Tx::Lane>{{&near_port_, 0, self}, {&far_port_, 0, other}},
                                                 *handover_, *mempool_, counters_);
};

TEST_F(TxTest, FramesGoOutInOrderWithTheFlush) {
  send(3);
  EXPECT_TRUE(sent_sizes().empty());
  EXPECT_EQ(tx_->held(), 3u);
  tx_->flush();
  EXPECT_EQ(sent_sizes(), (std::vector<std::size_t>{60, 61, 62}));
  EXPECT_EQ(tx_->held(), 0u);
  EXPECT_EQ(tx_count(), 3u);
  EXPECT_EQ(counters_.ports[0].tx_packets.get(), 3u);
  EXPECT_EQ(counters_.ports[0].tx_bytes.get(), 60u + 61 + 62);
}

TEST_F(TxTest, AFullBurstGoesAtOnce) {
  send(Burst::capacity);
  EXPECT_EQ(sent_sizes().size(), Burst::capacity);
}

TEST_F(TxTest, WhatTheDriverRefusesGoesNextTurnInOrder) {
  near_port_.tx_room = 2;
  send(5);
  tx_->flush();
  EXPECT_EQ(sent_sizes(), (std::vector<std::size_t>{60, 61}));
  EXPECT_EQ(tx_->held(), 3u);
  EXPECT_EQ(tx_count(), 2u) << "tx is what the driver took";
  EXPECT_EQ(counters_.ports[0].tx_bytes.get(), 121u);
  near_port_.tx_room = SimPort::unlimited;
  tx_->send(near, frame(99));
  tx_->flush();
  EXPECT_EQ(sent_sizes(), (std::vector<std::size_t>{62, 63, 64, 99}));
  EXPECT_EQ(counters_.ports[0].tx_bytes.get(), 60u + 61 + 62 + 63 + 64 + 99);
  EXPECT_EQ(counters_.dropped.get(), 0u);
}

TEST_F(TxTest, ADriverThatTakesNothingCostsTheLaneAndThenDropsAreCounted) {
  near_port_.tx_room = 0;
  send(Tx::lane_packets + 10);
  EXPECT_EQ(tx_->held(), Tx::lane_packets);
  EXPECT_EQ(dropped(Drop::tx_full), 10u);
  EXPECT_EQ(mempool_->available(), mempool_->size() - Tx::lane_packets) << "dropped frames are freed";
  near_port_.tx_room = SimPort::unlimited;
  tx_->flush();
  EXPECT_EQ(tx_count(), Tx::lane_packets);
  EXPECT_EQ(tx_->held(), 0u);
}

TEST_F(TxTest, AFrameThatTheDriverCannotSendDoesNotBlockThoseBehind) {
  near_port_.refuses = [](const rte_mbuf& m) { return m.pkt_len == 61 || m.pkt_len == 62; };
  send(4);
  tx_->flush();
  EXPECT_EQ(sent_sizes(), (std::vector<std::size_t>{60}));
  EXPECT_EQ(dropped(Drop::tx_refused), 1u);
  tx_->flush();
  tx_->flush();
  EXPECT_EQ(sent_sizes(), (std::vector<std::size_t>{63}));
  EXPECT_EQ(dropped(Drop::tx_refused), 2u);
  EXPECT_EQ(tx_->held(), 0u);
  EXPECT_EQ(counters_.ports[0].tx_bytes.get(), 60u + 63);
  EXPECT_EQ(tx_count(), 2u);
}

TEST_F(TxTest, ARefusedFrameBehindAFullDriverIsKeptUntilItIsFirst) {
  near_port_.refuses = [](const rte_mbuf& m) { return m.pkt_len == 61; };
  near_port_.tx_room = 0;
  send(2);
  tx_->flush();
  EXPECT_EQ(dropped(Drop::tx_refused), 0u) << "the frame before it is still ours";
  EXPECT_EQ(tx_->held(), 2u);
}

TEST_F(TxTest, ChainsAreCopiedForAPortThatCannotGather) {
  near_port_.info_to_change().capabilities.tx_multi_segs = false;
  Packet chain = frame(300, {14, 54, 201});
  chain.get()->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_TCP_CKSUM | RTE_MBUF_F_RX_IP_CKSUM_GOOD;
  chain.get()->l2_len = 14;
  chain.get()->l3_len = 20;
  tx_->send(near, std::move(chain));
  tx_->flush();
  const auto sent = near_port_.take_sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_FALSE(sent[0].is_chain());
  EXPECT_EQ(support::bytes_of(sent[0]), support::counted_bytes(300));
  EXPECT_EQ(sent[0].get()->ol_flags, RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_TCP_CKSUM)
      << "the order goes along, what RX said does not";
  EXPECT_EQ(sent[0].get()->l3_len, 20u);
  EXPECT_EQ(counters_.linearized.get(), 1u);
}

TEST_F(TxTest, ChainsStayChainsOtherwise) {
  tx_->send(near, frame(300, {14}));
  tx_->flush();
  EXPECT_TRUE(near_port_.take_sent().at(0).is_chain());
  EXPECT_EQ(counters_.linearized.get(), 0u);
}

TEST_F(TxTest, AChainTooLongForOneMbufIsACountedDrop) {
  near_port_.info_to_change().capabilities.tx_multi_segs = false;
  Packet chain = frame(1500);  // the data room is 1000
  chain.set_port(near);
  tx_->send(near, std::move(chain));
  tx_->flush();
  EXPECT_TRUE(sent_sizes().empty());
  EXPECT_EQ(dropped(Drop::mbufs_exhausted), 1u);
  EXPECT_EQ(counters_.dropped.get(), 1u);
}

TEST_F(TxTest, AChainThatNobodyGaveAPortIsDroppedAtThePortItWasFor) {
  near_port_.info_to_change().capabilities.tx_multi_segs = false;
  tx_->send(near, frame(1500));  // our own mbufs come from no port
  EXPECT_EQ(dropped(Drop::mbufs_exhausted), 1u);
}

TEST_F(TxTest, FramesForAnotherShardsQueueAreHandedOver) {
  send(2, far);
  tx_->flush();
  EXPECT_EQ(counters_.handed_out.get(), 2u);
  EXPECT_EQ(tx_count(), 0u);
  EXPECT_EQ(tx_->held(), 0u) << "they are the other shard's now";
  Burst burst;
  handover_->pop(other, Handover::Kind::transmit, burst);
  ASSERT_EQ(burst.size(), 2);
  burst.drain([](Packet p) noexcept { EXPECT_EQ(p.port(), far); });
}

TEST_F(TxTest, AFullRingToTheOtherShardIsACountedDrop) {
  send(6, far);
  EXPECT_EQ(counters_.handed_out.get(), 4u);
  EXPECT_EQ(dropped(Drop::handover_full, far), 2u);
}

TEST_F(TxTest, TheOtherShardsBellRingsOncePerFlush) {
  handover_->announce_sleep(other);
  send(2, far);
  tx_->flush();
  std::uint64_t rung = 0;
  ASSERT_EQ(::read(handover_->bell_fd(other), &rung, sizeof rung), static_cast<ssize_t>(sizeof rung));
  EXPECT_EQ(rung, 1u);
  tx_->flush();
  EXPECT_LT(::read(handover_->bell_fd(other), &rung, sizeof rung), 0) << "nothing new, no bell";
}

TEST_F(TxTest, WhatIsHeldAtTheEndIsCountedAsStopping) {
  near_port_.tx_room = 0;
  send(3);
  tx_.reset();
  EXPECT_EQ(dropped(Drop::stopping), 3u);
}

}  // namespace
}  // namespace engine
