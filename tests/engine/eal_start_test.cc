// The half of engine/eal.h that needs a started EAL; eal_test.cc has the plan.
#include <rte_eal.h>
#include <rte_lcore.h>

#include <gtest/gtest.h>

#include "tests/support/eal.h"

namespace engine {
namespace {

TEST(Eal, RunsWithNormalPagesAsAnyUser) {
  EXPECT_EQ(rte_eal_has_hugepages(), 0);
  EXPECT_EQ(rte_eal_process_type(), RTE_PROC_PRIMARY);
}

TEST(Eal, TheMainLcoreMayRunWhereTheProcessMay) { EXPECT_EQ(allowed_cpus(), support::EalEnvironment::cpus_before()); }

TEST(Eal, WithoutWorkersThereIsTheMainLcoreOnly) { EXPECT_EQ(rte_lcore_count(), 1u); }

}  // namespace
}  // namespace engine
