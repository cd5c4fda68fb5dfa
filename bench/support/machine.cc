#include "bench/support/machine.h"

#include <rte_cycles.h>
#include <rte_version.h>

#include <chrono>
#include <fmt/format.h>
#include <fstream>
#include <sched.h>
#include <thread>

#include "engine/eal.h"

namespace bench {

namespace {

std::string cpu_model() {
  std::ifstream info{"/proc/cpuinfo"};
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown CPU";
}

}  // namespace

void run_on_last_cpu() {
  cpu_set_t cpu;
  CPU_ZERO(&cpu);
  CPU_SET(engine::allowed_cpus().back(), &cpu);
  sched_setaffinity(0, sizeof cpu, &cpu);
}

double tsc_hz() {
  static const double hz = [] {
    using Clock = std::chrono::steady_clock;
    const auto from = Clock::now();
    const std::uint64_t start = rte_rdtsc();
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    const std::uint64_t cycles = rte_rdtsc() - start;
    return static_cast<double>(cycles) / std::chrono::duration<double>(Clock::now() - from).count();
  }();
  return hz;
}

std::string describe_machine() {
  return fmt::format("{}, TSC {:.0f} MHz, {}, GCC {}", cpu_model(), tsc_hz() / 1e6, rte_version(), __VERSION__);
}

}  // namespace bench
