#include "engine/rss_key.h"

#include <gtest/gtest.h>
#include <set>

namespace engine {
namespace {

TEST(RssKey, MadeKeysReachEveryIndexBySomePort) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const Toeplitz toeplitz{make_rss_key(seed)};
    std::set<std::uint32_t> reached;
    for (std::uint32_t port = 1024; port <= 65'535; ++port)
      reached.insert(toeplitz.local_port_part(static_cast<std::uint16_t>(port)) & 511);
    EXPECT_EQ(reached.size(), 512u) << seed;
  }
}

TEST(RssKey, RejectsAKeyWhosePortBitsSayNothing) {
  EXPECT_FALSE(can_steer_by_port(RssKey{}));
  RssKey only_addresses{};
  for (std::size_t i = 0; i < 8; ++i) only_addresses[i] = 0xff;  // the windows of the address bits
  EXPECT_FALSE(can_steer_by_port(only_addresses));
}

TEST(RssKey, DiffersFromSeedToSeed) { EXPECT_NE(make_rss_key(1), make_rss_key(2)); }

}  // namespace
}  // namespace engine
