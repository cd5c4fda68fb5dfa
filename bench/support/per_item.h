// The measure of a micro-benchmark: TSC cycles and nanoseconds per item, the median of its iterations. A slice of time that
// another process took lies in a few iterations and does not show.
#pragma once

#include <rte_cycles.h>

#include <algorithm>
#include <benchmark/benchmark.h>
#include <cstdint>
#include <vector>
#include <x86intrin.h>

#include "bench/support/machine.h"

namespace bench {

/// Times one piece of work after the other.
class PerItem {
 public:
  /// `items`: in each piece. Some hundred make the two clock reads disappear.
  PerItem(benchmark::State& state, std::size_t items) : state_{state}, items_{static_cast<double>(items)} {
    pieces_.reserve(std::size_t{1} << 16);
  }
  PerItem(const PerItem&) = delete;
  PerItem& operator=(const PerItem&) = delete;
  /// The counters of `state`: cycles and ns per item, and items per second.
  ~PerItem() {
    if (pieces_.empty()) return;
    const auto middle = pieces_.begin() + static_cast<std::ptrdiff_t>(pieces_.size() / 2);
    std::nth_element(pieces_.begin(), middle, pieces_.end());
    const double cycles = static_cast<double>(*middle) / items_;
    state_.counters["cycles"] = cycles;
    state_.counters["ns"] = cycles * 1e9 / tsc_hz();
    state_.SetItemsProcessed(state_.iterations() * static_cast<std::int64_t>(items_));
  }

  template <typename Work>
  void time(Work&& work) {
    const std::uint64_t start = read();
    work();
    const std::uint64_t cycles = read() - start;
    state_.SetIterationTime(static_cast<double>(cycles) / tsc_hz());
    if (pieces_.size() < pieces_.capacity()) pieces_.push_back(cycles);
  }

 private:
  /// Nothing that came before is still under way.
  [[nodiscard]] static std::uint64_t read() noexcept {
    _mm_lfence();
    return rte_rdtsc();
  }
  benchmark::State& state_;
  double items_;
  std::vector<std::uint64_t> pieces_;
};

/// `work` for `items` items per iteration, after an untimed `prepare`.
template <typename Prepare, typename Work>
void run(benchmark::State& state, std::size_t items, Prepare&& prepare, Work&& work) {
  PerItem per_item{state, items};
  for (auto _ : state) {
    prepare();
    per_item.time(work);
  }
}
template <typename Work>
void run(benchmark::State& state, std::size_t items, Work&& work) {
  run(
      state, items, [] {}, work);
}

/// How every benchmark here is registered: BENCHMARK(BM_X)->Apply(bench::by_tsc).
inline void by_tsc(benchmark::internal::Benchmark* b) { b->UseManualTime()->MinTime(0.2); }

/// What the compiler must believe to be read.
template <typename T>
void keep(T&& value) {
  benchmark::DoNotOptimize(value);
}

}  // namespace bench
