#include "tcp/window.h"

#include <gtest/gtest.h>

#include "engine/random.h"
#include "tcp/recv_queue.h"
#include "tests/tcp/text_slices.h"

namespace tcp {
namespace {

TEST(TcpWindow, CostsGrowWithTheWindow) {
  EXPECT_EQ(mbufs_for_window(0), 0u);
  EXPECT_EQ(mbufs_for_window(1), 1u);
  EXPECT_EQ(mbufs_for_window(1460), 2u);
  EXPECT_EQ(mbufs_for_window(65'536), 69u);
  for (std::uint32_t bytes = 0; bytes < 20'000; ++bytes) ASSERT_LE(mbufs_for_window(bytes), mbufs_for_window(bytes + 1));
}

/// Segments of the sizes that fill mbufs worst.
std::uint32_t hostile_size(engine::Random& random, int kind) {
  switch (kind) {
    case 0:
      return 1;
    case 1:
      return random.chance(0.5) ? 1460 : 500;  // the second does not fit behind the first
    case 2:
      return random.chance(0.5) ? 1024 : 960;
    case 3:
      return 1023;
    default:
      return static_cast<std::uint32_t>(1 + random.below(1460));
  }
}

TEST(TcpWindow, NoPeerMakesUsHoldMoreThanWasCharged) {
  for (int kind = 0; kind < 5; ++kind)
    for (const std::size_t header_bytes : {54u, 66u, 94u}) {
      SCOPED_TRACE(testing::Message() << "kind " << kind << ", headers " << header_bytes);
      engine::Random random{static_cast<std::uint64_t>(kind)};
      StoreFixture fixture{400, 400};
      RecvQueue queue;
      while (queue.bytes() < 200'000 && (kind != 0 || queue.bytes() < 20'000)) {
        engine::Slice slice = fixture.mbuf_slice(std::string(hostile_size(random, kind), 'x'), header_bytes);
        ASSERT_TRUE(queue.append(fixture.store(), slice));
        ASSERT_LE(fixture.account().used(), mbufs_for_window(queue.bytes())) << queue.bytes() << " bytes";
      }
      queue.clear(fixture.store());
    }
}

}  // namespace
}  // namespace tcp
