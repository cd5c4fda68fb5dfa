// The TIME-WAIT table when it is full, as it is on every busy server: 60 s of connections. Argument: its capacity.
#include <benchmark/benchmark.h>
#include <vector>

#include "bench/support/flows.h"
#include "bench/support/per_item.h"
#include "tcp/time_wait.h"

namespace tcp {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t per_iteration = 1024;
constexpr engine::SipKey key{0x0123456789abcdef, 0xfedcba9876543210};

/// A full table, and twice as many flows as it holds: the first half is in it when it is made.
struct World {
  std::uint32_t capacity;
  TimeWait table;
  std::vector<engine::FourTuple> flows;
  std::size_t next = 0;  // to be added
  engine::Instant now{1000s};

  explicit World(std::uint32_t n) : capacity{n}, table{n, 60s}, flows{bench::make_flows({.count = std::size_t{n} * 2})} {
    for (std::uint32_t i = 0; i < n; ++i) add();
  }
  bool add() {
    Tcb tcb;
    tcb.tuple = flows[next];
    next = next + 1 == flows.size() ? 0 : next + 1;
    return table.add(tcb, engine::keyed_hash(key, tcb.tuple), now);
  }
  /// One that is in the table, at any place.
  [[nodiscard]] const engine::FourTuple& present(std::size_t i) const {
    return flows[(next + flows.size() - 1 - i % capacity) % flows.size()];
  }
  [[nodiscard]] TimeWaitEntry* find(const engine::FourTuple& tuple) { return table.find(tuple, engine::keyed_hash(key, tuple)); }
};

/// A connection more: the oldest gives way.
void BM_AddToFull(benchmark::State& state) {
  World world{static_cast<std::uint32_t>(state.range(0))};
  std::size_t replaced = 0;
  bench::run(state, per_iteration, [&] {
    for (std::size_t i = 0; i < per_iteration; ++i) replaced += world.add() ? 1 : 0;
  });
  if (replaced == 0) state.SkipWithError("the table was not full");
}

/// Every SYN is looked for: a stranger.
void BM_FindMiss(benchmark::State& state) {
  World world{static_cast<std::uint32_t>(state.range(0))};
  const auto strangers = bench::make_flows({.count = 1u << 20, .seed = 99});
  std::size_t at = 0, found = 0;
  bench::run(state, per_iteration, [&] {
    for (std::size_t i = 0; i < per_iteration; ++i) found += world.find(strangers[at++ % strangers.size()]) != nullptr ? 1 : 0;
  });
  bench::keep(found);  // a few, by chance
}

/// RFC 6191: the same tuple comes back.
void BM_Recycle(benchmark::State& state) {
  World world{static_cast<std::uint32_t>(state.range(0))};
  engine::Random random{5};
  std::vector<engine::FourTuple> back(per_iteration);
  std::size_t missed = 0;
  bench::run(
      state, per_iteration,
      [&] {
        for (auto& tuple : back) tuple = world.present(random.below(world.capacity));
      },
      [&] {
        for (const auto& tuple : back) {
          TimeWaitEntry* entry = world.find(tuple);
          if (entry == nullptr) {
            ++missed;
            continue;
          }
          world.table.remove(*entry);
          Tcb tcb;
          tcb.tuple = tuple;
          world.table.add(tcb, engine::keyed_hash(key, tuple), world.now);
        }
      });
  if (missed * 10 > static_cast<std::size_t>(state.iterations()) * per_iteration) state.SkipWithError("tuples were not there");
}

void capacities(benchmark::internal::Benchmark* b) { bench::by_tsc(b->Arg(4096)->Arg(1 << 20)); }
BENCHMARK(BM_AddToFull)->Apply(capacities);
BENCHMARK(BM_FindMiss)->Apply(capacities);
BENCHMARK(BM_Recycle)->Apply(capacities);

}  // namespace
}  // namespace tcp
