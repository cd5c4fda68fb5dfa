#include "engine/mempool.h"

#include <gtest/gtest.h>

#include "tests/support/shard_fixture.h"

namespace engine {
namespace {

using support::make_mempool;
using support::make_packet;

TEST(Mempool, HasTheMbufsOfItsBudget) {
  MbufLimits limits;
  limits.rx_descriptors = limits.tx_descriptors = 100;
  limits.mempool_cache = 16;
  limits.tcp_account_mbufs = 123;
  const auto mempool = Mempool::create({support::unique_name("budget"), limits, 2048, -1});
  ASSERT_TRUE(mempool) << mempool.error().message();
  EXPECT_EQ((*mempool)->size(), mbufs_per_shard(limits));
  EXPECT_EQ((*mempool)->available(), mbufs_per_shard(limits));
  EXPECT_EQ((*mempool)->references()->size, reference_mbufs_per_shard(limits));
}

TEST(Mempool, PacketsComeEmptyWithRoomOnBothSides) {
  const auto mempool = make_mempool(16, 1000);
  const Packet packet = mempool->allocate();
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet.bytes(), 0u);
  EXPECT_EQ(rte_pktmbuf_tailroom(packet.get()), 1000);
  EXPECT_EQ(rte_pktmbuf_headroom(packet.get()), RTE_PKTMBUF_HEADROOM);
  EXPECT_EQ(mempool->data_room_bytes(), 1000);
}

TEST(Mempool, AnEmptyOneGivesAnEmptyHandle) {
  const auto mempool = make_mempool(8);
  std::vector<Packet> all;
  while (Packet packet = mempool->allocate()) all.push_back(std::move(packet));
  EXPECT_EQ(all.size(), mempool->size());
  EXPECT_EQ(mempool->available(), 0u);
  all.clear();
  EXPECT_EQ(mempool->available(), mempool->size());
}

TEST(Mempool, RawMbufsAreSegmentsForAChain) {
  const auto mempool = make_mempool(8);
  Packet head = mempool->allocate();
  rte_mbuf* const segment = mempool->allocate_raw();
  ASSERT_NE(segment, nullptr);
  ASSERT_EQ(rte_pktmbuf_chain(head.get(), segment), 0);
  EXPECT_EQ(mempool->available(), mempool->size() - 2);
  head = Packet{};
  EXPECT_EQ(mempool->available(), mempool->size());
}

TEST(Mempool, AReferenceShowsTheSlicesBytesAndSharesItsMbuf) {
  const auto mempool = make_mempool(8);
  const auto bytes = support::counted_bytes(100);
  Packet packet = make_packet(*mempool, bytes);
  packet.get()->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD;
  rte_mbuf* const m = std::move(packet).release();
  Slice slice = Slice::of_mbuf(m, {rte_pktmbuf_mtod(m, const std::byte*), 100});
  slice.remove_prefix(10);
  slice.remove_suffix(30);
  rte_mbuf* const reference = mempool->refer(slice);
  ASSERT_NE(reference, nullptr);
  EXPECT_EQ(reference->data_len, 60);
  EXPECT_EQ(reference->pkt_len, 60u);
  EXPECT_EQ(rte_pktmbuf_mtod(reference, const std::byte*), slice.bytes().data()) << "the same bytes, not a copy";
  EXPECT_EQ(reference->ol_flags, RTE_MBUF_F_INDIRECT) << "what the receiving driver said is no order to the sending one";
  EXPECT_EQ(rte_mbuf_refcnt_read(m), 2);
  slice.reset();
  EXPECT_EQ(rte_pktmbuf_mtod(reference, const std::byte*)[0], std::byte{10}) << "the bytes outlive the slice";
  rte_pktmbuf_free(reference);
  EXPECT_EQ(mempool->available(), mempool->size());
  EXPECT_EQ(rte_mempool_avail_count(mempool->references()), mempool->references()->size);
}

TEST(Mempool, WithoutReferencesReferSaysNo) {
  const auto mempool = make_mempool(8);
  const auto bytes = support::counted_bytes(10);
  rte_mbuf* const m = std::move(make_packet(*mempool, bytes)).release();
  const Slice slice = Slice::of_mbuf(m, {rte_pktmbuf_mtod(m, const std::byte*), 10});
  std::vector<rte_mbuf*> all;
  while (rte_mbuf* reference = mempool->refer(slice)) all.push_back(reference);
  EXPECT_EQ(all.size(), mempool->references()->size);
  EXPECT_EQ(rte_mbuf_refcnt_read(m), all.size() + 1) << "a refusal takes no share";
  rte_pktmbuf_free_bulk(all.data(), static_cast<unsigned>(all.size()));
}

TEST(Mempool, ErrorsNameThePoolAndWhatItWanted) {
  MbufLimits limits;
  limits.tcp_account_mbufs = 1u << 30;  // terabytes
  const auto mempool = Mempool::create({"toobig", limits, 2048, -1});
  ASSERT_FALSE(mempool);
  EXPECT_EQ(mempool.error().code, Errc::exhausted);
  EXPECT_EQ(mempool.error().where, "toobig");
  EXPECT_NE(mempool.error().what.find(std::to_string(mbufs_per_shard(limits))), std::string::npos) << mempool.error().what;
  limits.tcp_account_mbufs = std::uint64_t{1} << 40;
  const auto beyond = Mempool::create({"beyond", limits, 2048, -1});
  ASSERT_FALSE(beyond);
  EXPECT_NE(beyond.error().what.find("more than a mempool can hold"), std::string::npos);
}

TEST(Mempool, AFailedOneLeavesItsNameFree) {
  const std::string name = support::unique_name("again");
  MbufLimits limits;
  limits.tcp_account_mbufs = 1u << 30;
  ASSERT_FALSE(Mempool::create({name, limits, 2048, -1}));
  limits.tcp_account_mbufs = 16;
  EXPECT_TRUE(Mempool::create({name, limits, 2048, -1}));
}

TEST(Mempool, ItsMemoryCanBePlanned) {
  const std::uint64_t one = mempool_bytes(1, 2048);
  EXPECT_GE(one, 2048 + RTE_PKTMBUF_HEADROOM + sizeof(rte_mbuf));
  EXPECT_LT(one, 2048 + RTE_PKTMBUF_HEADROOM + sizeof(rte_mbuf) + 256);
  EXPECT_EQ(mempool_bytes(1000, 2048), 1000 * one);
}

}  // namespace
}  // namespace engine
