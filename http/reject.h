// Every reason why we refuse a message or answer a request by ourselves: one enum, one table. The counter
// penstock_http_rejected_total{reason} carries the names.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace http {

enum class Reject : std::uint8_t {
  none,
  malformed_request_line,
  method_too_long,
  connect_refused,
  bad_version,
  bad_target,
  target_too_long,
  nul_byte,
  control_byte,
  non_ascii_byte,
  bare_cr,
  bare_lf,
  obs_fold,
  space_before_colon,
  bad_field_line,
  head_too_large,
  too_many_fields,
  no_host,
  several_hosts,
  bad_host,
  bad_content_length,
  conflicting_content_length,
  content_length_with_transfer_encoding,
  transfer_encoding_in_1_0,
  bad_transfer_encoding,
  unknown_transfer_encoding,
  bad_connection,
  expectation_failed,
  bad_chunk,
  body_too_large,
  header_timeout,
  body_timeout,
  unmatched,
  trace_refused,
  server_failed,
  bad_response,
  no_server,
  connect_failed,
  out_of_buffers,
  connect_timeout,
  server_timeout,
  count_
};

/// Where the next request on this connection begins, after the answer.
enum class After : std::uint8_t {
  keep,   // known once the body is read: the connection may stay open
  close,  // unknown, or not worth reading up to: `Connection: close`, then close (RFC 9112 9.6)
};

/// `status`: what the client is told; 0 for Reject::none.
struct RejectInfo {
  Reject id;
  std::uint16_t status;
  After after;
  std::string_view name, help;
};

inline constexpr auto reject_info = std::to_array<RejectInfo>({
    {Reject::none, 0, After::keep, "none", "not refused"},
    {Reject::malformed_request_line, 400, After::close, "malformed_request_line", "not method SP target SP version (RFC 9112 3)"},
    {Reject::method_too_long, 501, After::close, "method_too_long", "method longer than any that exists (RFC 9112 3)"},
    {Reject::connect_refused, 501, After::close, "connect_refused", "CONNECT: we are no tunnel (RFC 9110 9.3.6)"},
    {Reject::bad_version, 505, After::close, "bad_version", "neither HTTP/1.0 nor HTTP/1.1 (RFC 9110 2.5)"},
    {Reject::bad_target, 400, After::close, "bad_target",
     "target with bytes, a form or percent-encoding that no URI has (RFC 9112 3.2)"},
    {Reject::target_too_long, 414, After::close, "target_too_long", "request-target over the limit (RFC 9110 15.5.15)"},
    {Reject::nul_byte, 400, After::close, "nul_byte", "NUL in a head (RFC 9110 5.5)"},
    {Reject::control_byte, 400, After::close, "control_byte", "control character in a head (RFC 9110 5.5)"},
    {Reject::non_ascii_byte, 400, After::close, "non_ascii_byte", "byte from 0x80 on in a request line (RFC 3986 2)"},
    {Reject::bare_cr, 400, After::close, "bare_cr", "CR without LF (RFC 9112 2.2)"},
    {Reject::bare_lf, 400, After::close, "bare_lf", "LF without CR (RFC 9112 2.2)"},
    {Reject::obs_fold, 400, After::close, "obs_fold", "field line that starts with whitespace (RFC 9112 2.2, 5.2)"},
    {Reject::space_before_colon, 400, After::close, "space_before_colon",
     "whitespace between field name and colon (RFC 9112 5.1)"},
    {Reject::bad_field_line, 400, After::close, "bad_field_line", "field line without a valid name and colon (RFC 9112 5)"},
    {Reject::head_too_large, 431, After::close, "head_too_large", "head over the limit (RFC 6585 5)"},
    {Reject::too_many_fields, 431, After::close, "too_many_fields", "more field lines than we keep (RFC 6585 5)"},
    {Reject::no_host, 400, After::close, "no_host", "HTTP/1.1 request without Host (RFC 9112 3.2)"},
    {Reject::several_hosts, 400, After::close, "several_hosts", "more than one Host field line (RFC 9112 3.2)"},
    {Reject::bad_host, 400, After::close, "bad_host", "Host or authority that is no host with an optional port (RFC 9112 3.2)"},
    {Reject::bad_content_length, 400, After::close, "bad_content_length",
     "Content-Length that is not one decimal number (RFC 9112 6.3)"},
    {Reject::conflicting_content_length, 400, After::close, "conflicting_content_length",
     "more than one Content-Length field line (RFC 9112 6.3)"},
    {Reject::content_length_with_transfer_encoding, 400, After::close, "content_length_with_transfer_encoding",
     "Content-Length and Transfer-Encoding in one message (RFC 9112 6.1)"},
    {Reject::transfer_encoding_in_1_0, 400, After::close, "transfer_encoding_in_1_0",
     "Transfer-Encoding in HTTP/1.0 (RFC 9112 6.1)"},
    {Reject::bad_transfer_encoding, 400, After::close, "bad_transfer_encoding",
     "Transfer-Encoding whose last coding is not chunked, or chunked twice (RFC 9112 6.3)"},
    {Reject::unknown_transfer_encoding, 501, After::close, "unknown_transfer_encoding",
     "transfer coding other than chunked before a final chunked (RFC 9112 6.1)"},
    {Reject::bad_connection, 400, After::close, "bad_connection",
     "Connection that is no list of tokens, or a very long one (RFC 9110 7.6.1)"},
    {Reject::expectation_failed, 417, After::close, "expectation_failed", "Expect other than 100-continue (RFC 9110 10.1.1)"},
    {Reject::bad_chunk, 400, After::close, "bad_chunk", "chunked body that breaks its grammar or bounds (RFC 9112 7.1)"},
    {Reject::body_too_large, 413, After::close, "body_too_large", "body over the limit (RFC 9110 15.5.14)"},
    {Reject::header_timeout, 408, After::close, "header_timeout", "head not complete in time (RFC 9110 15.5.9)"},
    {Reject::body_timeout, 408, After::close, "body_timeout", "body stopped arriving (RFC 9110 15.5.9)"},
    {Reject::unmatched, 404, After::keep, "no_rule", "no rule matches"},
    {Reject::trace_refused, 405, After::keep, "trace_refused",
     "TRACE that ends here, by its Max-Forwards: we do not send requests back (RFC 9110 9.3.8)"},
    {Reject::server_failed, 502, After::keep, "server_failed",
     "server refused, reset or closed the connection before it answered"},
    {Reject::bad_response, 502, After::keep, "bad_response",
     "server's response is malformed or ambiguously framed (RFC 9112 6.3)"},
    {Reject::no_server, 503, After::keep, "no_server", "pool without servers"},
    {Reject::connect_failed, 503, After::keep, "connect_failed", "no route to any server of the pool, or no source port left"},
    {Reject::out_of_buffers, 503, After::close, "out_of_buffers", "no memory left for this request"},
    {Reject::connect_timeout, 504, After::keep, "connect_timeout", "server did not accept the connection in time"},
    {Reject::server_timeout, 504, After::keep, "server_timeout", "server did not answer in time"},
});

namespace detail {
constexpr bool is_indexed_by_id() noexcept {
  for (std::size_t i = 0; i < reject_info.size(); ++i)
    if (static_cast<std::size_t>(reject_info[i].id) != i) return false;
  return true;
}
}  // namespace detail
static_assert(reject_info.size() == static_cast<std::size_t>(Reject::count_) && detail::is_indexed_by_id());

[[nodiscard]] constexpr const RejectInfo& info(Reject why) noexcept { return reject_info[static_cast<std::size_t>(why)]; }

}  // namespace http
