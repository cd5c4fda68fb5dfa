// From a tuple to its connection: FlowTable as tcp::Stack uses it, against rte_hash. Argument: connections, all in the table,
// asked for in a random order. Both sides find the entry of 128 bytes and read from it; both compute the hash.
#include <rte_hash.h>
#include <rte_hash_crc.h>

#include <array>
#include <benchmark/benchmark.h>
#include <vector>

#include "bench/support/flows.h"
#include "bench/support/per_item.h"
#include "engine/flow.h"
#include "engine/flow_table.h"

namespace engine {
namespace {

constexpr std::size_t burst = 32, per_iteration = 4096;

struct alignas(64) Entry {  // as large as a Tcb
  FourTuple tuple;
  std::array<std::byte, 116> rest;
};

struct World {
  std::vector<FourTuple> flows;
  std::vector<std::uint32_t> order;  // of the questions: entry indices
  Region<Entry> entries;
  std::size_t at = 0;
  explicit World(std::size_t count)
      : flows{bench::make_flows({.count = count})}, order{bench::make_order(count, 2)}, entries{count} {
    for (std::size_t i = 0; i < count; ++i) entries[i].tuple = flows[i];
  }
  /// The next `burst` questions, copied as a parser would write them.
  void next(std::array<FourTuple, burst>& tuples) {
    if (at + burst > order.size()) at = 0;
    for (std::size_t i = 0; i < burst; ++i) tuples[i] = flows[order[at + i]];
    at += burst;
  }
};

/// Prefetches bring what the questions need before it is timed; the look-ups themselves come cold.
template <typename Find>
void find_bursts(benchmark::State& state, World& world, Find&& find) {
  std::vector<std::array<FourTuple, burst>> questions(per_iteration / burst);
  std::uint64_t sum = 0;
  bench::run(
      state, per_iteration,
      [&] {
        for (auto& q : questions) world.next(q);
      },
      [&] {
        for (auto& q : questions) sum += find(q);
      });
  bench::keep(sum);
}

constexpr SipKey key{0x0123456789abcdef, 0xfedcba9876543210};

FlowTable filled(const World& world) {
  FlowTable table{static_cast<std::uint32_t>(world.flows.size())};
  for (std::size_t i = 0; i < world.flows.size(); ++i)
    CHECK(table.insert(keyed_hash(key, world.flows[i]), static_cast<std::uint32_t>(i)));
  return table;
}

std::uint32_t find_one(const FlowTable& table, const World& world, const FourTuple& tuple, std::uint64_t hash) {
  const std::uint32_t i = table.find(hash, [&](std::uint32_t e) noexcept { return world.entries[e].tuple == tuple; });
  return std::to_integer<std::uint32_t>(world.entries[i].rest[0]) + i;
}

void BM_FlowTableFind(benchmark::State& state) {
  World world{static_cast<std::size_t>(state.range(0))};
  const FlowTable table = filled(world);
  find_bursts(state, world, [&](const auto& tuples) {
    std::uint64_t sum = 0;
    for (const FourTuple& t : tuples) sum += find_one(table, world, t, keyed_hash(key, t));
    return sum;
  });
}

/// Buckets fetched for all, then entries for all, then compared: tcp::Stack::on_burst.
void BM_FlowTableFindBurst(benchmark::State& state) {
  World world{static_cast<std::size_t>(state.range(0))};
  const FlowTable table = filled(world);
  find_bursts(state, world, [&](const auto& tuples) {
    std::array<std::uint64_t, burst> hashes;
    for (std::size_t i = 0; i < burst; ++i) table.prefetch(hashes[i] = keyed_hash(key, tuples[i]));
    for (std::size_t i = 0; i < burst; ++i)
      if (const std::uint32_t e = table.candidate(hashes[i]); e != no_index) __builtin_prefetch(&world.entries[e]);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < burst; ++i) sum += find_one(table, world, tuples[i], hashes[i]);
    return sum;
  });
}

/// A connection goes and another one comes.
void BM_FlowTableReplace(benchmark::State& state) {
  World world{static_cast<std::size_t>(state.range(0))};
  FlowTable table = filled(world);
  find_bursts(state, world, [&](const auto& tuples) {
    for (const FourTuple& t : tuples) {
      const std::uint64_t hash = keyed_hash(key, t);
      const std::uint32_t i = table.find(hash, [&](std::uint32_t e) noexcept { return world.entries[e].tuple == t; });
      table.erase(hash, i);
      CHECK(table.insert(hash, i));
    }
    return 0;
  });
}

/// DPDK's, filled; single writer and reader, no locks.
class RteHash {
 public:
  explicit RteHash(const World& world) {
    rte_hash_parameters parameters{};
    parameters.name = "bench_hash";
    // Beyond 7/8 full a cuckoo table of eight slots a bucket refuses: ours has twice the room too.
    parameters.entries = static_cast<std::uint32_t>(world.flows.size() * 2);
    parameters.key_len = sizeof(FourTuple);
    parameters.hash_func = rte_hash_crc;
    parameters.socket_id = -1;
    hash_ = rte_hash_create(&parameters);
    CHECK(hash_ != nullptr);
    for (std::size_t i = 0; i < world.flows.size(); ++i)
      CHECK(rte_hash_add_key_data(hash_, &world.flows[i], reinterpret_cast<void*>(i)) == 0);
  }
  RteHash(const RteHash&) = delete;
  RteHash& operator=(const RteHash&) = delete;
  ~RteHash() { rte_hash_free(hash_); }
  [[nodiscard]] rte_hash* get() const noexcept { return hash_; }

 private:
  rte_hash* hash_;
};

std::uint64_t read_entry(const World& world, const void* data) {
  const auto i = reinterpret_cast<std::uintptr_t>(data);
  return std::to_integer<std::uint64_t>(world.entries[i].rest[0]) + i;
}

void BM_RteHashFind(benchmark::State& state) {
  World world{static_cast<std::size_t>(state.range(0))};
  const RteHash hash{world};
  find_bursts(state, world, [&](const auto& tuples) {
    std::uint64_t sum = 0;
    for (const FourTuple& t : tuples) {
      void* data = nullptr;
      rte_hash_lookup_data(hash.get(), &t, &data);
      sum += read_entry(world, data);
    }
    return sum;
  });
}

void BM_RteHashFindBurst(benchmark::State& state) {
  World world{static_cast<std::size_t>(state.range(0))};
  const RteHash hash{world};
  find_bursts(state, world, [&](const auto& tuples) {
    std::array<const void*, burst> keys;
    std::array<void*, burst> data{};
    for (std::size_t i = 0; i < burst; ++i) keys[i] = &tuples[i];
    std::uint64_t hits = 0;
    rte_hash_lookup_bulk_data(hash.get(), keys.data(), burst, &hits, data.data());
    for (void* d : data) __builtin_prefetch(&world.entries[reinterpret_cast<std::uintptr_t>(d)]);
    std::uint64_t sum = 0;
    for (void* d : data) sum += read_entry(world, d);
    return sum;
  });
}

void BM_RteHashReplace(benchmark::State& state) {
  World world{static_cast<std::size_t>(state.range(0))};
  const RteHash hash{world};
  find_bursts(state, world, [&](const auto& tuples) {
    for (const FourTuple& t : tuples) {
      void* data = nullptr;
      rte_hash_lookup_data(hash.get(), &t, &data);
      rte_hash_del_key(hash.get(), &t);
      rte_hash_add_key_data(hash.get(), &t, data);
    }
    return 0;
  });
}

void sizes(benchmark::internal::Benchmark* b) { bench::by_tsc(b->Arg(4096)->Arg(65'536)->Arg(1 << 20)); }
BENCHMARK(BM_FlowTableFind)->Apply(sizes);
BENCHMARK(BM_RteHashFind)->Apply(sizes);
BENCHMARK(BM_FlowTableFindBurst)->Apply(sizes);
BENCHMARK(BM_RteHashFindBurst)->Apply(sizes);
BENCHMARK(BM_FlowTableReplace)->Apply(sizes);
BENCHMARK(BM_RteHashReplace)->Apply(sizes);

}  // namespace
}  // namespace engine
