#include "engine/siphash.h"

#include <gtest/gtest.h>

namespace engine {
namespace {

// Appendix A of the SipHash paper: key 00 01 .. 0f. Its reference code lists the hash of 00 01 .. 0f (16 bytes) among the
// vectors.
constexpr SipKey paper_key{0x0706050403020100u, 0x0f0e0d0c0b0a0908u};

TEST(SipHash, ReferenceVectorOf16Bytes) {
  EXPECT_EQ(siphash(paper_key, 0x0706050403020100u, 0x0f0e0d0c0b0a0908u), 0x3f2acc7f57c29bdbu);
}

static_assert(siphash({1, 2}, 3, 4) != siphash({1, 2}, 4, 3), "a constant expression, and the order counts");

TEST(SipHash, EveryBitOfKeyAndInputMatters) {
  const std::uint64_t base = siphash(paper_key, 1, 2);
  for (int bit = 0; bit < 64; ++bit) {
    const std::uint64_t flip = std::uint64_t{1} << bit;
    for (const std::uint64_t other :
         {siphash(paper_key, 1 ^ flip, 2), siphash(paper_key, 1, 2 ^ flip), siphash({paper_key.k0 ^ flip, paper_key.k1}, 1, 2),
          siphash({paper_key.k0, paper_key.k1 ^ flip}, 1, 2)}) {
      const int changed = std::popcount(base ^ other);
      EXPECT_GT(changed, 10) << "bit " << bit;
      EXPECT_LT(changed, 54) << "bit " << bit;
    }
  }
}

}  // namespace
}  // namespace engine
