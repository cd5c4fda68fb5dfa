#include "engine/eal.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace engine {
namespace {

constexpr std::uint64_t mib = 1u << 20;

EalOptions options(MemoryChoice memory = MemoryChoice::automatic) {
  EalOptions o;
  o.name = "edge1";
  o.memory = memory;
  o.memory_bytes = 300 * mib;
  return o;
}

EalPlan plan(const EalOptions& o, std::uint64_t free_hugepages) {
  auto planned = plan_eal(o, free_hugepages);
  EXPECT_TRUE(planned) << planned.error().message();
  return *planned;
}

bool has(const EalPlan& p, std::string_view argument) { return std::ranges::find(p.arguments, argument) != p.arguments.end(); }

/// The argument behind `name`.
std::string value_of(const EalPlan& p, std::string_view name) {
  const auto at = std::ranges::find(p.arguments, name);
  return at == p.arguments.end() || at + 1 == p.arguments.end() ? "" : *(at + 1);
}

TEST(PlanEal, AutomaticTakesHugepagesIfEnoughAreFree) {
  const EalPlan p = plan(options(), 300 * mib);
  EXPECT_TRUE(has(p, "--in-memory"));
  EXPECT_FALSE(has(p, "--no-huge"));
  EXPECT_EQ(value_of(p, "-m"), "300");
  EXPECT_EQ(p.memory_line, "memory: hugepages, 300 MiB of 300 MiB free");
}

TEST(PlanEal, AutomaticTakesNormalPagesOtherwiseAndSaysWhatWouldBeFaster) {
  const EalPlan p = plan(options(), 300 * mib - 1);
  EXPECT_TRUE(has(p, "--no-huge"));
  EXPECT_TRUE(has(p, "--no-shconf"));
  EXPECT_FALSE(has(p, "--in-memory"));
  EXPECT_EQ(value_of(p, "-m"), "300");
  EXPECT_NE(p.memory_line.find("normal pages, 300 MiB"), std::string::npos) << p.memory_line;
  EXPECT_NE(p.memory_line.find("echo 150 > /proc/sys/vm/nr_hugepages"), std::string::npos) << p.memory_line;
}

TEST(PlanEal, WithoutAnyHugepageItIsNormalPagesHoweverLittleIsNeeded) {
  EalOptions o = options();
  o.memory_bytes = 0;
  EXPECT_TRUE(has(plan(o, 0), "--no-huge"));
}

TEST(PlanEal, NormalPagesAreTakenAsConfigured) {
  const EalPlan p = plan(options(MemoryChoice::normal), 10'000 * mib);
  EXPECT_TRUE(has(p, "--no-huge"));
  EXPECT_NE(p.memory_line.find("as configured"), std::string::npos);
}

TEST(PlanEal, HugepagesThatAreNotThereAreAnErrorWithTheCommand) {
  EXPECT_TRUE(has(plan(options(MemoryChoice::hugepages), 400 * mib), "--in-memory"));
  const auto refused = plan_eal(options(MemoryChoice::hugepages), 100 * mib);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::exhausted);
  for (const char* part : {"300 MiB", "100 MiB", "echo 150 > /proc/sys/vm/nr_hugepages"})
    EXPECT_NE(refused.error().what.find(part), std::string::npos) << refused.error().what;
}

TEST(PlanEal, MemoryIsRoundedUpToWholeMebibytes) {
  EalOptions o = options(MemoryChoice::normal);
  o.memory_bytes = 300 * mib + 1;
  EXPECT_EQ(value_of(plan(o, 0), "-m"), "301");
}

TEST(PlanEal, TheUsersArgumentsWin) {
  for (const char* memory : {"--no-huge", "--in-memory", "--huge-dir=/mnt", "--legacy-mem", "--single-file-segments"}) {
    EalOptions o = options(MemoryChoice::hugepages);
    o.extra = {memory};
    const EalPlan p = plan(o, 0);
    EXPECT_EQ(std::ranges::count(p.arguments, memory), 1) << memory;
    EXPECT_EQ(value_of(p, "-m"), "300");
    EXPECT_EQ(p.memory_line, "memory: as the EAL arguments say");
  }
  EalOptions sized = options();
  sized.extra = {"--no-huge", "-m", "64"};
  const EalPlan p = plan(sized, 0);
  EXPECT_EQ(std::ranges::count(p.arguments, "-m"), 1);
  EXPECT_EQ(value_of(p, "-m"), "64");
  EXPECT_EQ(p.arguments.back(), "64") << "what the user gave comes last";
}

TEST(PlanEal, PciIsScannedOnlyForTheDevicesThatWereNamed) {
  EXPECT_TRUE(has(plan(options(), 0), "--no-pci"));
  EalOptions named = options();
  named.pci_devices = {"0000:3b:00.0", "0000:3b:00.1"};
  const EalPlan p = plan(named, 0);
  EXPECT_FALSE(has(p, "--no-pci"));
  EXPECT_EQ(std::ranges::count(p.arguments, "-a"), 2);
  EXPECT_TRUE(has(p, "0000:3b:00.1"));
  EalOptions by_hand = options();
  by_hand.extra = {"-a", "0000:00:04.0"};
  EXPECT_FALSE(has(plan(by_hand, 0), "--no-pci"));
}

TEST(PlanEal, WorkersArePinnedAndTheMainLcoreFloats) {
  EalOptions o = options();
  o.control_cpus = {0, 1};
  o.worker_cpus = {2, 3};
  EXPECT_EQ(value_of(plan(o, 0), "--lcores"), "0@(0,1),1@2,2@3");
}

TEST(PlanEal, TheInstancesNameIsThePrefixOfItsFiles) {
  const EalPlan p = plan(options(), 0);
  EXPECT_EQ(p.arguments.front(), "penstock");
  EXPECT_EQ(value_of(p, "--file-prefix"), "penstock-edge1");
}

TEST(Machine, SaysWhichCpusAreOursAndWhatIsFree) {
  const auto cpus = allowed_cpus();
  ASSERT_FALSE(cpus.empty());
  EXPECT_TRUE(std::ranges::is_sorted(cpus));
  EXPECT_EQ(free_hugepage_bytes() % 4096, 0u);
  EXPECT_NE(random_seed(), random_seed());
}

}  // namespace
}  // namespace engine
