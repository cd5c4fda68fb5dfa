#include "engine/flow.h"

#include <bit>
#include <gtest/gtest.h>
#include <set>
#include <vector>

#include "engine/random.h"

namespace engine {
namespace {

constexpr SipKey key{0x0123456789abcdefu, 0xfedcba9876543210u};

FourTuple tuple(std::uint32_t remote, std::uint16_t remote_port, std::uint32_t local = 0x0a000001,
                std::uint16_t local_port = 80) {
  return {be32{remote}, be32{local}, be16{remote_port}, be16{local_port}};
}

TEST(FourTuple, EqualWhenAllFourAre) {
  const FourTuple t = tuple(0x0a000002, 1000);
  EXPECT_EQ(t, tuple(0x0a000002, 1000));
  EXPECT_FALSE(t == tuple(0x0a000003, 1000));
  EXPECT_FALSE(t == tuple(0x0a000002, 1001));
  EXPECT_FALSE(t == tuple(0x0a000002, 1000, 0x0a000009));
  EXPECT_FALSE(t == tuple(0x0a000002, 1000, 0x0a000001, 81));
}

TEST(KeyedHash, DependsOnEveryBitOfTheTuple) {
  Random random{1};
  double changed = 0;
  int flips = 0;
  for (int round = 0; round < 200; ++round) {
    const FourTuple t = tuple(static_cast<std::uint32_t>(random.next()), static_cast<std::uint16_t>(random.next()),
                              static_cast<std::uint32_t>(random.next()), static_cast<std::uint16_t>(random.next()));
    const std::uint64_t base = keyed_hash(key, t);
    for (std::size_t bit = 0; bit < 96; ++bit) {
      std::array<std::uint8_t, sizeof t> bytes;
      std::memcpy(bytes.data(), &t, sizeof t);
      bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ 1u << bit % 8);
      const std::uint64_t other = keyed_hash(key, std::bit_cast<FourTuple>(bytes));
      ASSERT_NE(other, base);
      changed += std::popcount(base ^ other);
      ++flips;
    }
  }
  EXPECT_NEAR(changed / flips, 32.0, 0.5) << "half of the bits change on average";
}

TEST(KeyedHash, AnotherKeyIsAnotherHash) {
  const FourTuple t = tuple(1, 2);
  EXPECT_NE(keyed_hash(key, t), keyed_hash({key.k0 ^ 1, key.k1}, t));
  EXPECT_NE(keyed_hash(key, t), keyed_hash({key.k0, key.k1 ^ 1}, t));
}

/// Bucket counts of 64k flows over 4096 buckets taken from `shift`, as chi squared over its expectation.
double spread(int shift, const std::vector<FourTuple>& flows) {
  std::vector<double> counts(4096);
  for (const FourTuple& t : flows) ++counts[keyed_hash(key, t) >> shift & 4095];
  const double expected = static_cast<double>(flows.size()) / 4096.0;
  double chi = 0;
  for (const double c : counts) chi += (c - expected) * (c - expected) / expected;
  return chi / 4095.0;
}

TEST(KeyedHash, FlowsAsTheyComeSpreadEvenly) {
  std::vector<FourTuple> one_client, one_port;
  for (std::uint32_t i = 0; i < 65'536; ++i) {
    one_client.push_back(tuple(0x0a000002, static_cast<std::uint16_t>(i)));  // one client, all its ports
    one_port.push_back(tuple(0x0a000000 + i, 40'000));                       // a whole /16 of clients
  }
  for (const int shift : {0, 16, 32, 48}) {  // the table takes its bucket from below and its tag from above
    EXPECT_NEAR(spread(shift, one_client), 1.0, 0.15) << shift;
    EXPECT_NEAR(spread(shift, one_port), 1.0, 0.15) << shift;
  }
}

}  // namespace
}  // namespace engine
