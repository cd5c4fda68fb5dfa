// TCP options read and written, over 4096 segments with different values. Argument: 0 timestamps, as nearly every segment has; 1
// a SYN; 2 timestamps and three SACK blocks.
#include <array>
#include <benchmark/benchmark.h>
#include <vector>

#include "bench/support/per_item.h"
#include "engine/random.h"
#include "tcp/options.h"

namespace tcp {
namespace {

constexpr std::size_t segments = 4096;

struct Written {
  std::array<std::byte, options_bytes_max> bytes;
  std::size_t size = 0;
};

std::vector<Options> make_options(std::int64_t kind) {
  engine::Random random{1};
  const auto any = [&] { return static_cast<std::uint32_t>(random.next()); };
  std::vector<Options> all(segments);
  for (Options& o : all) {
    o.has_timestamps = true;
    o.ts_val = any();
    o.ts_ecr = any();
    if (kind == 1) {
      o.mss = 1460;
      o.sack_permitted = true;
      o.window_shift = 7;
    }
    if (kind != 2) continue;
    o.sack_count = 3;
    for (SeqRange& range : o.sack) range = {Seq{any()}, Seq{any()}};
  }
  return all;
}

void BM_ParseOptions(benchmark::State& state) {
  const bool is_syn = state.range(0) == 1;
  std::vector<Written> written(segments);
  const auto options = make_options(state.range(0));
  for (std::size_t i = 0; i < segments; ++i) written[i].size = write_options(options[i], written[i].bytes.data());
  bench::run(state, segments, [&] {
    for (const Written& w : written) {
      Options out;
      bench::keep(parse_options({w.bytes.data(), w.size}, is_syn, out));
      bench::keep(out);
    }
  });
}

void BM_WriteOptions(benchmark::State& state) {
  const auto options = make_options(state.range(0));
  std::vector<Written> written(segments);
  bench::run(state, segments, [&] {
    for (std::size_t i = 0; i < segments; ++i) written[i].size = write_options(options[i], written[i].bytes.data());
    benchmark::ClobberMemory();
  });
}

BENCHMARK(BM_ParseOptions)->DenseRange(0, 2)->Apply(bench::by_tsc);
BENCHMARK(BM_WriteOptions)->DenseRange(0, 2)->Apply(bench::by_tsc);

}  // namespace
}  // namespace tcp
