// What a packet that passes through costs after its look-up: TTL, next hop, Ethernet header, transmission.
#include <array>
#include <benchmark/benchmark.h>

#include "bench/engine/stages.h"
#include "bench/support/per_item.h"
#include "engine/random.h"

namespace engine {
namespace {

constexpr std::size_t burst = 32, bursts = 32;

void BM_ForwardAndSend(benchmark::State& state) {
  bench::Stages stages{"forward"};
  Random random{1};
  std::array<Transit, bursts> transits;
  Burst frames, tcp;
  bench::run(
      state, burst * bursts,
      [&] {
        for (Transit& transit : transits) {
          for (std::size_t i = 0; i < burst; ++i) {
            const std::uint64_t prefix = 20 + random.below(bench::Stages::prefixes);
            const Ipv4 dst{static_cast<std::uint32_t>(prefix << 24 | random.below(1u << 24))};
            frames.push(stages.make_frame(dst, protocol_udp, 26));
          }
          stages.input().run(frames, stages.port_info(), Instant{}, tcp, transit);
        }
      },
      [&] {
        for (Transit& transit : transits) {
          stages.forward().run(transit, Instant{});
          stages.tx().flush();
        }
      });
  if (stages.counters().tx.get() != static_cast<std::uint64_t>(state.iterations()) * burst * bursts)
    state.SkipWithError("a packet was lost");
}
BENCHMARK(BM_ForwardAndSend)->Apply(bench::by_tsc);

}  // namespace
}  // namespace engine
