// Longest-prefix match: Fib, the rte_fib in it, and rte_lpm. First argument: the table, 0 for 16 routes of length 8 and 4096
// addresses, 1 for 60,000 of length 24 and a million addresses, 2 for 150,000 with the lengths of an Internet table and a million
// addresses. Addresses come in bursts of 32.
#include <rte_fib.h>
#include <rte_lpm.h>

#include <array>
#include <benchmark/benchmark.h>
#include <memory>
#include <vector>

#include "bench/support/flows.h"
#include "bench/support/per_item.h"
#include "engine/fib.h"

// 22.11's rte_vect.h declares it without extern "C".
int set_simd_bitwidth_max(std::uint16_t bits) asm("rte_vect_set_max_simd_bitwidth");

namespace engine {
namespace {

constexpr std::size_t burst = 32, per_iteration = 4096;
constexpr std::uint32_t capacity = 200'000;

struct Prefix {
  Cidr cidr;
  NextHopId hop;
};

/// Routes, and addresses of which each hits one of them.
struct Table {
  std::vector<Prefix> prefixes;
  std::vector<std::uint32_t> addresses;
};

/// As the Internet has them, roughly: of 20 prefixes 12 are of length 24, none is longer.
std::uint8_t internet_length(Random& random) {
  constexpr std::array<std::uint8_t, 20> lengths{24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 23, 23, 22, 22, 21, 20, 19, 16};
  return lengths[random.below(lengths.size())];
}

Table make_table(std::int64_t kind) {
  constexpr std::array<std::size_t, 3> routes{16, 60'000, 150'000};
  Random random{static_cast<std::uint64_t>(kind) + 1};
  Table table;
  for (std::size_t i = 0; i < routes[static_cast<std::size_t>(kind)]; ++i) {
    const std::uint8_t length = kind == 0 ? 8 : kind == 1 ? 24 : internet_length(random);
    const auto address = kind == 0 ? static_cast<std::uint32_t>(20 + i) << 24
                                   : static_cast<std::uint32_t>(0x01000000 + random.below(0xdf000000 - 0x01000000));  // unicast
    const Cidr any{Ipv4{address}, length};
    table.prefixes.push_back({{any.network(), length}, static_cast<NextHopId>(1 + i % 64)});
  }
  const std::size_t addresses = kind == 0 ? 4096 : 1u << 20;
  for (std::size_t i = 0; i < addresses; ++i) {
    const Cidr& p = table.prefixes[random.below(table.prefixes.size())].cidr;
    table.addresses.push_back(p.address.value | static_cast<std::uint32_t>(random.next() & (0xffffffffu >> p.length)));
  }
  return table;
}

/// Calls look_up(32 addresses) for the table's addresses in turn.
template <typename LookUp>
void look_up_all(benchmark::State& state, Table& table, LookUp&& look_up) {
  std::size_t at = 0;
  bench::run(state, per_iteration, [&] {
    for (std::size_t n = 0; n < per_iteration; n += burst) {
      look_up(table.addresses.data() + at);
      at = at + burst == table.addresses.size() ? 0 : at + burst;
    }
  });
}

void BM_Fib(benchmark::State& state) {
  Table table = make_table(state.range(0));
  const auto fib = std::move(*Fib::create("fib_bench", Fib::Kind::dir24_8, capacity));
  for (const Prefix& p : table.prefixes) CHECK(fib->add(p.cidr, p.hop).ok());
  std::array<std::uint64_t, burst> hops;
  look_up_all(state, table, [&](std::uint32_t* addresses) {
    fib->lookup_bulk({addresses, burst}, hops);
    bench::keep(hops);
  });
}

/// One at a time: the way back to a client, asked for each connection and each packet to us.
void BM_FibOne(benchmark::State& state) {
  Table table = make_table(state.range(0));
  const auto fib = std::move(*Fib::create("fib_bench", Fib::Kind::dir24_8, capacity));
  for (const Prefix& p : table.prefixes) CHECK(fib->add(p.cidr, p.hop).ok());
  look_up_all(state, table, [&](const std::uint32_t* addresses) {
    for (std::size_t i = 0; i < burst; ++i) bench::keep(fib->lookup(Ipv4{addresses[i]}));
  });
}

/// `next_hop_bytes`: 4 as ours, 2 as rte_lpm's memory would compare. `vector`: DPDK's code for AVX-512.
void rte_fib_bench(benchmark::State& state, rte_fib_dir24_8_nh_sz next_hop, bool vector) {
  Table table = make_table(state.range(0));
  rte_fib_conf conf{};
  conf.type = RTE_FIB_DIR24_8;
  conf.max_routes = static_cast<int>(capacity);
  conf.dir24_8.nh_sz = next_hop;
  conf.dir24_8.num_tbl8 = 1024;
  if (vector) set_simd_bitwidth_max(512);
  const std::unique_ptr<rte_fib, void (*)(rte_fib*)> fib{rte_fib_create("rte_fib_bench", -1, &conf), &rte_fib_free};
  const bool selected = fib && rte_fib_select_lookup(fib.get(), vector ? RTE_FIB_LOOKUP_DIR24_8_VECTOR_AVX512
                                                                       : RTE_FIB_LOOKUP_DIR24_8_SCALAR_INLINE) == 0;
  if (vector) set_simd_bitwidth_max(256);
  if (!selected) return state.SkipWithError("this CPU cannot");
  for (const Prefix& p : table.prefixes) rte_fib_add(fib.get(), p.cidr.address.value, p.cidr.length, p.hop);
  std::array<std::uint64_t, burst> hops;
  look_up_all(state, table, [&](std::uint32_t* addresses) {
    rte_fib_lookup_bulk(fib.get(), addresses, hops.data(), burst);
    bench::keep(hops);
  });
}
void BM_RteFib(benchmark::State& state) { rte_fib_bench(state, RTE_FIB_DIR24_8_4B, false); }
void BM_RteFib2Bytes(benchmark::State& state) { rte_fib_bench(state, RTE_FIB_DIR24_8_2B, false); }
void BM_RteFibAvx512(benchmark::State& state) { rte_fib_bench(state, RTE_FIB_DIR24_8_4B, true); }

std::unique_ptr<rte_lpm, void (*)(rte_lpm*)> make_lpm(const Table& table) {
  rte_lpm_config config{};
  config.max_rules = capacity;
  config.number_tbl8s = 1024;
  std::unique_ptr<rte_lpm, void (*)(rte_lpm*)> lpm{rte_lpm_create("lpm_bench", -1, &config), &rte_lpm_free};
  CHECK(lpm != nullptr);
  for (const Prefix& p : table.prefixes) rte_lpm_add(lpm.get(), p.cidr.address.value, p.cidr.length, p.hop);
  return lpm;
}

void BM_RteLpmBulk(benchmark::State& state) {
  Table table = make_table(state.range(0));
  const auto lpm = make_lpm(table);
  std::array<std::uint32_t, burst> hops;
  look_up_all(state, table, [&](const std::uint32_t* addresses) {
    rte_lpm_lookup_bulk(lpm.get(), addresses, hops.data(), burst);
    bench::keep(hops);
  });
}

void BM_RteLpmX4(benchmark::State& state) {
  Table table = make_table(state.range(0));
  const auto lpm = make_lpm(table);
  std::array<std::uint32_t, burst> hops;
  look_up_all(state, table, [&](const std::uint32_t* addresses) {
    for (std::size_t i = 0; i < burst; i += 4)
      rte_lpm_lookupx4(lpm.get(), _mm_loadu_si128(reinterpret_cast<const __m128i*>(addresses + i)), hops.data() + i, 0);
    bench::keep(hops);
  });
}

void tables(benchmark::internal::Benchmark* b) { bench::by_tsc(b->DenseRange(0, 2)); }
BENCHMARK(BM_Fib)->Apply(tables);
BENCHMARK(BM_FibOne)->Apply(tables);
BENCHMARK(BM_RteFib)->Apply(tables);
BENCHMARK(BM_RteFib2Bytes)->Apply(tables);
BENCHMARK(BM_RteFibAvx512)->Apply(tables);
BENCHMARK(BM_RteLpmBulk)->Apply(tables);
BENCHMARK(BM_RteLpmX4)->Apply(tables);

}  // namespace
}  // namespace engine
