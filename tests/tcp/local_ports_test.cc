#include "tcp/local_ports.h"

#include <gtest/gtest.h>
#include <set>

#include "engine/random.h"
#include "engine/rss_key.h"

namespace tcp {
namespace {

using engine::ShardId;
using engine::Steering;

engine::FourTuple to(std::uint32_t remote, std::uint16_t remote_port = 80) {
  return {engine::Ipv4{remote}.wire(), engine::Ipv4{10, 0, 0, 1}.wire(), engine::be16{remote_port}, engine::be16{}};
}

constexpr auto any = [](std::uint16_t) noexcept { return true; };

TEST(TcpLocalPorts, RepliesHashToTheShardForAnyNumberOfShardsAndAnyTable) {
  for (const std::uint32_t reta_size : {64u, 128u, 512u})
    for (const std::uint16_t shards : {1, 2, 3, 8, 33, 64}) {
      SCOPED_TRACE(testing::Message() << shards << " shards, " << reta_size << " entries");
      const Steering steering{engine::make_rss_key(reta_size + shards), reta_size, shards};
      engine::Random random{shards};
      for (std::uint16_t shard = 0; shard < shards; shard = static_cast<std::uint16_t>(shard + 1 + shards / 3)) {
        LocalPorts ports{steering, ShardId{shard}, 7};
        for (int i = 0; i < 200; ++i) {
          engine::FourTuple tuple = to(static_cast<std::uint32_t>(random.next()), static_cast<std::uint16_t>(random.next()));
          const auto port = ports.choose(tuple, any);
          ASSERT_TRUE(port.has_value());
          ASSERT_GE(*port, LocalPorts::first);
          tuple.local_port = engine::be16{*port};
          ASSERT_EQ(steering.owner(tuple), ShardId{shard});
        }
      }
    }
}

TEST(TcpLocalPorts, WhatTheTupleSaysAsLocalPortIsIgnored) {
  const Steering steering{engine::make_rss_key(3), 128, 4};
  LocalPorts a{steering, ShardId{1}, 7}, b{steering, ShardId{1}, 7};
  engine::FourTuple with_port = to(0x0a00'0002);
  with_port.local_port = engine::be16{4321};
  EXPECT_EQ(a.choose(to(0x0a00'0002), any), b.choose(with_port, any));
}

TEST(TcpLocalPorts, PortsAreTakenInTurnSoThatOneRests) {
  const Steering steering{engine::make_rss_key(3), 128, 2};
  LocalPorts ports{steering, ShardId{0}, 7};
  std::set<std::uint16_t> seen;
  for (int i = 0; i < 20'000; ++i) EXPECT_TRUE(seen.insert(*ports.choose(to(0x0a00'0002), any)).second) << "again after " << i;
}

TEST(TcpLocalPorts, TheOrderIsNotToBeGuessed) {  // RFC 6056 3.3
  const Steering steering{engine::make_rss_key(3), 128, 1};
  LocalPorts a{steering, ShardId{0}, 1}, b{steering, ShardId{0}, 2};
  int equal = 0;
  for (int i = 0; i < 1000; ++i) equal += a.choose(to(0x0a00'0002), any) == b.choose(to(0x0a00'0002), any) ? 1 : 0;
  EXPECT_LT(equal, 20);
}

TEST(TcpLocalPorts, UsesWhatIsFree) {
  const Steering steering{engine::make_rss_key(9), 128, 4};
  LocalPorts ports{steering, ShardId{2}, 7};
  std::set<std::uint16_t> taken;
  std::uint64_t asked = 0;
  const auto is_free = [&](std::uint16_t port) noexcept {
    ++asked;
    return !taken.contains(port);
  };
  while (const auto port = ports.choose(to(0x0a00'0002), is_free)) ASSERT_TRUE(taken.insert(*port).second);
  EXPECT_GT(taken.size(), 64'512u / 4 * 9 / 10) << "a quarter of the ports is ours, and nearly all of them were found";
  EXPECT_LE(asked, taken.size() + LocalPorts::attempts) << "while ports are free the first candidate is one: O(1)";
}

TEST(TcpLocalPorts, GivesUpAfterItsAttempts) {
  const Steering steering{engine::make_rss_key(9), 128, 4};
  LocalPorts ports{steering, ShardId{2}, 7};
  unsigned asked = 0;
  EXPECT_EQ(ports.choose(to(0x0a00'0002),
                         [&](std::uint16_t) noexcept {
                           ++asked;
                           return false;
                         }),
            std::nullopt);
  EXPECT_LE(asked, LocalPorts::attempts);
  EXPECT_GT(asked, 0u);
}

}  // namespace
}  // namespace tcp
