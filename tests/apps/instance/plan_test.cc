#include "apps/instance/plan.h"

#include <gtest/gtest.h>
#include <numeric>

#include "apps/instance/addresses.h"
#include "engine/account.h"
#include "engine/mempool.h"

namespace apps {
namespace {

constexpr std::uint64_t mib = 1u << 20, gib = 1u << 30;

Config config_of(const std::string& toml) {
  auto loaded = parse_config(toml, "t.toml");
  if (!loaded) {
    ADD_FAILURE() << loaded.error().message();
    return {};
  }
  return (*std::move(loaded)).config;
}

std::string server(const std::string& engine, const std::string& port = "") {
  return "[engine]\n" + engine + "\n[[port]]\nname = \"lan\"\ndevice = \"tap:a\"\naddresses = [\"10.0.0.1/8\"]\n" + port +
         "\n[[listener]]\nname = \"web\"\naddress = \"*:80\"\n[[rule]]\nrespond = {}\n";
}

std::uint64_t term(const MemoryPlan& plan, const std::string& name) {
  for (const MemoryTerm& one : plan.terms)
    if (one.name == name) return one.bytes;
  ADD_FAILURE() << "no term '" << name << "'";
  return 0;
}

bool is_used_as_needed(const MemoryTerm& term) { return term.name.ends_with("as far as used"); }

TEST(MemoryPlan, HasEveryTermAlsoThoseThatAreZero) {
  const MemoryPlan plan = plan_memory(config_of(server("max_connections = 1000")), 8 * gib);
  std::vector<std::string> names;
  for (const MemoryTerm& one : plan.terms) names.push_back(one.name);
  EXPECT_EQ(names, (std::vector<std::string>{"mbufs: rx descriptors", "mbufs: tx descriptors", "mbufs: unsent frames",
                                             "mbufs: bursts of one turn", "mbufs: mempool caches", "mbufs: hand-over rings",
                                             "mbufs: held for ARP", "mbufs: TCP account", "mbufs: references to queued bytes",
                                             "routes (two tables)", "rings between workers", "DPDK itself and its drivers",
                                             "connections, as far as used", "TIME-WAIT, as far as used"}));
  EXPECT_EQ(term(plan, "mbufs: hand-over rings"), 0u) << "one worker";
  const std::string text = describe(plan);
  for (const std::string& name : names) EXPECT_NE(text.find("  " + name + " "), std::string::npos) << name << "\n" << text;
}

TEST(MemoryPlan, WhatDpdkMustProvideIsTheSumOfItsTerms) {
  for (const char* engine : {"max_connections = 1000", "max_connections = 1000\nworkers = 4", "max_connections = 1"}) {
    const MemoryPlan plan = plan_memory(config_of(server(engine)), 8 * gib);
    std::uint64_t sum = 0;
    for (const MemoryTerm& one : plan.terms) sum += is_used_as_needed(one) ? 0 : one.bytes;
    EXPECT_EQ(plan.dpdk_bytes, sum) << engine;
    EXPECT_GE(term(plan, "DPDK itself and its drivers"), 48 * mib);
  }
}

TEST(MemoryPlan, TheMbufsOfAMempoolFitIntoItsTerms) {
  const Config config = config_of(server("max_connections = 1000\nworkers = 3"));
  const MemoryPlan plan = plan_memory(config, 8 * gib);
  std::uint64_t mbufs = 0;
  for (const MemoryTerm& one : plan.terms)
    if (one.name.starts_with("mbufs: ") && one.name != "mbufs: references to queued bytes") mbufs += one.bytes;
  EXPECT_EQ(mbufs, 3 * engine::mempool_bytes(engine::mbufs_per_shard(plan.mbufs), plan.data_room_bytes));
}

TEST(MemoryPlan, TheTableSaysTheSum) {
  MemoryPlan plan;
  plan.terms = {{"one", 3 * mib / 2}, {"none", 0}, {"two", 2 * mib}};
  EXPECT_EQ(describe(plan),
            "  one                                       1.5 MiB\n"
            "  none                                      0.0 MiB\n"
            "  two                                       2.0 MiB\n"
            "  sum                                       3.5 MiB\n");
  plan.note = "why";
  EXPECT_TRUE(describe(plan).ends_with("  why\n"));
}

TEST(MemoryPlan, DescriptorsOfAllPortsCount) {
  const std::string more = "rx_descriptors = 256\ntx_descriptors = 128\n[[port]]\nname = \"wan\"\ndevice = \"tap:b\"\n";
  const MemoryPlan plan = plan_memory(config_of(server("max_connections = 1000", more)), 8 * gib);
  EXPECT_EQ(plan.mbufs.rx_queues * plan.mbufs.rx_descriptors, 256u + 1024u);
  EXPECT_EQ(plan.mbufs.tx_queues * plan.mbufs.tx_descriptors, 128u + 1024u);
}

TEST(MemoryPlan, EveryPortMayKeepFramesForTheNextTurn) {
  const Config one = config_of(server("max_connections = 1000"));
  const Config two = config_of(server("max_connections = 1000", "[[port]]\nname = \"wan\"\ndevice = \"tap:b\"\n"));
  EXPECT_EQ(term(plan_memory(two, 8 * gib), "mbufs: unsent frames"), 2 * term(plan_memory(one, 8 * gib), "mbufs: unsent frames"));
}

TEST(MemoryPlan, JumboFramesLieInOneMbuf) {
  const auto room = [](int mtu) {
    return plan_memory(config_of(server("max_connections = 10", "mtu = " + std::to_string(mtu))), 8 * gib).data_room_bytes;
  };
  EXPECT_EQ(room(1500), 2048);
  EXPECT_EQ(room(128), 2048);
  EXPECT_EQ(room(2016), 2048);
  EXPECT_EQ(room(2017), 2176) << "rounded to cache lines";
  EXPECT_GE(room(9000), 9000 + 32);
  EXPECT_EQ(room(9600) % 128, 0);
}

TEST(MemoryPlan, AutoGivesEveryConnectionItsFloorAndASurplus) {
  const MemoryPlan plan = plan_memory(config_of(server("max_connections = 1000")), 64 * gib);
  EXPECT_EQ(plan.account_mbufs, 1000 * engine::Account::floor_default + 32'768);
  EXPECT_EQ(plan.note, "");
}

TEST(MemoryPlan, OnASmallMachineAutoTakesAQuarterAndSaysSo) {
  const Config config = config_of(server("max_connections = 100000"));
  const MemoryPlan plan = plan_memory(config, 400 * mib);
  const std::uint64_t bytes = engine::mempool_bytes(plan.account_mbufs, plan.data_room_bytes);
  EXPECT_LE(bytes, 100 * mib);
  EXPECT_GE(bytes, 99 * mib);
  EXPECT_TRUE(plan.note.starts_with("buffers = \"auto\": 99 MiB, a quarter of what is free; ")) << plan.note;
  EXPECT_TRUE(plan.note.ends_with(" MiB would suit max_connections = 100000")) << plan.note;
  EXPECT_NE(describe(plan).find(plan.note), std::string::npos);
}

TEST(MemoryPlan, WhateverTheMachineThereIsALeast) {
  for (const std::uint64_t available : {std::uint64_t{0}, std::uint64_t{1}, 4 * mib}) {
    const MemoryPlan plan = plan_memory(config_of(server("max_connections = 100000")), available);
    EXPECT_EQ(plan.account_mbufs, 1024u);
    EXPECT_TRUE(plan.note.starts_with("buffers = \"auto\": 2 MiB, the least")) << plan.note;
  }
}

TEST(MemoryPlan, SetBuffersAreTakenAsTheyAre) {
  const MemoryPlan plan = plan_memory(config_of(server("buffers = \"64MiB\"")), 1 * mib);
  EXPECT_LE(engine::mempool_bytes(plan.account_mbufs, plan.data_room_bytes), 64 * mib);
  EXPECT_GT(engine::mempool_bytes(plan.account_mbufs + 1, plan.data_room_bytes), 64 * mib);
  EXPECT_EQ(plan.note, "");
}

TEST(MemoryPlan, WithoutListenersThereIsHardlyAnyTcp) {
  const MemoryPlan plan =
      plan_memory(config_of("[engine]\nmax_connections = 100000\n[[port]]\nname = \"a\"\ndevice = \"tap:a\"\n"), 64 * gib);
  EXPECT_EQ(plan.account_mbufs, 1024u);
  EXPECT_EQ(plan.note, "");
}

TEST(MemoryPlan, WorkersShareTheAccountAndHaveTheirOwnRings) {
  const MemoryPlan one = plan_memory(config_of(server("max_connections = 1000")), 64 * gib);
  const MemoryPlan four = plan_memory(config_of(server("max_connections = 1000\nworkers = 4")), 64 * gib);
  EXPECT_EQ(four.account_mbufs, one.account_mbufs / 4);
  EXPECT_EQ(four.account_connections, 250u);
  EXPECT_EQ(four.mbufs.peers, 3u);
  EXPECT_EQ(four.mbufs.lcores, 5u);
  EXPECT_EQ(term(four, "mbufs: rx descriptors"), 4 * term(one, "mbufs: rx descriptors"));
  EXPECT_EQ(term(four, "mbufs: TCP account"), term(one, "mbufs: TCP account"));
  EXPECT_GT(term(four, "mbufs: hand-over rings"), 0u);
  EXPECT_GT(term(four, "rings between workers"), 0u);
  EXPECT_EQ(term(one, "rings between workers"), 0u);
}

TEST(MemoryPlan, ConnectionsThatDoNotDivideAreRoundedUp) {
  EXPECT_EQ(plan_memory(config_of(server("max_connections = 1001\nworkers = 4")), gib).account_connections, 251u);
}

TEST(MemoryPlan, OwnRoutesHaveRoomBesidesThoseOfTheFile) {
  const std::string few = "[forwarding]\nenabled = true\nroutes = 1\n[[route]]\nprefix = \"0.0.0.0/0\"\nvia = \"10.0.0.9\"\n";
  const Config config = config_of(server("max_connections = 10") + few);
  const auto all = routes(config);
  ASSERT_TRUE(all);
  EXPECT_GT(plan_memory(config, gib).route_capacity, all->size()) << "routes = 1 is about those of the file";
  EXPECT_GE(plan_memory(config_of(server("max_connections = 10")), gib).route_capacity, 4096u);
}

TEST(MemoryPlan, TimeWaitAndConnectionsFollowTheirLimits) {
  const MemoryPlan few = plan_memory(config_of(server("max_connections = 1000") + "[tcp]\ntime_wait_max = 1000\n"), gib);
  const MemoryPlan many = plan_memory(config_of(server("max_connections = 2000") + "[tcp]\ntime_wait_max = 4000\n"), gib);
  EXPECT_EQ(term(many, "connections, as far as used"), 2 * term(few, "connections, as far as used"));
  EXPECT_EQ(term(many, "TIME-WAIT, as far as used"), 4 * term(few, "TIME-WAIT, as far as used"));
}

TEST(MemoryPlan, ThisMachineHasMemory) { EXPECT_GT(available_memory_bytes(), 16 * mib); }

}  // namespace
}  // namespace apps
