#include "engine/mbuf_budget.h"

#include <gtest/gtest.h>

namespace engine {
namespace {

std::uint64_t term(const MbufLimits& limits, std::string_view name) {
  for (const MbufTerm& t : mbuf_terms(limits))
    if (t.name == name) return t.mbufs;
  ADD_FAILURE() << "no term " << name;
  return 0;
}

TEST(MbufBudget, EveryHolderIsATerm) {
  MbufLimits limits;
  limits.rx_queues = 3;
  limits.rx_descriptors = 100;
  limits.tx_queues = 2;
  limits.tx_descriptors = 50;
  limits.bursts_per_turn = 7;
  limits.burst_packets = 64;
  limits.lcores = 4;
  limits.mempool_cache = 32;
  limits.peers = 3;
  limits.handover_slots = 10;
  limits.arp_held_packets = 11;
  limits.tcp_account_mbufs = 12;
  EXPECT_EQ(term(limits, "rx descriptors"), 300u);
  EXPECT_EQ(term(limits, "tx descriptors"), 100u);
  EXPECT_EQ(term(limits, "unsent frames"), 512u);
  EXPECT_EQ(term(limits, "bursts of one turn"), 448u);
  EXPECT_EQ(term(limits, "mempool caches"), 192u);
  EXPECT_EQ(term(limits, "hand-over rings"), 60u);
  EXPECT_EQ(term(limits, "held for ARP"), 11u);
  EXPECT_EQ(term(limits, "TCP account"), 12u);
}

TEST(MbufBudget, TheSumIsOfAllTerms) {
  const MbufLimits limits;
  std::uint64_t sum = 0;
  for (const MbufTerm& t : mbuf_terms(limits)) sum += t.mbufs;
  EXPECT_EQ(mbufs_per_shard(limits), sum);
}

TEST(MbufBudget, NoProductWraps) {
  MbufLimits limits;
  limits.rx_queues = 64 * 32;
  limits.rx_descriptors = 65'535;
  limits.handover_slots = 1u << 20;
  limits.peers = 63;
  EXPECT_EQ(term(limits, "rx descriptors"), std::uint64_t{64 * 32} * 65'535);
  EXPECT_GT(mbufs_per_shard(limits), std::uint64_t{1} << 27);
}

TEST(MbufBudget, ReferencesFollowWhatCanBeInFlight) {
  MbufLimits limits;
  const std::uint64_t before = reference_mbufs_per_shard(limits);
  limits.tx_descriptors += 100;
  EXPECT_EQ(reference_mbufs_per_shard(limits), before + 100 * limits.tx_queues);
  limits.tcp_account_mbufs *= 2;
  EXPECT_EQ(reference_mbufs_per_shard(limits), before + 100 * limits.tx_queues)
      << "queued bytes need no reference until they are sent";
}

}  // namespace
}  // namespace engine
