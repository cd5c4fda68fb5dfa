#include "engine/dpdk_log.h"

#include <gtest/gtest.h>

namespace engine {
namespace {

TEST(DpdkLog, KnowsWhatMeansNothing) {
  EXPECT_TRUE(is_harmless_dpdk_message("eth_dev_tap_create(): ps-client: failed to create multiq qdisc."));
  EXPECT_TRUE(is_harmless_dpdk_message("EAL: Error disabling MSI-X interrupts for fd 23"));
  EXPECT_FALSE(is_harmless_dpdk_message("eth_dev_tap_create(): Unable to open /dev/net/tun"));
  EXPECT_FALSE(is_harmless_dpdk_message(""));
}

}  // namespace
}  // namespace engine
