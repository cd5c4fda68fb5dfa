// Where a message ends: the fields that decide about its body and its connection. RFC 9112 6 and 9.3.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/fields.h"
#include "http/message.h"
#include "http/reject.h"

namespace http {

/// What the fields of one head say about framing, host and connection, gathered in one pass over them.
struct FramingFields {
  std::uint8_t hosts = 0, content_lengths = 0, transfer_encodings = 0;  // field lines of each
  bool has_connection = false, has_expect = false;
  std::string_view host, content_length, transfer_encoding;  // of the last such line
};
[[nodiscard]] FramingFields framing_fields(const Fields& fields) noexcept;

/// The options of all Connection field lines.
struct ConnectionOptions {
  bool close = false, keep_alive = false;
};

/// More options than this in one message are refused: each of them is compared with each field name on forwarding.
inline constexpr std::size_t connection_options_max = 32;

/// Errors: Reject::bad_connection for a member that is no token, or for too many.
[[nodiscard]] Reject read_connection(const Fields& fields, ConnectionOptions& out) noexcept;

/// RFC 9112 9.3, without the wishes of this side.
[[nodiscard]] constexpr bool persists(Version version, ConnectionOptions options) noexcept {
  return !options.close && (version == Version::http_1_1 || options.keep_alive);
}

/// 1*DIGIT, at most 18 of them: no body is longer, and the number stays positive for a server that reads it as signed. Errors:
/// false.
[[nodiscard]] bool read_content_length(std::string_view value, std::uint64_t& out) noexcept;

/// Length of a request's body, RFC 9112 6.3 steps 3 to 8. Stricter than the RFC where it leaves a choice: equal repeated
/// Content-Length values are refused like different ones (a choice in step 5), and Transfer-Encoding with Content-Length is
/// refused instead of repaired (a choice in step 3): both are seen in attacks only.
[[nodiscard]] Reject request_framing(const Fields& fields, const FramingFields& facts, Version version, Framing& out) noexcept;

/// Length of a response's body, RFC 9112 6.3 steps 1 to 8. Errors: the detail, as for a request; the client is told 502.
/// Steps 3 and 5 are refused as above. A coding other than chunked is refused too (step 4 would read until close): it is
/// hop-by-hop, we never ask for it, and could not pass it on.
[[nodiscard]] Reject response_framing(const Fields& fields, const FramingFields& facts, Version version, std::uint16_t status,
                                      Method request_method, Framing& out) noexcept;

}  // namespace http
