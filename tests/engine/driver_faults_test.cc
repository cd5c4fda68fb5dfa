#include "engine/driver_faults.h"

#include <gtest/gtest.h>

namespace engine {
namespace {

TEST(DriverFaults, KnowWhoseChecksumsAreWrong) {
  EXPECT_TRUE(has_wrong_tx_checksums("net_tap"));  // tests/e2e sends chains with odd segments through one
  EXPECT_FALSE(has_wrong_tx_checksums("net_virtio"));
  EXPECT_FALSE(has_wrong_tx_checksums(""));
}

}  // namespace
}  // namespace engine
