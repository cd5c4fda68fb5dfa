#include "engine/rss.h"

#include <rte_thash.h>

#include <algorithm>
#include <gtest/gtest.h>
#include <vector>

#include "engine/random.h"
#include "engine/text.h"

namespace engine {
namespace {

// "Verifying the RSS Hash Calculation", Microsoft's specification of receive side scaling: key and vectors for TCP over IPv4.
constexpr RssKey specification_key = {0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
                                      0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
                                      0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};

struct Vector {
  const char* destination;
  std::uint16_t destination_port;
  const char* source;
  std::uint16_t source_port;
  std::uint32_t hash;
};
constexpr Vector vectors[] = {
    {"161.142.100.80", 1766, "66.9.149.187", 2794, 0x51ccc178},   {"65.69.140.83", 4739, "199.92.111.2", 14230, 0xc626b0ea},
    {"12.22.207.184", 38024, "24.19.198.95", 12898, 0x5c2b394a},  {"209.142.163.6", 2217, "38.27.205.30", 48228, 0xafc7327f},
    {"202.188.127.2", 1303, "153.39.163.191", 44251, 0x10e828a2},
};

FourTuple random_tuple(Random& random) {
  return {be32{static_cast<std::uint32_t>(random.next())}, be32{static_cast<std::uint32_t>(random.next())},
          be16{static_cast<std::uint16_t>(random.next())}, be16{static_cast<std::uint16_t>(random.next())}};
}

RssKey random_key(Random& random) {
  RssKey key;
  std::generate(key.begin(), key.end(), [&] { return static_cast<std::uint8_t>(random.next()); });
  return key;
}

TEST(Toeplitz, VectorsOfTheSpecification) {
  const Toeplitz toeplitz{specification_key};
  for (const Vector& v : vectors) {
    const FourTuple tuple{parse_ipv4(v.source)->wire(), parse_ipv4(v.destination)->wire(), be16{v.source_port},
                          be16{v.destination_port}};
    EXPECT_EQ(toeplitz.hash(tuple), v.hash) << v.source;
  }
}

TEST(Toeplitz, AgreesWithRteSoftrss) {
  Random random{1};
  for (int round = 0; round < 50; ++round) {
    alignas(4) const RssKey key = random_key(random);  // rte_softrss reads words
    const Toeplitz toeplitz{key};
    for (int i = 0; i < 100; ++i) {
      const FourTuple t = random_tuple(random);
      std::uint32_t words[3] = {t.remote.host(), t.local.host(),
                                static_cast<std::uint32_t>(t.remote_port.host() << 16 | t.local_port.host())};
      ASSERT_EQ(toeplitz.hash(t), rte_softrss(words, 3, key.data()));
    }
  }
}

TEST(Toeplitz, IsLinear) {
  Random random{2};
  const Toeplitz toeplitz{random_key(random)};
  EXPECT_EQ(toeplitz.hash(FourTuple{}), 0u);
  for (int i = 0; i < 1000; ++i) {
    const FourTuple a = random_tuple(random), b = random_tuple(random);
    const FourTuple both{be32{a.remote.host() ^ b.remote.host()}, be32{a.local.host() ^ b.local.host()},
                         be16{static_cast<std::uint16_t>(a.remote_port.host() ^ b.remote_port.host())},
                         be16{static_cast<std::uint16_t>(a.local_port.host() ^ b.local_port.host())}};
    ASSERT_EQ(toeplitz.hash(both), toeplitz.hash(a) ^ toeplitz.hash(b));
  }
}

TEST(Toeplitz, TheLocalPortsPartCanBeExchanged) {
  Random random{3};
  const Toeplitz toeplitz{random_key(random)};
  for (int i = 0; i < 1000; ++i) {
    FourTuple t = random_tuple(random);
    const std::uint32_t whole = toeplitz.hash(t);
    const std::uint32_t part = toeplitz.local_port_part(t.local_port.host());
    t.local_port = be16{};
    ASSERT_EQ(toeplitz.hash(t) ^ part, whole);
  }
}

TEST(Steering, EveryShardOwnsItsPartOfTheTable) {
  for (const std::uint16_t shards : {1, 2, 3, 7, 64}) {
    const Steering steering{specification_key, 128, shards};
    std::vector<int> entries(shards);
    for (const std::uint16_t owner : steering.reta()) ++entries[owner];
    EXPECT_LE(*std::max_element(entries.begin(), entries.end()) - *std::min_element(entries.begin(), entries.end()), 1);
    EXPECT_EQ(steering.reta_size(), 128u);
    EXPECT_EQ(steering.shards(), shards);
  }
}

TEST(Steering, TheOwnerIsTheTablesEntryOfTheHash) {
  Random random{4};
  const Steering steering{specification_key, 512, 5};
  for (int i = 0; i < 1000; ++i) {
    const FourTuple t = random_tuple(random);
    const std::uint32_t hash = Toeplitz{specification_key}.hash(t);
    ASSERT_EQ(steering.owner(t), ShardId{steering.reta()[hash % 512]});
    ASSERT_EQ(steering.owner(t), steering.owner_of_hash(hash));
  }
}

TEST(Steering, OneShardOwnsEverything) {
  Random random{5};
  const Steering steering{specification_key, 512, 1};
  for (int i = 0; i < 100; ++i) EXPECT_EQ(steering.owner(random_tuple(random)), ShardId{0});
}

TEST(SteeringDeathTest, RefusesATableThatIsNoPowerOfTwo) {
  EXPECT_DEATH(Steering(specification_key, 100, 2), "check failed");
  EXPECT_DEATH(Steering(specification_key, 1024, 2), "check failed");
  EXPECT_DEATH(Steering(specification_key, 128, 0), "check failed");
  EXPECT_DEATH(Steering(specification_key, 128, shards_max + 1), "check failed");
}

}  // namespace
}  // namespace engine
