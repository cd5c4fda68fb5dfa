// The hash of our tables, against the two that DPDK offers for its own.
#include <rte_hash_crc.h>
#include <rte_jhash.h>

#include <benchmark/benchmark.h>

#include "bench/support/flows.h"
#include "bench/support/per_item.h"
#include "engine/flow.h"

namespace engine {
namespace {

template <typename Hash>
void hash_all(benchmark::State& state, Hash&& hash) {
  const auto flows = bench::make_flows({});
  bench::run(state, flows.size(), [&] {
    for (const FourTuple& flow : flows) bench::keep(hash(flow));
  });
}

/// 64 bits, keyed: an attacker cannot aim at a bucket.
void BM_KeyedHash(benchmark::State& state) {
  const SipKey key{0x0123456789abcdef, 0xfedcba9876543210};
  hash_all(state, [&](const FourTuple& flow) { return keyed_hash(key, flow); });
}
/// What the ISN takes: twice for each connection.
void BM_SipHash(benchmark::State& state) {
  const SipKey key{0x0123456789abcdef, 0xfedcba9876543210};
  hash_all(state, [&](const FourTuple& flow) {
    return siphash(key, std::uint64_t{flow.remote.raw()} << 32 | flow.local.raw(), flow.remote_port.raw());
  });
}
/// 32 bits, linear: anybody can aim at a bucket.
void BM_RteHashCrc(benchmark::State& state) {
  hash_all(state, [](const FourTuple& flow) { return rte_hash_crc(&flow, sizeof flow, 0); });
}
/// 32 bits, a seed.
void BM_RteJhash(benchmark::State& state) {
  hash_all(state, [](const FourTuple& flow) { return rte_jhash(&flow, sizeof flow, 0x12345678); });
}
BENCHMARK(BM_KeyedHash)->Apply(bench::by_tsc);
BENCHMARK(BM_SipHash)->Apply(bench::by_tsc);
BENCHMARK(BM_RteHashCrc)->Apply(bench::by_tsc);
BENCHMARK(BM_RteJhash)->Apply(bench::by_tsc);

}  // namespace
}  // namespace engine
