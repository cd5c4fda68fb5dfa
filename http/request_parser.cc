#include "http/request_parser.h"

#include <algorithm>

#include "http/authority.h"
#include "http/fields.h"
#include "http/framing.h"

namespace http {
namespace {

constexpr std::string_view version_pattern = "HTTP/d.d";  // RFC 9112 2.3: case-sensitive

struct RequestLine {
  std::string_view method, target, version;
};

constexpr bool could_become_version(std::string_view text) noexcept {
  if (text.size() > version_pattern.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (version_pattern[i] == 'd' ? !is_digit(text[i]) : text[i] != version_pattern[i]) return false;
  return true;
}

/// Splits what is there of a request line and says whether it can still become one. An error never turns into another one when
/// more bytes follow. Requires: only SP and VCHAR in [begin, end).
Reject split_request_line(std::string_view text, std::size_t begin, std::size_t end, std::size_t target_bytes,
                          RequestLine& out) noexcept {
  const std::size_t method_end = std::min(find_not<CharClass::token>(text, begin), end);
  if (method_end - begin > RequestParser::method_bytes_max) return Reject::method_too_long;
  out.method = text.substr(begin, method_end - begin);
  if (method_end == end) return Reject::none;
  if (text[method_end] != ' ' || method_end == begin) return Reject::malformed_request_line;

  const std::size_t target = method_end + 1;
  const std::size_t target_end = std::min(text.substr(0, end).find(' ', target), end);
  out.target = text.substr(target, target_end - target);
  if (out.target.size() > target_bytes) return Reject::target_too_long;
  if (target_end == end) return Reject::none;
  out.version = text.substr(target_end + 1, end - target_end - 1);
  return out.target.empty() || !could_become_version(out.version) ? Reject::malformed_request_line : Reject::none;
}

/// Path and query of [at, end). RFC 9112 3.2.1. A "#" is in neither set: a target has no fragment.
Reject split_origin(std::string_view text, std::size_t at, std::size_t end, RequestHead& out) noexcept {
  std::size_t path_end = find_not<CharClass::path>(text, at);
  std::size_t query_end = path_end;
  if (text[path_end] == '?') query_end = find_not<CharClass::query>(text, path_end);
  if (query_end != end) return Reject::bad_target;
  out.path = text.substr(at, path_end - at);
  out.query = text.substr(path_end, query_end - path_end);
  return Reject::none;
}

/// RFC 9112 3.2.2. Only "http": a request for an https resource on a connection without TLS MUST be refused (RFC 9110 7.4).
Reject split_absolute(std::string_view text, std::size_t at, std::size_t end, RequestHead& out) noexcept {
  constexpr std::string_view scheme = "http://";
  if (end - at < scheme.size() || !equal_folded(text.substr(at, scheme.size()), scheme)) return Reject::bad_target;
  at += scheme.size();
  const std::size_t authority_end = std::min(text.substr(0, end).find_first_of("/?", at), end);
  const auto authority = parse_authority(text.substr(at, authority_end - at));
  if (!authority || authority->host.empty()) return Reject::bad_host;  // RFC 9110 4.2.1: an empty host is invalid
  out.host = authority->host;
  out.host_port = authority->port;
  out.has_host = true;
  if (authority_end == end || text[authority_end] == '?') {
    if (const Reject why = split_origin(text, authority_end, end, out); why != Reject::none) return why;
    out.path = out.method == Method::options && out.query.empty() ? "*" : "/";  // 3.2.4 and RFC 9110 4.2.3
    return Reject::none;
  }
  return split_origin(text, authority_end, end, out);
}

/// RFC 9112 3.2. Requires: a space behind `target`, which is in `text`.
Reject read_target(std::string_view text, std::string_view target, RequestHead& out) noexcept {
  out.target = target;
  out.has_host = false;
  const std::size_t at = static_cast<std::size_t>(target.data() - text.data());
  if (target.front() == '/') [[likely]]
    return split_origin(text, at, at + target.size(), out);
  if (target == "*") {
    out.path = target;
    out.query = {};
    return out.method == Method::options ? Reject::none : Reject::bad_target;  // 3.2.4
  }
  return split_absolute(text, at, at + target.size(), out);
}

/// RFC 9112 3.2: exactly one valid Host in HTTP/1.1, at most one in HTTP/1.0; the authority of an absolute-form target wins.
Reject read_host(const FramingFields& facts, RequestHead& out) noexcept {
  if (facts.hosts == 0) {
    if (out.version == Version::http_1_1) return Reject::no_host;
    if (!out.has_host) out.host = out.host_port = {};
    return Reject::none;
  }
  if (facts.hosts > 1) return Reject::several_hosts;
  const auto authority = parse_authority(facts.host);
  if (!authority) return Reject::bad_host;
  if (out.has_host) return Reject::none;
  out.has_host = true;
  out.host = authority->host;
  out.host_port = authority->port;
  return Reject::none;
}

/// RFC 9110 10.1.1. An HTTP/1.0 client does not know expectations: MUST be ignored.
Reject read_expect(RequestHead& out) noexcept {
  if (out.version == Version::http_1_0) return Reject::none;
  const bool known = for_each_member(out.fields, FieldId::expect, [&out](std::string_view member) noexcept {
    out.expect_continue = equal_folded(member, "100-continue");
    return out.expect_continue;
  });
  return known ? Reject::none : Reject::expectation_failed;
}

/// What only the whole head can tell.
Reject read_semantics(RequestHead& out) noexcept {
  const FramingFields facts = framing_fields(out.fields);
  if (const Reject why = read_host(facts, out); why != Reject::none) return why;
  if (const Reject why = request_framing(out.fields, facts, out.version, out.framing); why != Reject::none) return why;
  ConnectionOptions options;
  if (facts.has_connection)
    if (const Reject why = read_connection(out.fields, options); why != Reject::none) return why;
  out.keep_alive = persists(out.version, options);
  out.expect_continue = false;
  return facts.has_expect ? read_expect(out) : Reject::none;
}

}  // namespace

Parse RequestParser::fail(Reject why) noexcept {
  progress_.why = why;
  return Parse::error;
}

Parse RequestParser::parse(std::string_view buffer, RequestHead& out) noexcept {
  if (progress_.why != Reject::none) return Parse::error;
  const std::string_view text = buffer.substr(0, limits_.head_bytes);
  DCHECK(text.size() >= progress_.seen());
  const bool resumed = progress_.lines != 0;
  Parse result = read(text, out);
  if (result == Parse::done && resumed) {  // views of the earlier lines may point into a buffer that is gone
    progress_ = {};
    result = read(text, out);
  }
  if (result == Parse::need_more && buffer.size() >= limits_.head_bytes) return fail(Reject::head_too_large);
  if (result != Parse::done) return result;
  out.head_bytes = progress_.line_start;
  const Reject why = read_semantics(out);
  return why == Reject::none ? Parse::done : fail(why);
}

Parse RequestParser::read(std::string_view text, RequestHead& out) noexcept {
  out.fields.clear();
  if (progress_.lines == 0)
    if (const Parse line = read_request_line(text, out); line != Parse::done) return line;
  return read_field_lines(text, progress_, out.fields);
}

Parse RequestParser::read_request_line(std::string_view text, RequestHead& out) noexcept {
  for (;;) {
    const std::size_t begin = progress_.line_start;
    const std::size_t end = find_not<CharClass::line>(text, std::max<std::size_t>(begin, progress_.scanned));
    RequestLine line;
    if (const Reject why = split_request_line(text, begin, end, limits_.target_bytes, line); why != Reject::none)
      return fail(why);
    Reject why = Reject::none;
    if (const Parse state = judge_line_end(text, end, why); state != Parse::done) {
      progress_.scanned = static_cast<std::uint32_t>(end) & head_bytes_max;
      progress_.why = why;
      return state;
    }
    progress_.line_start = progress_.scanned = static_cast<std::uint32_t>(end + 2) & head_bytes_max;
    if (end == begin) [[unlikely]] {
      if (begin / 2 >= empty_lines_max) return fail(Reject::malformed_request_line);
      continue;
    }
    if (line.version.size() != version_pattern.size()) return fail(Reject::malformed_request_line);
    if (line.version[5] != '1') return fail(Reject::bad_version);
    out.version = line.version[7] == '0' ? Version::http_1_0 : Version::http_1_1;  // RFC 9110 2.5: a higher minor is read as 1.1
    out.method_text = line.method;
    out.method = method_from(line.method);
    if (out.method == Method::connect) return fail(Reject::connect_refused);
    if (const Reject bad = read_target(text, line.target, out); bad != Reject::none) return fail(bad);
    progress_.lines = 1;
    return Parse::done;
  }
}

}  // namespace http
