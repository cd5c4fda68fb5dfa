// The MAC address of a next hop, once for every packet that leaves. Argument: neighbors known, all of them asked for.
#include <benchmark/benchmark.h>

#include "bench/support/flows.h"
#include "bench/support/per_item.h"
#include "engine/neighbor_table.h"

namespace engine {
namespace {

constexpr std::size_t per_iteration = 4096;

void BM_NeighborFind(benchmark::State& state) {
  const auto count = static_cast<std::uint32_t>(state.range(0));
  NeighborTable table{count};
  for (std::uint32_t i = 0; i < count; ++i) CHECK(table.put({PortId{0}, Ipv4{0x0a000000 + i}, {{2, 1, 0, 0, 0, 1}}, true, {}}));
  Random random{1};
  std::vector<Ipv4> asked(per_iteration);
  for (Ipv4& a : asked) a = Ipv4{0x0a000000 + static_cast<std::uint32_t>(random.below(count))};
  std::uint64_t found = 0;
  bench::run(state, per_iteration, [&] {
    for (const Ipv4 a : asked) {
      const auto neighbor = table.find(PortId{0}, a);
      if (neighbor && neighbor->permanent) found += neighbor->mac.bytes[5];
    }
  });
  if (found != static_cast<std::uint64_t>(state.iterations()) * per_iteration) state.SkipWithError("a neighbor was not found");
}
BENCHMARK(BM_NeighborFind)->Arg(2)->Arg(64)->Arg(4096)->Arg(65'536)->Apply(bench::by_tsc);

}  // namespace
}  // namespace engine
