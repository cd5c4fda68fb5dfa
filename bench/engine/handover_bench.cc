// The way from one shard to another, both ends on this core: what pushing and popping costs without the latency between cores.
// The ring's bulk calls are the peer.
#include <rte_ring.h>

#include <array>
#include <benchmark/benchmark.h>

#include "bench/support/per_item.h"
#include "engine/handover.h"
#include "engine/mempool.h"

namespace engine {
namespace {

constexpr unsigned burst = 32, bursts = 64;
constexpr std::uint32_t slots = 1024;

/// A burst of packets that are never freed on the way.
struct World {
  std::unique_ptr<Mempool> mempool;
  Burst packets;
  World() {
    Mempool::Options options;
    options.name = "handover_bench";
    mempool = std::move(*Mempool::create(options));
    for (unsigned i = 0; i < burst; ++i) packets.push(mempool->allocate());
  }
};

/// As Shard::steer pushes and Shard::receive_handed_over pops. Argument: shards, each of which is asked for packets.
void BM_Handover(benchmark::State& state) {
  World world;
  const auto handover = std::move(*Handover::create("handover_bench", static_cast<std::uint16_t>(state.range(0)), slots));
  bench::run(state, burst * bursts, [&] {
    for (unsigned n = 0; n < bursts; ++n) {
      world.packets.filter([&](Packet& packet) noexcept {
        static_cast<void>(handover->try_push(ShardId{1}, ShardId{0}, Handover::Kind::received, packet));
      });
      handover->pop(ShardId{0}, Handover::Kind::received, world.packets);
    }
  });
  if (world.packets.size() != burst) state.SkipWithError("a packet was lost");
}

void BM_RteRingBulk(benchmark::State& state) {
  World world;
  rte_ring* ring = rte_ring_create("ring_bench", slots, -1, RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
  std::array<void*, burst> mbufs{};
  for (unsigned i = 0; i < burst; ++i) mbufs[i] = world.packets.mbufs()[i];
  bench::run(state, burst * bursts, [&] {
    for (unsigned n = 0; n < bursts; ++n) {
      rte_ring_sp_enqueue_bulk(ring, mbufs.data(), burst, nullptr);
      rte_ring_sc_dequeue_bulk(ring, mbufs.data(), burst, nullptr);
    }
  });
  rte_ring_free(ring);
}

/// What a turn pays for looking when nobody sent anything. Argument: shards.
void BM_HandoverEmpty(benchmark::State& state) {
  const auto handover = std::move(*Handover::create("handover_bench", static_cast<std::uint16_t>(state.range(0)), slots));
  Burst none;
  bench::run(state, bursts, [&] {
    for (unsigned n = 0; n < bursts; ++n) handover->pop(ShardId{0}, Handover::Kind::received, none);
  });
}

BENCHMARK(BM_Handover)->Arg(2)->Arg(8)->Apply(bench::by_tsc);
BENCHMARK(BM_RteRingBulk)->Apply(bench::by_tsc);
BENCHMARK(BM_HandoverEmpty)->Arg(2)->Arg(8)->Arg(16)->Apply(bench::by_tsc);

}  // namespace
}  // namespace engine
