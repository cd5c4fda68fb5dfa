// What is outstanding, without loss and under it. Argument: sacked ranges in it.
#include <benchmark/benchmark.h>
#include <vector>

#include "bench/support/per_item.h"
#include "tcp/flight.h"

namespace tcp {
namespace {

constexpr std::size_t flights = 512;
constexpr std::uint32_t mss = 1448;
constexpr Seq una{1'000'000};
constexpr auto ignore = [](const Flight::Run&, std::uint32_t) {};

/// Sent one by one, every second one sacked, `ranges` times.
Flight flight_of(std::uint32_t ranges) {
  Flight flight{una};
  for (std::uint32_t i = 0; i < 2 * ranges; ++i) flight.on_sent(una + i * mss, una + (i + 1) * mss, i);
  for (std::uint32_t i = 0; i < ranges; ++i) flight.sack({una + (2 * i + 1) * mss, una + (2 * i + 2) * mss}, ignore);
  return flight;
}

/// A segment leaves and is acknowledged: what every response costs.
void BM_SendAndAcknowledge(benchmark::State& state) {
  std::vector<Flight> all(flights, Flight{una});
  Stamp now = 0;
  Seq at = una;
  bench::run(state, flights, [&] {
    for (Flight& flight : all) {
      flight.on_sent(at, at + 203, now);
      flight.acknowledge(at + 203, ignore);
    }
    at += 203;
    ++now;
  });
}

/// An ACK with three blocks, of which the first grows by a segment: what a burst of losses brings.
void BM_SackThreeBlocks(benchmark::State& state) {
  const auto ranges = static_cast<std::uint32_t>(state.range(0));
  Flight full = flight_of(ranges);
  const Seq end = full.end();
  full.on_sent(end, end + 10 * mss, 1000);
  std::vector<Flight> all(flights, full);
  std::uint64_t fresh = 0;
  bench::run(
      state, flights, [&] { std::fill(all.begin(), all.end(), full); },
      [&] {
        for (Flight& flight : all) {
          flight.sack({end - mss, end + mss}, [&](const Flight::Run&, std::uint32_t bytes) { fresh += bytes; });
          for (std::uint32_t i = 1; i < 3; ++i) {
            const std::uint32_t which = ranges - 1 - std::min(i, ranges - 1);
            flight.sack({una + (2 * which + 1) * mss, una + (2 * which + 2) * mss}, ignore);
          }
        }
      });
  if (fresh != static_cast<std::uint64_t>(state.iterations()) * flights * mss) state.SkipWithError("other blocks were new");
}

/// What the sender asks for each segment that it may send.
void BM_NextLost(benchmark::State& state) {
  Flight flight = flight_of(static_cast<std::uint32_t>(state.range(0)));
  flight.mark_lost([](const Flight::Run&, Seq start) { return start != una; });
  std::vector<Flight> all(flights, flight);
  bench::run(state, flights, [&] {
    for (const Flight& one : all) {
      bench::keep(one.pipe());
      bench::keep(one.next_lost());
    }
  });
}

void ranges(benchmark::internal::Benchmark* b) { bench::by_tsc(b->Arg(1)->Arg(3)->Arg(16)); }
BENCHMARK(BM_SendAndAcknowledge)->Apply(bench::by_tsc);
BENCHMARK(BM_SackThreeBlocks)->Apply(ranges);
BENCHMARK(BM_NextLost)->Apply(ranges);

}  // namespace
}  // namespace tcp
