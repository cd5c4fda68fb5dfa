// Taking and giving back mbufs: one at a time as the engine's own packets are made, in bulk as drivers do, and references to
// bytes of another mbuf.
#include <rte_mbuf.h>

#include <array>
#include <benchmark/benchmark.h>
#include <cstring>

#include "bench/support/per_item.h"
#include "engine/burst.h"
#include "engine/mempool.h"

namespace engine {
namespace {

constexpr unsigned burst = 32, bursts = 64;

Mempool& pool() {
  static Mempool* const made = [] {
    Mempool::Options options;
    options.name = "mempool_bench";
    auto created = Mempool::create(options);
    CHECK(created.ok());
    return created->release();  // the EAL ends before static objects would
  }();
  return *made;
}

/// One by one, each freed by the end of its handle.
void BM_AllocateAndFreeOne(benchmark::State& state) {
  Mempool& mempool = pool();
  bench::run(state, burst * bursts, [&] {
    for (unsigned i = 0; i < burst * bursts; ++i) bench::keep(mempool.allocate().get());
  });
}

/// One by one, freed a burst at a time: what a sent segment costs.
void BM_AllocateOneFreeBurst(benchmark::State& state) {
  Mempool& mempool = pool();
  bench::run(state, burst * bursts, [&] {
    for (unsigned n = 0; n < bursts; ++n) {
      Burst packets;
      for (unsigned i = 0; i < burst; ++i) packets.push(mempool.allocate());
    }
  });
}

/// DPDK's bulk calls.
void BM_RteAllocateAndFreeBulk(benchmark::State& state) {
  Mempool& mempool = pool();
  bench::run(state, burst * bursts, [&] {
    for (unsigned n = 0; n < bursts; ++n) {
      std::array<rte_mbuf*, burst> mbufs;
      CHECK(rte_pktmbuf_alloc_bulk(mempool.packets(), mbufs.data(), burst) == 0);
      rte_pktmbuf_free_bulk(mbufs.data(), burst);
    }
  });
}

constexpr std::uint32_t text_bytes = 1448;

/// A slice over a full mbuf.
Slice full_slice() {
  Packet packet = pool().allocate();
  const char* at = rte_pktmbuf_append(packet.get(), text_bytes);
  return Slice::of_mbuf(std::move(packet).release(), std::as_bytes(std::span{at, text_bytes}));
}

/// An indirect mbuf over a slice and its end: what text costs that is sent by reference.
void BM_Refer(benchmark::State& state) {
  Mempool& mempool = pool();
  const Slice slice = full_slice();
  bench::run(state, burst * bursts, [&] {
    for (unsigned i = 0; i < burst * bursts; ++i) rte_pktmbuf_free(mempool.refer(slice.share(0, slice.size())));
  });
}

/// The copy that it gets instead when it is short. Argument: bytes.
void BM_CopyText(benchmark::State& state) {
  const Slice slice = full_slice();
  const auto n = static_cast<std::size_t>(state.range(0));
  Packet packet = pool().allocate();
  bench::run(state, burst * bursts, [&] {
    for (unsigned i = 0; i < burst * bursts; ++i) {
      std::memcpy(packet.data(), slice.bytes().data(), n);
      benchmark::ClobberMemory();
    }
  });
}

BENCHMARK(BM_AllocateAndFreeOne)->Apply(bench::by_tsc);
BENCHMARK(BM_AllocateOneFreeBurst)->Apply(bench::by_tsc);
BENCHMARK(BM_RteAllocateAndFreeBulk)->Apply(bench::by_tsc);
BENCHMARK(BM_Refer)->Apply(bench::by_tsc);
BENCHMARK(BM_CopyText)->Arg(203)->Arg(256)->Arg(1448)->Apply(bench::by_tsc);

}  // namespace
}  // namespace engine
