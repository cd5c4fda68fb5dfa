// The source port of a connection that we open. First argument: shards. Second: how many of 100 ports are taken.
#include <benchmark/benchmark.h>
#include <bitset>
#include <memory>
#include <vector>

#include "bench/support/per_item.h"
#include "engine/random.h"
#include "engine/rss_key.h"
#include "tcp/local_ports.h"

namespace tcp {
namespace {

constexpr std::size_t servers = 4096;

void BM_ChoosePort(benchmark::State& state) {
  const engine::Steering steering{engine::make_rss_key(1), 512, static_cast<std::uint16_t>(state.range(0))};
  LocalPorts ports{steering, engine::ShardId{0}, 1};
  engine::Random random{2};
  const auto taken = std::make_unique<std::bitset<65'536>>();
  for (std::size_t i = 0; i < taken->size(); ++i) (*taken)[i] = random.below(100) < static_cast<std::uint64_t>(state.range(1));
  std::vector<engine::FourTuple> tuples;
  for (std::size_t i = 0; i < servers; ++i)
    tuples.push_back({engine::be32{0x0a020000 + static_cast<std::uint32_t>(i)}, engine::be32{0x0a000001}, engine::be16{80}, {}});
  std::size_t failed = 0;
  bench::run(state, servers, [&] {
    for (const auto& tuple : tuples) {
      const auto port = ports.choose(tuple, [&](std::uint16_t p) noexcept { return !(*taken)[p]; });
      failed += port ? 0 : 1;
      bench::keep(port);
    }
  });
  if (failed != 0) state.SkipWithError("no port was found");
}
BENCHMARK(BM_ChoosePort)->ArgsProduct({{1, 4, 16}, {0, 50, 90}})->Apply(bench::by_tsc);

}  // namespace
}  // namespace tcp
