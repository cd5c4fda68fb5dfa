// The main of test programs that need DPDK.
#include <gtest/gtest.h>

#include "tests/support/eal.h"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  testing::AddGlobalTestEnvironment(new support::EalEnvironment);  // GoogleTest deletes it
  return RUN_ALL_TESTS();
}
