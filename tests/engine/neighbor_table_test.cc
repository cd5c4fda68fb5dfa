#include "engine/neighbor_table.h"

#include <atomic>
#include <gtest/gtest.h>
#include <map>
#include <thread>

#include "engine/random.h"

namespace engine {
namespace {

constexpr PortId lan{0}, wan{1};
const Ipv4 first{10, 0, 0, 1};

MacAddress mac_of(std::uint64_t v) {
  MacAddress mac;
  for (std::size_t i = 6; i-- > 0; v >>= 8) mac.bytes[i] = static_cast<std::uint8_t>(v);
  return mac;
}

TEST(NeighborTable, FindsByPortAndAddress) {
  NeighborTable table{16};
  ASSERT_TRUE(table.put({lan, first, mac_of(0x0203), false, Instant{5s}}));
  const auto found = table.find(lan, first);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->mac, mac_of(0x0203));
  EXPECT_EQ(found->address, first);
  EXPECT_EQ(found->port, lan);
  EXPECT_FALSE(found->permanent);
  EXPECT_EQ(found->confirmed, Instant{5s});
  EXPECT_FALSE(table.find(wan, first)) << "the same address on another link is somebody else";
  EXPECT_FALSE(table.find(lan, Ipv4{10, 0, 0, 2}));
}

TEST(NeighborTable, PutRefreshesAndRemoveForgets) {
  NeighborTable table{16};
  ASSERT_TRUE(table.put({lan, first, mac_of(1), false, Instant{1s}}));
  ASSERT_TRUE(table.put({lan, first, mac_of(2), false, Instant{9s}}));
  EXPECT_EQ(table.size(), 1u);
  EXPECT_EQ(table.find(lan, first)->mac, mac_of(2));
  EXPECT_EQ(table.find(lan, first)->confirmed, Instant{9s});
  table.remove(lan, first);
  EXPECT_FALSE(table.find(lan, first));
  EXPECT_EQ(table.size(), 0u);
  table.remove(lan, first);
  table.remove(wan, first);
  EXPECT_EQ(table.size(), 0u);
  ASSERT_TRUE(table.put({lan, first, mac_of(3), false, {}}));
  EXPECT_EQ(table.find(lan, first)->mac, mac_of(3));
  EXPECT_EQ(table.size(), 1u);
}

TEST(NeighborTable, WhatWasConfiguredIsNotLearnedOver) {
  NeighborTable table{16};
  ASSERT_TRUE(table.put({lan, first, mac_of(1), true, {}}));
  EXPECT_TRUE(table.put({lan, first, mac_of(2), false, Instant{9s}}));
  EXPECT_EQ(table.find(lan, first)->mac, mac_of(1));
  EXPECT_TRUE(table.find(lan, first)->permanent);
  ASSERT_TRUE(table.put({lan, first, mac_of(4), true, {}}));
  EXPECT_EQ(table.find(lan, first)->mac, mac_of(4));
}

TEST(NeighborTable, RefusesBeyondItsCapacity) {
  NeighborTable table{100};
  for (std::uint32_t i = 0; i < 100; ++i) ASSERT_TRUE(table.put({lan, Ipv4{0x0a000000 + i}, mac_of(i), false, {}})) << i;
  EXPECT_FALSE(table.put({lan, Ipv4{10, 9, 9, 9}, mac_of(7), false, {}}));
  EXPECT_TRUE(table.put({lan, Ipv4{0x0a000005}, mac_of(77), false, {}})) << "refreshing needs no room";
  table.remove(lan, Ipv4{0x0a000000});
  EXPECT_TRUE(table.put({lan, Ipv4{10, 9, 9, 9}, mac_of(7), false, {}}));
  EXPECT_EQ(table.list().size(), 100u);
}

TEST(NeighborTable, HoldsNeighborsWhoseAddressesDifferInHighBitsOnly) {
  NeighborTable table{1024};
  for (std::uint32_t i = 0; i < 256; ++i)
    ASSERT_TRUE(table.put({lan, Ipv4{10, static_cast<std::uint8_t>(i), 0, 1}, mac_of(i), false, {}})) << i;
  for (std::uint32_t i = 0; i < 256; ++i)
    EXPECT_EQ(table.find(lan, Ipv4{10, static_cast<std::uint8_t>(i), 0, 1})->mac, mac_of(i));
}

TEST(NeighborTable, AgreesWithAMapThroughManyGenerations) {
  Random random{3};
  NeighborTable table{256};
  std::map<std::pair<std::uint16_t, std::uint32_t>, std::uint64_t> model;
  for (std::uint64_t step = 0; step < 50'000; ++step) {
    const PortId port{static_cast<std::uint16_t>(random.below(3))};
    const Ipv4 address{0x0a000000u + static_cast<std::uint32_t>(random.below(200))};
    const auto key = std::pair{port.value, address.value};
    if (random.chance(0.5) || model.size() > 200) {
      table.remove(port, address);
      model.erase(key);
    } else {
      ASSERT_TRUE(table.put({port, address, mac_of(step), false, {}}));
      model[key] = step;
    }
    ASSERT_EQ(table.size(), model.size());
    const PortId asked_port{static_cast<std::uint16_t>(random.below(3))};
    const Ipv4 asked{0x0a000000u + static_cast<std::uint32_t>(random.below(200))};
    const auto expected = model.find({asked_port.value, asked.value});
    const auto found = table.find(asked_port, asked);
    ASSERT_EQ(found.has_value(), expected != model.end());
    if (found) {
      ASSERT_EQ(found->mac, mac_of(expected->second));
    }
  }
  EXPECT_EQ(table.list().size(), model.size());
}

// Every version of an entry has its number in MAC and time: a reader that mixes two versions sees that they disagree.
TEST(NeighborTable, ReadersNeverSeeATornEntry) {
  constexpr std::uint32_t neighbors = 4;
  NeighborTable table{16};
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> torn{0}, seen{0}, went_back{0};
  const auto read = [&] {
    std::uint64_t newest[neighbors] = {};
    for (std::uint32_t i = 0; !stop.load(std::memory_order_relaxed); i = (i + 1) % neighbors) {
      const Ipv4 address{0x0a000000 + i};
      const auto n = table.find(lan, address);
      if (!n) continue;
      const auto version = static_cast<std::uint64_t>(n->confirmed.time_since_epoch().count());
      if (n->mac != mac_of(version) || n->address != address || n->port != lan) torn.fetch_add(1);
      if (version < newest[i]) went_back.fetch_add(1);
      newest[i] = version;
      seen.fetch_add(1, std::memory_order_relaxed);
    }
  };
  std::thread a{read}, b{read};
  std::uint64_t version = 0;
  const auto end = std::chrono::steady_clock::now() + 300ms;
  while (std::chrono::steady_clock::now() < end)
    for (int burst = 0; burst < 1000; ++burst) {
      ++version;
      const Ipv4 address{0x0a000000 + static_cast<std::uint32_t>(version % neighbors)};
      if (version % 37 == 0) table.remove(lan, address);
      ASSERT_TRUE(table.put({lan, address, mac_of(version), false, Instant{Duration{static_cast<Duration::rep>(version)}}}));
    }
  stop = true;
  a.join();
  b.join();
  EXPECT_EQ(torn.load(), 0u);
  EXPECT_EQ(went_back.load(), 0u);
  EXPECT_GT(seen.load(), 1000u);
}

}  // namespace
}  // namespace engine
