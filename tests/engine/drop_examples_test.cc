#include "engine/drop_examples.h"

#include <atomic>
#include <cstring>
#include <gtest/gtest.h>
#include <thread>

namespace engine {
namespace {

using namespace std::chrono_literals;

std::vector<std::byte> filled(std::size_t bytes, unsigned char value) { return std::vector<std::byte>(bytes, std::byte{value}); }

TEST(DropExamples, BeginWithNothing) {
  const DropExamples examples{3};
  EXPECT_EQ(examples.reasons(), 3u);
  for (std::size_t reason = 0; reason < 3; ++reason) {
    EXPECT_TRUE(examples.is_due(reason, Instant{}));
    EXPECT_FALSE(examples.read(reason));
  }
}

TEST(DropExamples, KeepTheFirstBytesAndWhatIsKnownOfThePacket) {
  DropExamples examples{2};
  const Instant now = Instant{} + 5s;
  examples.record(1, now, PortId{7}, PacketStart::arp, filled(100, 0xab), 1500);
  const auto example = examples.read(1);
  ASSERT_TRUE(example);
  EXPECT_EQ(example->time, now);
  EXPECT_EQ(example->port, PortId{7});
  EXPECT_EQ(example->start, PacketStart::arp);
  EXPECT_EQ(example->packet_bytes, 1500u);
  ASSERT_EQ(example->kept().size(), DropExample::bytes_max);
  for (const std::byte b : example->kept()) EXPECT_EQ(b, std::byte{0xab});
  EXPECT_FALSE(examples.read(0)) << "another reason's";
}

TEST(DropExamples, AShortPacketKeepsItsLength) {
  DropExamples examples{1};
  examples.record(0, Instant{}, PortId::none(), PacketStart::ethernet, filled(3, 1), 3);
  examples.record(0, Instant{} + 1s, PortId::none(), PacketStart::ethernet, {}, 0);
  const auto example = examples.read(0);
  ASSERT_TRUE(example);
  EXPECT_TRUE(example->kept().empty());
  EXPECT_FALSE(example->port.valid());
}

TEST(DropExamples, AreWantedOnceAMillisecond) {
  DropExamples examples{1};
  const Instant now = Instant{} + 1s;
  examples.record(0, now, PortId{0}, PacketStart::ipv4, filled(20, 2), 20);
  EXPECT_FALSE(examples.is_due(0, now));
  EXPECT_FALSE(examples.is_due(0, now + DropExamples::interval - 1ns));
  EXPECT_TRUE(examples.is_due(0, now + DropExamples::interval));
}

TEST(DropExamples, AReaderNeverSeesHalfOfOne) {
  DropExamples examples{1};
  std::atomic<bool> stop{false};
  std::thread writer{[&] {
    for (unsigned i = 1; !stop.load(); i = i % 64 + 1) {
      // The value tells the length: a mixture of two records would not agree with itself.
      examples.record(0, Instant{} + Duration{i}, PortId{static_cast<std::uint16_t>(i)}, PacketStart::ipv4,
                      filled(i, static_cast<unsigned char>(i)), i);
    }
  }};
  std::size_t seen = 0;
  while (seen < 20'000) {
    const auto example = examples.read(0);
    if (!example) continue;
    ++seen;
    ASSERT_EQ(example->packet_bytes, example->kept().size());
    ASSERT_EQ(example->port.value, example->packet_bytes);
    ASSERT_EQ(example->time, Instant{} + Duration{example->packet_bytes});
    for (const std::byte b : example->kept()) ASSERT_EQ(std::to_integer<std::uint32_t>(b), example->packet_bytes);
  }
  stop.store(true);
  writer.join();
}

}  // namespace
}  // namespace engine
