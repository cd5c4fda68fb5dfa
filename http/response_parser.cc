#include "http/response_parser.h"

#include <algorithm>

#include "http/framing.h"

namespace http {
namespace {

// RFC 9112 4: the space stays when the reason is empty. Servers that leave it out then are understood too: nothing hangs on it.
constexpr std::string_view status_line_pattern = "HTTP/1.d ddd ";
constexpr std::size_t shortest = status_line_pattern.size() - 1;

constexpr bool could_become_status_line(std::string_view text) noexcept {
  const std::size_t n = std::min(text.size(), status_line_pattern.size());
  for (std::size_t i = 0; i < n; ++i)
    if (status_line_pattern[i] == 'd' ? !is_digit(text[i]) : text[i] != status_line_pattern[i]) return false;
  return true;
}

}  // namespace

Parse ResponseParser::fail(Reject why) noexcept {
  progress_.why = why;
  return Parse::error;
}

Parse ResponseParser::parse(std::string_view buffer, Method request_method, ResponseHead& out) noexcept {
  if (progress_.why != Reject::none) return Parse::error;
  const std::string_view text = buffer.substr(0, head_bytes_);
  DCHECK(text.size() >= progress_.seen());
  const bool resumed = progress_.lines != 0;
  Parse result = read(text, out);
  if (result == Parse::done && resumed) {  // views of the earlier lines may point into a buffer that is gone
    progress_ = {};
    result = read(text, out);
  }
  if (result == Parse::need_more && buffer.size() >= head_bytes_) return fail(Reject::head_too_large);
  if (result != Parse::done) return result;
  out.head_bytes = progress_.line_start;

  const FramingFields facts = framing_fields(out.fields);
  Reject why = response_framing(out.fields, facts, out.version, out.status, request_method, out.framing);
  ConnectionOptions options;
  if (why == Reject::none && facts.has_connection) why = read_connection(out.fields, options);
  if (why != Reject::none) return fail(why);
  out.keep_alive = persists(out.version, options) && out.framing.kind != Framing::Kind::until_close;
  return Parse::done;
}

Parse ResponseParser::read(std::string_view text, ResponseHead& out) noexcept {
  out.fields.clear();
  if (progress_.lines == 0)
    if (const Parse line = read_status_line(text, out); line != Parse::done) return line;
  return read_field_lines(text, progress_, out.fields);
}

Parse ResponseParser::read_status_line(std::string_view text, ResponseHead& out) noexcept {
  const std::size_t end = find_not<CharClass::field>(text, progress_.scanned);  // a reason may contain HTAB and obs-text
  if (!could_become_status_line(text.substr(0, end))) return fail(Reject::bad_response);
  Reject why = Reject::none;
  const Parse state = judge_line_end(text, end, why);
  progress_.scanned = static_cast<std::uint32_t>(end) & head_bytes_max;
  if (state != Parse::done) {
    progress_.why = why;
    return state;
  }
  if (end < shortest) return fail(Reject::bad_response);
  out.version = text[7] == '0' ? Version::http_1_0 : Version::http_1_1;
  out.status = static_cast<std::uint16_t>((text[9] - '0') * 100 + (text[10] - '0') * 10 + (text[11] - '0'));
  if (out.status < 100 || out.status > 599 || out.status == 101) return fail(Reject::bad_response);
  out.reason = end > shortest ? text.substr(shortest + 1, end - shortest - 1) : std::string_view{};
  progress_.line_start = progress_.scanned = static_cast<std::uint32_t>(end + 2) & head_bytes_max;
  progress_.lines = 1;
  return Parse::done;
}

}  // namespace http
