// Chunked bodies: cycles per chunk. Argument: bytes in each.
#include <array>
#include <benchmark/benchmark.h>
#include <string>

#include "bench/support/per_item.h"
#include "http/body.h"

namespace http {
namespace {

constexpr std::size_t chunks = 64;

/// Read to its end, as when it is passed on by reference: data is not touched.
void BM_DecodeChunks(benchmark::State& state) {
  std::string body;
  std::array<char, chunk_head_bytes_max> head;
  const auto size = static_cast<std::size_t>(state.range(0));
  for (std::size_t i = 0; i < chunks; ++i) {
    body.append(head.data(), write_chunk_head(head, size));
    body.append(size, 'x');
    body += chunk_end;
  }
  body += last_chunk;
  std::uint64_t decoded = 0;
  bench::run(state, chunks, [&] {
    BodyReader reader{Framing{.kind = Framing::Kind::chunked}};
    std::string_view left = body;
    for (Step step; step.state == Step::State::more; left.remove_prefix(step.framing + step.data)) step = reader.next(left);
    decoded += reader.decoded_bytes();
  });
  if (decoded != static_cast<std::uint64_t>(state.iterations()) * chunks * size) state.SkipWithError("refused");
}

void BM_WriteChunkHead(benchmark::State& state) {
  std::array<std::array<char, chunk_head_bytes_max>, chunks> heads;
  const auto size = static_cast<std::uint64_t>(state.range(0));
  bench::run(state, chunks, [&] {
    for (auto& head : heads) bench::keep(write_chunk_head(head, size));
    benchmark::ClobberMemory();
  });
}

BENCHMARK(BM_DecodeChunks)->Arg(16)->Arg(1'460)->Arg(16'384)->Apply(bench::by_tsc);
BENCHMARK(BM_WriteChunkHead)->Arg(16)->Arg(1'460)->Arg(16'384)->Apply(bench::by_tsc);

}  // namespace
}  // namespace http
