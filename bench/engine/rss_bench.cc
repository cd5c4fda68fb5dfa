// The Toeplitz hash: twelve look-ups in 12 KiB of tables, against DPDK's bit-by-bit loop in software.
#include <rte_thash.h>

#include <array>
#include <benchmark/benchmark.h>
#include <vector>

#include "bench/support/flows.h"
#include "bench/support/per_item.h"
#include "engine/rss.h"
#include "engine/rss_key.h"

namespace engine {
namespace {

constexpr std::size_t flow_count = 4096;

void BM_Toeplitz(benchmark::State& state) {
  const auto flows = bench::make_flows({.count = flow_count});
  const Toeplitz toeplitz{make_rss_key(1)};
  bench::run(state, flow_count, [&] {
    for (const FourTuple& flow : flows) bench::keep(toeplitz.hash(flow));
  });
}

/// With the redirection table, as software steering does for every packet.
void BM_Owner(benchmark::State& state) {
  const auto flows = bench::make_flows({.count = flow_count});
  const Steering steering{make_rss_key(1), 512, 4};
  bench::run(state, flow_count, [&] {
    for (const FourTuple& flow : flows) bench::keep(steering.owner(flow));
  });
}

/// rte_softrss reads words in host order, rte_softrss_be a key prepared once.
void softrss(benchmark::State& state, bool prepared) {
  const auto flows = bench::make_flows({.count = flow_count});
  const RssKey key = make_rss_key(1);
  const Toeplitz ours{key};
  alignas(4) std::array<std::uint8_t, 40> key_be{};
  rte_convert_rss_key(reinterpret_cast<const std::uint32_t*>(key.data()), reinterpret_cast<std::uint32_t*>(key_be.data()), 40);
  std::vector<std::array<std::uint32_t, 3>> words;
  for (const FourTuple& f : flows)
    words.push_back({f.remote.host(), f.local.host(), std::uint32_t{f.remote_port.host()} << 16 | f.local_port.host()});
  const auto hash = [&](std::array<std::uint32_t, 3>& w) {
    return prepared ? rte_softrss_be(w.data(), 3, key_be.data()) : rte_softrss(w.data(), 3, key.data());
  };
  if (hash(words[7]) != ours.hash(flows[7])) return state.SkipWithError("other hashes than ours");
  bench::run(state, flow_count, [&] {
    for (auto& w : words) bench::keep(hash(w));
  });
}
void BM_RteSoftrss(benchmark::State& state) { softrss(state, false); }
void BM_RteSoftrssBe(benchmark::State& state) { softrss(state, true); }

BENCHMARK(BM_Toeplitz)->Apply(bench::by_tsc);
BENCHMARK(BM_Owner)->Apply(bench::by_tsc);
BENCHMARK(BM_RteSoftrss)->Apply(bench::by_tsc);
BENCHMARK(BM_RteSoftrssBe)->Apply(bench::by_tsc);

}  // namespace
}  // namespace engine
