// Paths brought into their normal form. Argument: 0 a short one, 1 a long one, 2 one that has to be rewritten.
#include <array>
#include <benchmark/benchmark.h>
#include <string>
#include <vector>

#include "bench/support/per_item.h"
#include "http/target.h"

namespace http {
namespace {

constexpr std::size_t paths = 512;

void BM_NormalisePath(benchmark::State& state) {
  constexpr std::array<const char*, 3> kinds{"/index.html", "/shop/articles/1234/photos/large/front.jpeg",
                                             "/a/../b/%7euser//c%2fd"};
  const std::vector<std::string> all(paths, kinds[static_cast<std::size_t>(state.range(0))]);
  std::array<char, 256> buffer;
  bench::run(state, paths, [&] {
    for (const std::string& path : all) bench::keep(normalise_path(path, buffer));
  });
  state.SetLabel(all[0]);
}
BENCHMARK(BM_NormalisePath)->DenseRange(0, 2)->Apply(bench::by_tsc);

}  // namespace
}  // namespace http
