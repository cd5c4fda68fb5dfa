// Heads that we send: forwarded requests and responses, and answers of our own. RFC 9110 7.6, RFC 9112.
// All of them write into the caller's memory, allocate nothing, and return 0 bytes when it is too small.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "http/fields.h"
#include "http/message.h"

namespace http {

/// Field lines that the config adds, replaces or removes. Requires: names that may_be_edited, values that is_field_value.
struct FieldEdits {
  std::span<const Field> set;  // instead of all received lines of that name
  std::span<const std::string_view> remove;
};
/// False for the fields that describe a connection or frame a message: those are ours to write.
[[nodiscard]] bool may_be_edited(std::string_view name) noexcept;

/// X-Forwarded-For, -Proto and -Host.
enum class ForwardedMode : std::uint8_t {
  append,   // the peer is trusted: what it says about earlier hops stays, the client is added
  replace,  // whatever the peer says is removed, Forwarded (RFC 7239) too
  off,      // passed on as received, nothing added
};

struct ForwardedRequest {
  std::string_view path;          // normalised and rewritten, "*" for asterisk-form; never empty
  std::string_view query;         // with "?", or empty
  std::string_view default_host;  // Host for an HTTP/1.0 request that names none: the server's address
  std::string_view client;        // its address as text
  std::string_view scheme = "http";
  ForwardedMode forwarded = ForwardedMode::replace;
  bool forward_expect = false;  // let the server decide about 100-continue; false: we answer it
  FieldEdits edits{};
};

/// The request as the server gets it: HTTP/1.1 on a connection that stays open (9.3: nothing to say), target in origin-form or
/// "*". One Host: of the edits, the absolute-form target, the Host field, or default_host. Framing is written anew from
/// head.framing in one form, whatever Connection nominates. Via is appended with the received version, Max-Forwards of TRACE and
/// OPTIONS lowered by one (7.6.2; 0 is not ours to forward).
/// Removed are the fields of RFC 9110 7.6.1 and those that Connection nominates, Trailer (we discard trailers), Expect, and
/// aliases in "_" of framing and X-Forwarded fields, which CGI-like servers would take for them.
/// Requires: head.framing is not until_close, at most connection_options_max options (RequestParser refuses more).
[[nodiscard]] std::size_t write_forwarded_request(std::span<char> out, const RequestHead& head,
                                                  const ForwardedRequest& how) noexcept;

/// Must this TRACE or OPTIONS be answered here instead of forwarded? RFC 9110 7.6.2: Max-Forwards is 0.
[[nodiscard]] bool is_final_recipient(const RequestHead& head) noexcept;

struct ForwardedResponse {
  Version client_version = Version::http_1_1;
  bool keep_alive = true;  // another request may come on the client's connection
  Framing framing;         // towards the client
  std::string_view date;   // for a response without Date
  FieldEdits edits{};
};

/// The response as the client gets it. Removed and added like in requests; Date is added when missing, Connection says what an
/// HTTP/1.0 or 1.1 client needs to know (RFC 9112 9.3). With Framing::Kind::none the server's Content-Length stays if the status
/// can have one: it describes what GET would get (HEAD) or has (304). Interim responses get neither Date nor Connection.
/// Requires: neither chunked framing nor an interim response for an HTTP/1.0 client.
[[nodiscard]] std::size_t write_forwarded_response(std::span<char> out, const ResponseHead& head,
                                                   const ForwardedResponse& how) noexcept;

struct OwnAnswer {
  std::uint16_t status = 200;
  std::string_view content_type;     // empty: no such field
  std::uint64_t content_length = 0;  // not written for a status that has no content
  std::string_view date;             // date_bytes long
  Version client_version = Version::http_1_1;
  bool keep_alive = true;
  std::span<const Field> fields;  // Location, Retry-After, ...
};
/// `date_offset`: where the date stands, so that a head made once can be sent again at another time.
struct OwnHead {
  std::size_t bytes = 0;
  std::size_t date_offset = 0;
};

/// The head of a final answer of our own. It differs by client_version and keep_alive in the Connection line only: three forms
/// cover all clients (keep-alive 1.1, keep-alive 1.0, close).
[[nodiscard]] OwnHead write_own_head(std::span<char> out, const OwnAnswer& answer) noexcept;
/// Head and body in one piece, answer.content_length is taken from `body`. A request with HEAD gets the head alone.
[[nodiscard]] OwnHead write_own_answer(std::span<char> out, OwnAnswer answer, std::string_view body,
                                       Method request_method) noexcept;
/// Requires: offset of an OwnHead that lies in `head`, a date of date_bytes.
void patch_date(std::span<char> head, std::size_t date_offset, std::string_view date) noexcept;

/// The interim answer to Expect: 100-continue.
inline constexpr std::string_view continue_head = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace http
