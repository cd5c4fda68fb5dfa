// Cycles per forwarded packet, HTTP request and connection of a whole shard: generator, engine and sink in one process on one
// core. The reference load is DESIGN's: one request outstanding per connection, random order, GET / of 100 to 150 bytes, 200 with
// 100 bytes, timestamps, RX bursts of 32, the peer's ACK on its next request, mbufs allocated and freed per packet. What the
// peers spend is measured and subtracted, and they check what they get. docs/performance.md says what the columns mean.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench/macro/cases.h"
#include "bench/support/machine.h"
#include "engine/eal.h"

namespace {

using Results = std::map<std::string, std::vector<bench::Figures>>;

void print(const bench::Case& c, std::vector<bench::Figures> rounds) {
  std::sort(rounds.begin(), rounds.end(), [](const auto& a, const auto& b) { return a.engine < b.engine; });
  const bench::Figures& m = rounds[rounds.size() / 2];
  fmt::print("{:<30} {:>6.0f} ({:.0f}..{:.0f}) {:>6.0f} {:>6.0f} {:>6.0f} {:>6.2f}/{:.2f}  a {}\n", c.name, m.engine,
             rounds.front().engine, rounds.back().engine, m.own, m.total, m.cpu, m.packets_in, m.packets_out, c.unit);
}

}  // namespace

/// macro_bench [FILTER [ROUNDS [SECONDS]]]: the case of that name, or all whose names contain it.
int main(int argc, char** argv) {
  const std::string_view filter = argc > 1 ? argv[1] : "";
  const int rounds = argc > 2 ? std::max(1, std::atoi(argv[2])) : 3;
  const double seconds = argc > 3 ? std::atof(argv[3]) : 0.5;
  engine::EalOptions options;
  options.name = "macro-bench";
  options.memory_bytes = 1400ull << 20;
  auto eal = engine::Eal::start(options);
  if (!eal) {
    std::fprintf(stderr, "%s\n", eal.error().message().c_str());
    return 1;
  }
  bench::run_on_last_cpu();
  fmt::print("{}\n{}\n", bench::describe_machine(), (*eal)->memory_line());
  fmt::print("TSC cycles per operation, median of {} rounds (min..max); engine = total - peers\n", rounds);
  fmt::print("{:<30} {:>20} {:>6} {:>6} {:>6} {:>11}\n", "case", "engine", "peers", "total", "cpu", "packets i/o");
  auto all = bench::cases();
  const bool is_name = std::any_of(all.begin(), all.end(), [&](const auto& c) { return c.name == filter; });
  std::erase_if(all, [&](const auto& c) { return is_name ? c.name != filter : c.name.find(filter) == std::string::npos; });
  Results results;
  bool ok = true;
  for (int round = 0; round < rounds; ++round)  // interleaved: what disturbs a while disturbs all
    for (const auto& c : all) {
      const bench::Figures figures = c.run(seconds);
      results[c.name].push_back(figures);
      if (figures.fault.empty()) continue;
      ok = false;
      fmt::print("!! {}: {}\n", c.name, figures.fault);
    }
  for (const auto& c : all) print(c, results[c.name]);
  return ok ? 0 : 1;
}
