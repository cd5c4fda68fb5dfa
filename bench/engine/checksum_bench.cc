// The Internet checksum of what we send and receive, against rte_raw_cksum. Argument: bytes; 20 is an IPv4 header, 32 a TCP
// header with timestamps, 160 and 240 a request and a response, 1480 a full segment.
#include <rte_ip.h>

#include <benchmark/benchmark.h>
#include <vector>

#include "bench/support/flows.h"
#include "bench/support/per_item.h"
#include "engine/checksum.h"

namespace engine {
namespace {

constexpr std::size_t packets = 256, stride = 2432;  // as mbufs lie
constexpr std::size_t offset = 128 + 14;             // headroom and Ethernet: two bytes off a word, as always

/// Random bytes, and the packets in a random order.
struct Data {
  std::vector<std::byte> bytes = std::vector<std::byte>(packets * stride);
  std::vector<std::uint32_t> order = bench::make_order(packets, 2);
  Data() {
    Random random{1};
    for (std::byte& b : bytes) b = static_cast<std::byte>(random.next());
  }
  [[nodiscard]] std::span<const std::byte> packet(std::size_t i, std::size_t size) const {
    return {bytes.data() + i * stride + offset, size};
  }
};

void BM_InetSum(benchmark::State& state) {
  const Data data;
  const auto size = static_cast<std::size_t>(state.range(0));
  bench::run(state, packets, [&] {
    for (const std::uint32_t i : data.order) bench::keep(inet_sum(data.packet(i, size)));
  });
}

void BM_RteRawCksum(benchmark::State& state) {
  const Data data;
  const auto size = static_cast<std::size_t>(state.range(0));
  if (rte_raw_cksum(data.packet(3, size).data(), size) != inet_sum(data.packet(3, size)))
    return state.SkipWithError("other sums than ours");
  bench::run(state, packets, [&] {
    for (const std::uint32_t i : data.order) bench::keep(rte_raw_cksum(data.packet(i, size).data(), size));
  });
}

/// What forwarding does instead of a new sum: RFC 1624.
void BM_UpdateChecksum(benchmark::State& state) {
  Random random{1};
  std::vector<std::array<be16, 3>> fields(4096);
  for (auto& f : fields)
    for (be16& v : f) v = be16{static_cast<std::uint16_t>(random.next())};
  bench::run(state, fields.size(), [&] {
    for (const auto& f : fields) bench::keep(update_checksum(f[0], f[1], f[2]));
  });
}

void sizes(benchmark::internal::Benchmark* b) {
  for (const int size : {20, 32, 160, 240, 1480}) b->Arg(size);
  bench::by_tsc(b);
}
BENCHMARK(BM_InetSum)->Apply(sizes);
BENCHMARK(BM_RteRawCksum)->Apply(sizes);
BENCHMARK(BM_UpdateChecksum)->Apply(bench::by_tsc);

}  // namespace
}  // namespace engine
