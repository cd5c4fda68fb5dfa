#include "engine/packet.h"

#include <gtest/gtest.h>

#include "engine/random.h"
#include "tests/support/shard_fixture.h"

namespace engine {
namespace {

using support::Bytes;
using support::counted_bytes;
using support::make_packet;

class PacketTest : public testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(mempool_->available(), mempool_->size()) << "mbufs lost"; }
  Packet packet(std::size_t bytes, std::vector<std::size_t> cuts = {}) {
    return make_packet(*mempool_, counted_bytes(bytes), cuts);
  }

  std::unique_ptr<Mempool> mempool_ = support::make_mempool(64, 256);
};

TEST_F(PacketTest, FreesWhatItHolds) {
  {
    const Packet one = packet(10);
    Packet two = packet(10, {3, 6});
    EXPECT_EQ(mempool_->available(), mempool_->size() - 4);
    two = packet(5);
  }
  EXPECT_EQ(mempool_->available(), mempool_->size());
}

TEST_F(PacketTest, MovingAndReleasingGiveItAway) {
  Packet a = packet(10);
  rte_mbuf* const m = a.get();
  Packet b{std::move(a)};
  EXPECT_FALSE(a);  // NOLINT: a moved-from packet is empty, by contract
  EXPECT_EQ(b.get(), m);
  EXPECT_EQ(std::move(b).release(), m);
  EXPECT_FALSE(b);  // NOLINT
  rte_pktmbuf_free(m);
}

TEST_F(PacketTest, HeadersAreReadAndRewrittenInPlace) {
  const Packet p = packet(60);
  EXPECT_EQ(p.header_at<be16>(3).host(), 0x0304);
  p.rewrite<be16>(4) = be16{0xaabb};
  EXPECT_EQ(p.header_at<be32>(3).host(), 0x03aabb06u);
}

TEST_F(PacketTest, GrowsAndShrinksInFront) {
  Packet p = packet(60);
  p.strip_front(14);
  EXPECT_EQ(p.bytes(), 46u);
  EXPECT_EQ(p.data()[0], std::byte{14});
  std::byte* const front = p.push_front(4);
  EXPECT_EQ(front, p.data());
  EXPECT_EQ(p.bytes(), 50u);
  EXPECT_EQ(p.first_segment().size(), 50u);
}

TEST_F(PacketTest, TrimsOneSegment) {
  Packet p = packet(60);
  p.trim_to(60);
  EXPECT_EQ(p.bytes(), 60u);
  p.trim_to(46);
  EXPECT_EQ(support::bytes_of(p), counted_bytes(46));
  p.trim_to(0);
  EXPECT_EQ(p.bytes(), 0u);
}

TEST_F(PacketTest, TrimsAnyChainToAnyLength) {
  Random random{1};
  for (int round = 0; round < 500; ++round) {
    const std::size_t bytes = 1 + random.below(600);
    std::vector<std::size_t> cuts;
    for (std::uint64_t n = random.below(5); n > 0; --n) cuts.push_back(random.below(bytes + 1));
    std::sort(cuts.begin(), cuts.end());  // equal cuts make empty segments
    Packet p = packet(bytes, cuts);
    const std::size_t length = random.below(bytes + 1);
    p.trim_to(length);
    ASSERT_EQ(p.bytes(), length);
    ASSERT_EQ(support::bytes_of(p), counted_bytes(length));
    std::size_t segments = 0;
    for (const rte_mbuf* m = p.get(); m != nullptr; m = m->next) ++segments;
    ASSERT_EQ(p.get()->nb_segs, segments);
    const char* why = nullptr;
    ASSERT_EQ(rte_mbuf_check(p.get(), 1, &why), 0) << why;
  }
}

TEST_F(PacketTest, TrimmingAwayASegmentFreesItAtOnce) {
  Packet p = packet(100, {40, 80});
  EXPECT_TRUE(p.is_chain());
  p.trim_to(40);
  EXPECT_EQ(mempool_->available(), mempool_->size() - 1);
  EXPECT_FALSE(p.is_chain());
}

TEST_F(PacketTest, BelievesChecksumsOnlyWhenTheDriverSaysGood) {
  const Packet p = packet(60);
  const auto said = [&](std::uint64_t flags) {
    p.get()->ol_flags = flags;
    return std::pair{p.ip_checksum_verified(), p.l4_checksum_verified()};
  };
  EXPECT_EQ(said(0), (std::pair{false, false})) << "unknown";
  EXPECT_EQ(said(RTE_MBUF_F_RX_IP_CKSUM_GOOD), (std::pair{true, false}));
  EXPECT_EQ(said(RTE_MBUF_F_RX_L4_CKSUM_GOOD), (std::pair{false, true}));
  EXPECT_EQ(said(RTE_MBUF_F_RX_IP_CKSUM_BAD | RTE_MBUF_F_RX_L4_CKSUM_BAD), (std::pair{false, false}));
  EXPECT_EQ(said(RTE_MBUF_F_RX_IP_CKSUM_NONE | RTE_MBUF_F_RX_L4_CKSUM_NONE), (std::pair{false, false}));
}

TEST_F(PacketTest, ForgetsOffloadsButNotWhatKindOfMbufItIs) {
  Packet p = packet(60);
  p.get()->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_TX_TCP_CKSUM;
  p.get()->l3_len = 20;
  p.clear_offloads();
  EXPECT_EQ(p.get()->ol_flags, 0u);
  EXPECT_EQ(p.get()->tx_offload, 0u);
  const auto bytes = p.first_segment();
  const Slice slice = Slice::of_mbuf(std::move(p).release(), bytes);
  Packet reference{mempool_->refer(slice)};
  reference.clear_offloads();
  EXPECT_EQ(reference.get()->ol_flags, RTE_MBUF_F_INDIRECT) << "or it could not be freed";
}

TEST_F(PacketTest, RemembersItsPort) {
  Packet p = packet(60);
  EXPECT_FALSE(p.port().valid()) << "our own packets came from no port";
  p.set_port(PortId{7});
  EXPECT_EQ(p.port(), PortId{7});
}

}  // namespace
}  // namespace engine
