#include "engine/drop.h"

#include <gtest/gtest.h>
#include <memory>
#include <set>
#include <string>

namespace engine {
namespace {

TEST(DropTable, EveryReasonHasItsOwnRow) {
  ASSERT_EQ(drop_info.size(), index_of(Drop::count_));
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < drop_info.size(); ++i) {
    EXPECT_EQ(index_of(drop_info[i].id), i);
    EXPECT_TRUE(names.insert(drop_info[i].name).second) << drop_info[i].name << " twice";
  }
}

TEST(DropTable, NamesAreFitForMetricsAndHelpForPeople) {
  const std::set<std::string_view> layers{"port", "arp", "ip", "icmp", "shard"};
  for (const auto& row : drop_info) {
    EXPECT_TRUE(layers.contains(row.layer)) << row.layer;
    for (const char c : row.name) EXPECT_TRUE((c >= 'a' && c <= 'z') || c == '_') << row.name;
    EXPECT_GT(row.help.size(), 10u) << row.name;
    EXPECT_NE(row.help.back(), '.') << row.name;
  }
}

TEST(DropTable, ATableInAnotherOrderIsNoticed) {
  auto shuffled = drop_info;
  std::swap(shuffled[1], shuffled[2]);
  EXPECT_FALSE(is_indexed_by_id(shuffled));
  auto nameless = drop_info;
  nameless[3].name = "";
  EXPECT_FALSE(is_indexed_by_id(nameless));
}

TEST(DropCounters, CountPerReasonAndPort) {
  const auto counters = std::make_unique<DropCounters>();
  counters->count(Drop::no_route, PortId{0});
  counters->count(Drop::no_route, PortId{31}, 4);
  counters->count(Drop::ttl_expired, PortId{31});
  EXPECT_EQ(counters->get(Drop::no_route, PortId{0}), 1u);
  EXPECT_EQ(counters->get(Drop::no_route, PortId{31}), 4u);
  EXPECT_EQ(counters->get(Drop::no_route, PortId{1}), 0u);
  EXPECT_EQ(counters->total(Drop::no_route), 5u);
  EXPECT_EQ(counters->total(Drop::ttl_expired), 1u);
}

}  // namespace
}  // namespace engine
