// Cycles per request head, from 512 mbufs' worth of memory. Argument of the first: 0 the reference request of 130 bytes, 1 a
// browser's of 600.
#include <benchmark/benchmark.h>

#include "bench/http/messages.h"
#include "bench/support/per_item.h"
#include "http/request_parser.h"

namespace http {
namespace {

void BM_RequestHead(benchmark::State& state) {
  const bench::Messages messages{state.range(0) == 0 ? bench::small_request : bench::browser_request};
  RequestHead head;
  std::size_t failed = 0;
  bench::run(state, bench::Messages::count, [&] {
    for (std::size_t i = 0; i < bench::Messages::count; ++i) {
      RequestParser parser;
      failed += parser.parse(messages[i], head) == Parse::done ? 0 : 1;
      benchmark::ClobberMemory();
    }
  });
  if (failed != 0) state.SkipWithError("refused");
}

/// The browser's bytes in two pieces, as when a head crosses segments.
void BM_RequestHeadInTwoPieces(benchmark::State& state) {
  const bench::Messages messages{bench::browser_request};
  RequestHead head;
  std::size_t failed = 0;
  bench::run(state, bench::Messages::count, [&] {
    for (std::size_t i = 0; i < bench::Messages::count; ++i) {
      RequestParser parser;
      const std::string_view text = messages[i];
      failed += parser.parse(text.substr(0, text.size() / 2), head) == Parse::need_more ? 0 : 1;
      failed += parser.parse(text, head) == Parse::done ? 0 : 1;
      benchmark::ClobberMemory();
    }
  });
  if (failed != 0) state.SkipWithError("refused");
}

BENCHMARK(BM_RequestHead)->Arg(0)->Arg(1)->Apply(bench::by_tsc);
BENCHMARK(BM_RequestHeadInTwoPieces)->Apply(bench::by_tsc);

}  // namespace
}  // namespace http
