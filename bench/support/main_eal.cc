// The main of micro-benchmarks that need DPDK: the EAL with what memory there is, no PCI bus.
#include <benchmark/benchmark.h>
#include <cstdio>
#include <fmt/format.h>
#include <unistd.h>

#include "bench/support/machine.h"
#include "engine/eal.h"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  engine::EalOptions options;
  options.name = fmt::format("bench-{}", ::getpid());
  options.memory_bytes = 1400ull << 20;
  const auto eal = engine::Eal::start(options);
  if (!eal) {
    std::fprintf(stderr, "%s\n", eal.error().message().c_str());
    return 1;
  }
  bench::run_on_last_cpu();
  std::fprintf(stderr, "%s\n%s\n", bench::describe_machine().c_str(), (*eal)->memory_line().c_str());
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
