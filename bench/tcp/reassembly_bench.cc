// Text that comes before its turn, per segment of 1448 bytes: kept, and handed on when the hole is filled.
#include <benchmark/benchmark.h>
#include <memory>
#include <string>

#include "bench/support/per_item.h"
#include "tcp/reassembly.h"

namespace tcp {
namespace {

constexpr std::uint32_t segments = 64, mss = 1448;
const std::string text(mss, 't');

struct World {
  engine::Slab<Node> nodes{4096};
  engine::Account account{100'000, 1};
  std::unique_ptr<Reassembly> reassembly = std::make_unique<Reassembly>();
  RecvQueue queue;
  bool failed = false;

  [[nodiscard]] Store store() noexcept { return {nodes, account}; }
  void insert(std::uint32_t segment) noexcept {
    failed |= reassembly->insert(store(), Seq{segment * mss}, engine::Slice::of_static(text)) != Reassembly::Insert::kept;
  }
  void take(std::uint32_t first_missing) noexcept {
    const Seq end = reassembly->take_ready(store(), Seq{first_missing * mss}, queue);
    failed |= end != Seq{segments * mss} || !reassembly->empty();
    queue.clear(store());
  }
};

/// The first segment of a window is lost: one hole, the rest grows behind it.
void BM_OneHole(benchmark::State& state) {
  World world;
  bench::run(state, segments - 1, [&] {
    for (std::uint32_t i = 1; i < segments; ++i) world.insert(i);
    world.take(1);
  });
  if (world.failed) state.SkipWithError("text was lost");
}

/// Every second one comes late: as many ranges as a connection may have, then all of them joined.
void BM_EverySecond(benchmark::State& state) {
  World world;
  bench::run(state, segments, [&] {
    for (std::uint32_t i = 1; i < segments; i += 2) world.insert(i);
    for (std::uint32_t i = 0; i < segments; i += 2) world.insert(i);
    world.take(0);
  });
  if (world.failed) state.SkipWithError("text was lost");
}

/// The last one first: each piece goes in front.
void BM_Backwards(benchmark::State& state) {
  World world;
  bench::run(state, segments, [&] {
    for (std::uint32_t i = segments; i-- > 0;) world.insert(i);
    world.take(0);
  });
  if (world.failed) state.SkipWithError("text was lost");
}

BENCHMARK(BM_OneHole)->Apply(bench::by_tsc);
BENCHMARK(BM_EverySecond)->Apply(bench::by_tsc);
BENCHMARK(BM_Backwards)->Apply(bench::by_tsc);

}  // namespace
}  // namespace tcp
