#include "engine/checksum.h"

#include <gtest/gtest.h>
#include <vector>

#include "engine/random.h"

namespace engine {
namespace {

std::uint16_t naive(std::span<const std::byte> bytes) {  // RFC 1071 1, word by word
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    const auto high = std::to_integer<std::uint32_t>(bytes[i]);
    const auto low = i + 1 < bytes.size() ? std::to_integer<std::uint32_t>(bytes[i + 1]) : 0u;
    sum += high << 8 | low;
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<std::uint16_t>(sum);
}

std::vector<std::byte> random_bytes(Random& random, std::size_t n) {
  std::vector<std::byte> bytes(n);
  for (auto& b : bytes) b = static_cast<std::byte>(random.next());
  return bytes;
}

TEST(Checksum, ExampleOfRfc1071) {
  const std::array<std::uint8_t, 8> example{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(be16::from_raw(inet_sum(std::as_bytes(std::span{example}))).host(), 0xddf2);
}

TEST(Checksum, AgreesWithWordByWordSumAtEveryLength) {
  Random random{1};
  for (std::size_t n = 0; n < 300; ++n) {
    const auto bytes = random_bytes(random, n);
    EXPECT_EQ(be16::from_raw(inet_sum(bytes)).host() % 0xffff, naive(bytes) % 0xffff) << n;
  }
}

TEST(Checksum, PiecesAtOddOffsetsSumLikeTheWhole) {
  Random random{2};
  for (int round = 0; round < 200; ++round) {
    const auto bytes = random_bytes(random, 1 + random.below(200));
    const std::size_t cut = random.below(bytes.size() + 1);
    InetSum sum;
    sum.add(std::span{bytes}.first(cut));
    if (cut % 2 == 0)
      sum.add(std::span{bytes}.subspan(cut));
    else
      sum.add_at_odd_offset(std::span{bytes}.subspan(cut));
    EXPECT_EQ(sum.fold() % 0xffff, inet_sum(bytes) % 0xffff);
  }
}

TEST(Checksum, IncrementalUpdateEqualsRecomputation) {  // RFC 1624 4 has the case that RFC 1141 got wrong
  Random random{3};
  for (int round = 0; round < 1000; ++round) {
    Ipv4Header ip{};
    auto bytes = random_bytes(random, sizeof ip);
    std::memcpy(static_cast<void*>(&ip), bytes.data(), sizeof ip);
    ip.checksum = be16{};
    ip.checksum = be16::from_raw(static_cast<std::uint16_t>(~inet_sum(std::as_bytes(std::span{&ip, 1}))));
    const be16 before = ip.total_length;
    ip.total_length = round == 0 ? before : be16{static_cast<std::uint16_t>(random.next())};
    ip.checksum = update_checksum(ip.checksum, before, ip.total_length);
    EXPECT_EQ(inet_sum(std::as_bytes(std::span{&ip, 1})), 0xffff);
  }
}

}  // namespace
}  // namespace engine
