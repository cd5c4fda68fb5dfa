// Request heads, RFC 9112 3 and 5: incremental over a buffer that grows, strict, without a copy.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/head_lines.h"
#include "http/message.h"
#include "http/reject.h"

namespace http {

/// Parses one request head. The caller owns the buffer, calls again with the same bytes and more behind them (the buffer may have
/// moved), and makes or resets a parser for the next head.
///
/// Lines end in CRLF and nothing else; each is judged when it is complete, the request line even before: bytes that can never
/// become one (TLS, a missing method, a target over its limit) are refused at once. Up to `empty_lines_max` empty lines before
/// the request line are skipped (2.2).
class RequestParser {
 public:
  static constexpr std::size_t empty_lines_max = 4;
  static constexpr std::size_t method_bytes_max = 32;  // the longest registered one has 17

  /// Requires: head_bytes <= head_bytes_max.
  struct Limits {
    std::uint32_t head_bytes = 16'384;   // up to and with the empty line
    std::uint32_t target_bytes = 8'192;  // RFC 9112 3 recommends 8,000 for the whole request line
  };

  RequestParser() noexcept : RequestParser{Limits{}} {}
  explicit RequestParser(Limits limits) noexcept : limits_{limits} { DCHECK(limits.head_bytes <= head_bytes_max); }

  /// Returns: done, and `out` holds views into `buffer` (or, for the path of a target without one, a literal); its head_bytes
  /// counts skipped empty lines too. need_more: never when `buffer` has limits.head_bytes already. After an error: that error
  /// again. `out` has no meaning unless done. Cost: one pass; a head that came in pieces is read once more when it is complete.
  [[nodiscard]] Parse parse(std::string_view buffer, RequestHead& out) noexcept;

  /// Reject::none unless parse returned error.
  [[nodiscard]] Reject error() const noexcept { return progress_.why; }
  /// Ready for the next head, at offset 0 of the next buffer.
  void reset() noexcept { progress_ = {}; }
  /// The least that the buffer must have in the next call: what earlier ones have looked at.
  [[nodiscard]] std::size_t seen() const noexcept { return progress_.seen(); }

 private:
  Parse read(std::string_view text, RequestHead& out) noexcept;
  Parse read_request_line(std::string_view text, RequestHead& out) noexcept;
  Parse fail(Reject why) noexcept;

  Limits limits_;
  HeadProgress progress_;
};
static_assert(sizeof(RequestParser) <= 16);

}  // namespace http
