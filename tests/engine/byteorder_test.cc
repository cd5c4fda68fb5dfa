#include "engine/byteorder.h"

#include <gtest/gtest.h>

#include "engine/wire.h"

namespace engine {
namespace {

TEST(Byteorder, WireBytesAreBigEndian) {
  const be32 v{0x01020304};
  const auto bytes = std::bit_cast<std::array<std::uint8_t, 4>>(v);
  EXPECT_EQ(bytes, (std::array<std::uint8_t, 4>{1, 2, 3, 4}));
  EXPECT_EQ(v.host(), 0x01020304u);
  EXPECT_EQ(be32::from_raw(v.raw()), v);
}

TEST(Byteorder, LoadAndStoreAtAnyAlignment) {
  std::array<std::byte, 64> buffer{};
  for (std::size_t offset = 0; offset < 8; ++offset) {
    Ipv4Header header{};
    header.total_length = be16{1500};
    header.src = Ipv4{10, 0, 0, 1}.wire();
    store(buffer.data() + offset, header);
    const auto back = load<Ipv4Header>(std::span{buffer}.subspan(offset));
    EXPECT_EQ(back.total_length.host(), 1500);
    EXPECT_EQ(Ipv4{back.src}, (Ipv4{10, 0, 0, 1}));
  }
}

}  // namespace
}  // namespace engine
