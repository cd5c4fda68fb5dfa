// Cycles per response head of a server, from 512 mbufs' worth of memory.
#include <benchmark/benchmark.h>

#include "bench/http/messages.h"
#include "bench/support/per_item.h"
#include "http/response_parser.h"

namespace http {
namespace {

void BM_ResponseHead(benchmark::State& state) {
  const bench::Messages messages{bench::server_response};
  ResponseHead head;
  std::size_t failed = 0;
  bench::run(state, bench::Messages::count, [&] {
    for (std::size_t i = 0; i < bench::Messages::count; ++i) {
      ResponseParser parser;
      failed += parser.parse(messages[i], Method::get, head) == Parse::done ? 0 : 1;
      benchmark::ClobberMemory();
    }
  });
  if (failed != 0) state.SkipWithError("refused");
}
BENCHMARK(BM_ResponseHead)->Apply(bench::by_tsc);

}  // namespace
}  // namespace http
