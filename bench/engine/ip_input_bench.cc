// The first stage of every received packet, and the check in it. Bursts of 32, made before each measurement.
#include <array>
#include <benchmark/benchmark.h>
#include <vector>

#include "bench/engine/stages.h"
#include "bench/support/per_item.h"
#include "engine/random.h"

namespace engine {
namespace {

constexpr std::size_t burst = 32, bursts = 32;

std::vector<Ipv4> transit_destinations() {
  Random random{1};
  std::vector<Ipv4> addresses;
  for (int i = 0; i < 4096; ++i)
    addresses.emplace_back(
        static_cast<std::uint32_t>((20 + random.below(bench::Stages::prefixes)) << 24 | random.below(1u << 24)));
  return addresses;
}

/// Fills every burst anew.
template <typename MakeFrame>
void fill(std::array<Burst, bursts>& frames, MakeFrame&& make) {
  for (Burst& b : frames) {
    b.clear();
    for (std::size_t i = 0; i < burst; ++i) b.push(make());
  }
}

/// To one of our addresses, TCP: what every HTTP packet goes through.
void BM_InputLocal(benchmark::State& state) {
  bench::Stages stages{"input_local"};
  std::array<Burst, bursts> frames;
  Burst tcp;
  Transit transit;
  std::size_t delivered = 0;
  const auto make = [&] { return stages.make_frame(bench::Stages::own, protocol_tcp, 160); };
  bench::run(
      state, burst * bursts, [&] { fill(frames, make); },
      [&] {
        for (Burst& b : frames) {
          stages.input().run(b, stages.port_info(), Instant{}, tcp, transit);
          delivered += tcp.size();
          tcp.clear();
        }
      });
  if (delivered != static_cast<std::size_t>(state.iterations()) * burst * bursts) state.SkipWithError("a packet was lost");
}

/// To 4096 addresses behind 16 routes.
void BM_InputTransit(benchmark::State& state) {
  bench::Stages stages{"input_transit"};
  std::array<Burst, bursts> frames;
  Burst tcp;
  Transit transit;
  const auto addresses = transit_destinations();
  std::size_t at = 0, passed = 0;
  const auto make = [&] { return stages.make_frame(addresses[at++ % addresses.size()], protocol_udp, 26); };
  bench::run(
      state, burst * bursts, [&] { fill(frames, make); },
      [&] {
        for (Burst& b : frames) {
          stages.input().run(b, stages.port_info(), Instant{}, tcp, transit);
          passed += transit.packets.size();
          transit.packets.clear();
        }
      });
  if (passed != static_cast<std::size_t>(state.iterations()) * burst * bursts) state.SkipWithError("a packet was lost");
}

/// RFC 1812 5.2.2 alone.
void BM_CheckIpv4(benchmark::State& state) {
  bench::Stages stages{"check_ipv4"};
  std::array<Burst, bursts> frames;
  fill(frames, [&] { return stages.make_frame(bench::Stages::own, protocol_tcp, 160); });
  std::size_t refused = 0;
  bench::run(state, burst * bursts, [&] {
    for (Burst& b : frames)
      for (const rte_mbuf* m : b.mbufs()) {
        const std::span bytes{rte_pktmbuf_mtod_offset(m, const std::byte*, sizeof(EthernetHeader)), std::size_t{180}};
        refused += check_ipv4(bytes, bytes.size(), false) == Drop::none ? 0 : 1;
      }
  });
  if (refused != 0) state.SkipWithError("a header was refused");
}

BENCHMARK(BM_CheckIpv4)->Apply(bench::by_tsc);
BENCHMARK(BM_InputLocal)->Apply(bench::by_tsc);
BENCHMARK(BM_InputTransit)->Apply(bench::by_tsc);

}  // namespace
}  // namespace engine
