#include "engine/shard_counters.h"

#include <gtest/gtest.h>
#include <memory>

namespace engine {
namespace {

TEST(ShardCounters, StartAtZero) {
  const auto counters = std::make_unique<ShardCounters>();
  EXPECT_EQ(counters->rx.get() + counters->tx.get() + counters->dropped.get() + counters->unaccounted.get(), 0u);
  for (const PortCounters& port : counters->ports) EXPECT_EQ(port.rx_packets.get() + port.tx_bytes.get(), 0u);
}

TEST(ShardCounters, ADropCountsItsReasonAndTheSum) {
  const auto counters = std::make_unique<ShardCounters>();
  counters->drop(Drop::ip_truncated, PortId{2});
  counters->drop(Drop::ip_truncated, PortId{2});
  counters->drop(Drop::stopping);
  EXPECT_EQ(counters->dropped.get(), 3u);
  EXPECT_EQ(counters->drops.get(Drop::ip_truncated, PortId{2}), 2u);
  EXPECT_EQ(counters->drops.get(Drop::stopping, PortId{0}), 1u);
}

}  // namespace
}  // namespace engine
