// Response heads, RFC 9112 4 and 5, read in the light of the request: incremental, strict, without a copy.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/head_lines.h"
#include "http/message.h"
#include "http/reject.h"

namespace http {

/// Parses one response head; the buffer is handled as by RequestParser. No byte may precede the status line: on a connection
/// that we reuse, whatever is left over from the response before belongs to nobody.
class ResponseParser {
 public:
  static constexpr std::uint32_t head_bytes_default = 32'768;  // servers send more than clients: Set-Cookie, policies

  /// Requires: head_bytes <= head_bytes_max.
  explicit ResponseParser(std::uint32_t head_bytes = head_bytes_default) noexcept : head_bytes_{head_bytes} {
    DCHECK(head_bytes <= head_bytes_max);
  }

  /// `request_method`: of the request that this response answers; HEAD has no body (RFC 9112 6.3).
  /// Returns: as RequestParser::parse. Statuses outside 100 to 599 and 101 are errors: the first are invalid (RFC 9110 15), and
  /// no request that we send asks for another protocol.
  [[nodiscard]] Parse parse(std::string_view buffer, Method request_method, ResponseHead& out) noexcept;

  /// Reject::bad_response after an error, else Reject::none: what the client is told.
  [[nodiscard]] Reject error() const noexcept { return progress_.why == Reject::none ? Reject::none : Reject::bad_response; }
  /// Which rule the server broke, for counters and logs. Its status is meant for requests: never answer with it.
  [[nodiscard]] Reject detail() const noexcept { return progress_.why; }
  void reset() noexcept { progress_ = {}; }
  /// The least that the buffer must have in the next call: what earlier ones have looked at.
  [[nodiscard]] std::size_t seen() const noexcept { return progress_.seen(); }

 private:
  Parse read(std::string_view text, ResponseHead& out) noexcept;
  Parse read_status_line(std::string_view text, ResponseHead& out) noexcept;
  Parse fail(Reject why) noexcept;

  std::uint32_t head_bytes_;
  HeadProgress progress_;
};
static_assert(sizeof(ResponseParser) <= 16);

}  // namespace http
