// What one message costs in the text layer: parse, normalise, decode, write on. Every figure is for one core and warm caches.
#include <algorithm>
#include <array>
#include <benchmark/benchmark.h>
#include <string>
#include <string_view>

#include "http/body.h"
#include "http/request_parser.h"
#include "http/response_parser.h"
#include "http/serialize.h"
#include "http/target.h"

namespace http {
namespace {

// The reference request: Host, User-Agent, Accept, 130 bytes.
constexpr std::string_view small_request =
    "GET /index.html HTTP/1.1\r\n"
    "Host: www.example.com\r\n"
    "User-Agent: penstock-load/0.1 (x86_64; linux-gnu; rv:1)\r\n"
    "Accept: text/html\r\n\r\n";
static_assert(small_request.size() >= 125 && small_request.size() <= 135);

constexpr std::string_view browser_request =
    "GET /shop/articles/1234?color=blue&size=42&ref=start HTTP/1.1\r\n"
    "Host: www.example.com\r\n"
    "Connection: keep-alive\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Referer: https://www.example.com/shop/\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Accept-Language: de-DE,de;q=0.9,en;q=0.8\r\n"
    "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; consent=1\r\n"
    "Cache-Control: max-age=0\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "Sec-Fetch-Mode: navigate\r\n\r\n";
static_assert(browser_request.size() >= 580 && browser_request.size() <= 620);

constexpr std::string_view response =
    "HTTP/1.1 200 OK\r\n"
    "Server: nginx/1.22.1\r\n"
    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
    "Content-Type: text/html\r\n"
    "Content-Length: 615\r\n"
    "Last-Modified: Sat, 05 Nov 1994 08:49:37 GMT\r\n"
    "Connection: keep-alive\r\n"
    "ETag: \"6405e3ad-267\"\r\n"
    "Accept-Ranges: bytes\r\n\r\n";

void set_counters(benchmark::State& state, std::size_t bytes) {
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

void parse_request(benchmark::State& state, std::string_view text) {
  const std::string buffer{text};
  RequestHead head;
  for (auto _ : state) {
    const char* bytes = buffer.data();
    benchmark::DoNotOptimize(bytes);  // new bytes every time, as far as the compiler knows
    RequestParser parser;
    benchmark::DoNotOptimize(parser.parse({bytes, buffer.size()}, head));
    benchmark::ClobberMemory();
  }
  set_counters(state, text.size());
}

void BM_RequestHead130(benchmark::State& state) { parse_request(state, small_request); }
void BM_RequestHead600(benchmark::State& state) { parse_request(state, browser_request); }
BENCHMARK(BM_RequestHead130);
BENCHMARK(BM_RequestHead600);

/// The same bytes in two pieces, as when a head crosses segments.
void BM_RequestHead600InTwoPieces(benchmark::State& state) {
  const std::string buffer{browser_request};
  RequestHead head;
  for (auto _ : state) {
    const char* bytes = buffer.data();
    benchmark::DoNotOptimize(bytes);
    RequestParser parser;
    benchmark::DoNotOptimize(parser.parse({bytes, buffer.size() / 2}, head));
    benchmark::DoNotOptimize(parser.parse({bytes, buffer.size()}, head));
    benchmark::ClobberMemory();
  }
  set_counters(state, browser_request.size());
}
BENCHMARK(BM_RequestHead600InTwoPieces);

void BM_ResponseHead(benchmark::State& state) {
  const std::string buffer{response};
  ResponseHead head;
  for (auto _ : state) {
    const char* bytes = buffer.data();
    benchmark::DoNotOptimize(bytes);
    ResponseParser parser;
    benchmark::DoNotOptimize(parser.parse({bytes, buffer.size()}, Method::get, head));
    benchmark::ClobberMemory();
  }
  set_counters(state, response.size());
}
BENCHMARK(BM_ResponseHead);

/// Argument: bytes per chunk. 64 chunks a body.
void BM_ChunkedBody(benchmark::State& state) {
  std::string body;
  std::array<char, chunk_head_bytes_max> chunk_head;
  const auto size = static_cast<std::size_t>(state.range(0));
  for (int i = 0; i < 64; ++i) {
    body.append(chunk_head.data(), write_chunk_head(chunk_head, size));
    body.append(size, 'x');
    body += chunk_end;
  }
  body += last_chunk;
  for (auto _ : state) {
    BodyReader reader{Framing{.kind = Framing::Kind::chunked}};
    std::string_view left = body;
    benchmark::DoNotOptimize(left);
    for (Step step; step.state == Step::State::more; left.remove_prefix(step.framing + step.data)) step = reader.next(left);
    benchmark::DoNotOptimize(reader.decoded_bytes());
  }
  state.SetItemsProcessed(state.iterations() * 64);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(BM_ChunkedBody)->Arg(16)->Arg(1'460)->Arg(16'384);

void forward_request(benchmark::State& state, std::string_view text) {
  RequestParser parser;
  RequestHead head;
  if (parser.parse(text, head) != Parse::done) return state.SkipWithError("refused");
  std::array<char, 4'096> out;
  for (auto _ : state) {
    const ForwardedRequest how{.path = head.path, .query = head.query, .client = "192.0.2.1"};
    benchmark::DoNotOptimize(write_forwarded_request(out, head, how));
    benchmark::ClobberMemory();
  }
  set_counters(state, text.size());
}

void BM_ForwardRequest130(benchmark::State& state) { forward_request(state, small_request); }
void BM_ForwardRequest600(benchmark::State& state) { forward_request(state, browser_request); }
BENCHMARK(BM_ForwardRequest130);
BENCHMARK(BM_ForwardRequest600);

void BM_ForwardResponse(benchmark::State& state) {
  ResponseParser parser;
  ResponseHead head;
  if (parser.parse(response, Method::get, head) != Parse::done) return state.SkipWithError("refused");
  std::array<char, 4'096> out;
  for (auto _ : state) {
    const ForwardedResponse how{.framing = head.framing, .date = "Sun, 06 Nov 1994 08:49:37 GMT"};
    benchmark::DoNotOptimize(write_forwarded_response(out, head, how));
    benchmark::ClobberMemory();
  }
  set_counters(state, response.size());
}
BENCHMARK(BM_ForwardResponse);

void BM_OwnAnswer(benchmark::State& state) {
  std::array<char, 1'024> out;
  for (auto _ : state) {
    const OwnAnswer answer{.content_type = "text/plain", .date = "Sun, 06 Nov 1994 08:49:37 GMT"};
    benchmark::DoNotOptimize(write_own_answer(out, answer, "hello\n", Method::get));
    benchmark::ClobberMemory();
  }
  set_counters(state, 0);
}
BENCHMARK(BM_OwnAnswer);

void BM_NormalisePath(benchmark::State& state) {
  const std::string_view paths[] = {"/index.html", "/shop/articles/1234/photos/large/front.jpeg", "/a/../b/%7euser//c%2fd"};
  std::string path{paths[state.range(0)]};
  std::array<char, 256> buffer;
  for (auto _ : state) {
    benchmark::DoNotOptimize(path);
    benchmark::DoNotOptimize(normalise_path(path, buffer));
  }
  state.SetLabel(path);
}
BENCHMARK(BM_NormalisePath)->DenseRange(0, 2);

}  // namespace
}  // namespace http

BENCHMARK_MAIN();
