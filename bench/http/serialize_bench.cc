// Cycles per head that we write, into mbufs' worth of memory: forwarded, or our own.
#include <array>
#include <benchmark/benchmark.h>
#include <vector>

#include "bench/http/messages.h"
#include "bench/support/per_item.h"
#include "http/request_parser.h"
#include "http/response_parser.h"
#include "http/serialize.h"

namespace http {
namespace {

constexpr std::size_t heads = 64;  // parsed ones; a head of ours is 4 KiB
using Out = std::array<char, 2048>;

/// Argument: 0 the reference request, 1 a browser's.
void BM_ForwardRequest(benchmark::State& state) {
  const bench::Messages messages{state.range(0) == 0 ? bench::small_request : bench::browser_request};
  std::vector<RequestHead> parsed(heads);
  for (std::size_t i = 0; i < heads; ++i) {
    RequestParser parser;
    if (parser.parse(messages[i], parsed[i]) != Parse::done) return state.SkipWithError("refused");
  }
  std::vector<Out> out(heads);
  std::size_t bytes = 0;
  bench::run(state, heads, [&] {
    for (std::size_t i = 0; i < heads; ++i) {
      const RequestHead& head = parsed[i];
      bytes += write_forwarded_request(out[i], head, {.path = head.path, .query = head.query, .client = "192.0.2.1"});
    }
    benchmark::ClobberMemory();
  });
  if (bytes == 0) state.SkipWithError("no room");
}

void BM_ForwardResponse(benchmark::State& state) {
  const bench::Messages messages{bench::server_response};
  std::vector<ResponseHead> parsed(heads);
  for (std::size_t i = 0; i < heads; ++i) {
    ResponseParser parser;
    if (parser.parse(messages[i], Method::get, parsed[i]) != Parse::done) return state.SkipWithError("refused");
  }
  std::vector<Out> out(heads);
  std::size_t bytes = 0;
  bench::run(state, heads, [&] {
    for (std::size_t i = 0; i < heads; ++i)
      bytes += write_forwarded_response(out[i], parsed[i], {.framing = parsed[i].framing, .date = bench::date});
    benchmark::ClobberMemory();
  });
  if (bytes == 0) state.SkipWithError("no room");
}

/// Head and body: refusals and redirects. Fixed answers are made once, not here.
void BM_OwnAnswer(benchmark::State& state) {
  std::vector<Out> out(heads);
  std::size_t bytes = 0;
  bench::run(state, heads, [&] {
    for (Out& o : out)
      bytes += write_own_answer(o, {.content_type = "text/plain", .date = bench::date}, "hello\n", Method::get).bytes;
    benchmark::ClobberMemory();
  });
  if (bytes == 0) state.SkipWithError("no room");
}

BENCHMARK(BM_ForwardRequest)->Arg(0)->Arg(1)->Apply(bench::by_tsc);
BENCHMARK(BM_ForwardResponse)->Apply(bench::by_tsc);
BENCHMARK(BM_OwnAnswer)->Apply(bench::by_tsc);

}  // namespace
}  // namespace http
