#include "tcp/path_mtu.h"

#include <gtest/gtest.h>

namespace tcp {
namespace {

using namespace std::chrono_literals;
using engine::Instant;
using engine::Ipv4;

constexpr Ipv4 host{10, 1, 2, 3};
const Instant start{1000s};

TEST(TcpPathMtus, RememberAHostForTenMinutes) {
  PathMtus mtus{{7, 8}};
  EXPECT_EQ(mtus.limit(host, 1500, start), 1500);
  mtus.learn(host, 1200, start);
  EXPECT_EQ(mtus.limit(host, 1500, start), 1200);
  EXPECT_EQ(mtus.limit(host, 1000, start), 1000) << "the link takes less";
  EXPECT_EQ(mtus.limit(Ipv4{10, 1, 2, 4}, 1500, start), 1500);
  mtus.learn(host, 900, start + 300s);
  EXPECT_EQ(mtus.limit(host, 1500, start + 899s), 900);
  EXPECT_EQ(mtus.limit(host, 1500, start + 900s), 1500);
}

TEST(TcpPathMtus, TheOldestIsForgottenWhenThereAreTooMany) {
  PathMtus mtus{{7, 8}};
  for (std::uint32_t i = 0; i < 100'000; ++i) mtus.learn(Ipv4{i}, 1000, start + std::chrono::milliseconds{i});
  unsigned known = 0;
  for (std::uint32_t i = 0; i < 100'000; ++i) known += mtus.limit(Ipv4{i}, 1500, start + 100s) == 1000 ? 1 : 0;
  EXPECT_LE(known, 1024u);
  EXPECT_GT(known, 900u);
  EXPECT_EQ(mtus.limit(Ipv4{99'999}, 1500, start + 100s), 1000) << "the newest stays";
}

TEST(TcpPathMtus, PlateausGoDownToTheSmallest) {
  EXPECT_EQ(PathMtus::plateau_below(65'535), 32'000);
  EXPECT_EQ(PathMtus::plateau_below(1500), 1492);
  EXPECT_EQ(PathMtus::plateau_below(1492), 1006);
  EXPECT_EQ(PathMtus::plateau_below(1006), PathMtus::smallest);
  EXPECT_EQ(PathMtus::plateau_below(100), PathMtus::smallest);
}

}  // namespace
}  // namespace tcp
