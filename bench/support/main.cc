// The main of micro-benchmarks that need no DPDK.
#include <benchmark/benchmark.h>
#include <cstdio>

#include "bench/support/machine.h"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  bench::run_on_last_cpu();
  std::fprintf(stderr, "%s\n", bench::describe_machine().c_str());
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
