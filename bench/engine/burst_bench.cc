// How far ahead Burst::drain prefetches, and why. 65,536 packets in a random order, 16 MiB of lines that are touched. A stage
// checks the IPv4 header of each and then works on it for a while. Arguments: the distance, 0 for no prefetch; what is cold, 0
// nothing (all was just written, as when generator and engine share a core), 1 the packets' bytes, 2 those and the mbufs' own
// headers; the work, 1 for a stage of 50 cycles in all, 3 for one of 120.
//
// A packet that is not in the cache costs some 350 cycles. They are hidden once distance times work exceeds them: a light stage
// needs 8, a heavier one 4 to 6. What is hot loses nothing by a larger distance, so it is 8. Beyond it only mbufs gain whose
// headers are cold, and a driver has just written those.
#include <rte_mbuf.h>

#include <array>
#include <benchmark/benchmark.h>
#include <vector>

#include "bench/support/flows.h"
#include "bench/support/per_item.h"
#include "engine/burst.h"
#include "engine/ip_input.h"
#include "engine/mempool.h"

namespace engine {
namespace {

constexpr std::size_t pool_packets = 65'536, burst_packets = 32, bursts = 16;
enum class Cold { nothing, bytes, all };

class World {
 public:
  World() {
    Mempool::Options options;
    options.name = "burst_bench";
    options.limits.tcp_account_mbufs = pool_packets;
    pool_ = std::move(*Mempool::create(options));
    for (const std::uint32_t i : bench::make_order(pool_packets, 1)) packets_.push_back(make_packet(i));
    const auto order = bench::make_order(pool_packets, 2);  // the pool gives them in the order of memory
    std::vector<rte_mbuf*> shuffled;
    for (const std::uint32_t i : order) shuffled.push_back(packets_[i]);
    packets_.swap(shuffled);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World() { rte_pktmbuf_free_bulk(packets_.data(), static_cast<unsigned>(packets_.size())); }

  /// The next bursts of the pool, with what is not cold in the cache.
  void next(std::array<std::array<rte_mbuf*, burst_packets>, bursts>& out, Cold cold) {
    for (auto& burst : out) {
      if (at_ + burst_packets > packets_.size()) at_ = 0;
      std::copy_n(packets_.begin() + static_cast<std::ptrdiff_t>(at_), burst_packets, burst.begin());
      if (cold != Cold::nothing || at_ + bursts * burst_packets <= packets_.size()) at_ += burst_packets;
    }
    if (cold == Cold::nothing) at_ = 0;
    std::uint64_t read = 0;
    for (auto& burst : out)
      for (const rte_mbuf* m : burst) {
        if (cold != Cold::all) read += m->data_len;
        if (cold == Cold::nothing) read += *rte_pktmbuf_mtod(m, const std::uint8_t*);
      }
    bench::keep(read);
  }

 private:
  rte_mbuf* make_packet(std::uint32_t i) {
    Packet packet = pool_->allocate();
    auto* at = reinterpret_cast<std::byte*>(rte_pktmbuf_append(packet.get(), 46));
    Ipv4Header ip{0x45, 0, be16{46}, {}, {}, 64, protocol_udp, {}, be32{0x0a000001 + i}, be32{0x14000001}};
    ip.checksum = be16::from_raw(static_cast<std::uint16_t>(~inet_sum(std::as_bytes(std::span{&ip, 1}))));
    store(at, ip);
    return std::move(packet).release();
  }
  std::unique_ptr<Mempool> pool_;
  std::vector<rte_mbuf*> packets_;
  std::size_t at_ = 0;
};

World& world() {
  static auto* const w = new World;  // the EAL ends before static objects would
  return *w;
}

/// Returns: 0 if the header is valid.
std::uint64_t stage(Packet packet, std::int64_t work) noexcept {
  auto drop = static_cast<std::uint64_t>(check_ipv4(packet.first_segment(), packet.bytes(), false));
  std::uint64_t h = load<Ipv4Header>(packet.first_segment()).src.raw();
  for (std::int64_t i = 0; i < work; ++i) h = siphash({1, 2}, h, h);
  bench::keep(h);
  static_cast<void>(std::move(packet).release());  // the world's
  return drop;
}

/// Burst::drain with another distance.
template <typename F>
void drain(std::span<rte_mbuf* const> mbufs, std::size_t distance, F&& f) noexcept {
  for (std::size_t i = 0; i < std::min(mbufs.size(), distance); ++i) rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void*));
  for (std::size_t i = 0; i < mbufs.size(); ++i) {
    if (distance != 0 && i + distance < mbufs.size()) rte_prefetch0(rte_pktmbuf_mtod(mbufs[i + distance], void*));
    f(Packet{mbufs[i]});
  }
}

template <typename Drain>
void drain_bursts(benchmark::State& state, Cold cold, std::int64_t work, Drain&& drain_one) {
  World& w = world();
  std::array<std::array<rte_mbuf*, burst_packets>, bursts> batch;
  std::uint64_t sum = 0;
  bench::run(
      state, bursts * burst_packets, [&] { w.next(batch, cold); },
      [&] {
        for (const auto& mbufs : batch) drain_one(mbufs, [&](Packet packet) noexcept { sum += stage(std::move(packet), work); });
      });
  if (sum != 0) state.SkipWithError("a packet was not valid");
}

void BM_DrainAtDistance(benchmark::State& state) {
  const auto distance = static_cast<std::size_t>(state.range(0));
  drain_bursts(state, static_cast<Cold>(state.range(1)), state.range(2),
               [&](std::span<rte_mbuf* const> mbufs, auto&& f) noexcept { drain(mbufs, distance, f); });
}

/// The real one, with its own distance. Arguments: what is cold, and the work.
void BM_BurstDrain(benchmark::State& state) {
  Burst burst;
  drain_bursts(state, static_cast<Cold>(state.range(0)), state.range(1),
               [&](std::span<rte_mbuf* const> mbufs, auto&& f) noexcept {
                 burst.fill([&](rte_mbuf** to, std::uint16_t) noexcept {
                   std::copy(mbufs.begin(), mbufs.end(), to);
                   return static_cast<std::uint16_t>(mbufs.size());
                 });
                 burst.drain(f);
               });
}

BENCHMARK(BM_DrainAtDistance)->ArgsProduct({{0, 1, 2, 4, 6, 8, 12, 16}, {0, 1, 2}, {1, 3}})->Apply(bench::by_tsc);
BENCHMARK(BM_BurstDrain)->ArgsProduct({{0, 1, 2}, {1, 3}})->Apply(bench::by_tsc);

}  // namespace
}  // namespace engine
