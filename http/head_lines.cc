#include "http/head_lines.h"

#include <algorithm>

namespace http {
namespace {

/// What is wrong with a line whose token run from `line` ends at `colon` without a colon behind a name.
Reject judge_name(std::string_view text, std::size_t line, std::size_t colon) noexcept {
  if (is_ows(text[line])) return Reject::obs_fold;
  std::size_t behind = colon;
  while (is_ows(text[behind])) ++behind;  // a CR ends every line
  return colon > line && behind > colon && text[behind] == ':' ? Reject::space_before_colon : Reject::bad_field_line;
}

/// Takes the line [line, end) apart. Requires: only field bytes in it, not empty, a CR at `end`.
inline Reject split_line(std::string_view text, std::size_t line, std::size_t end, Field& field) noexcept {
  const std::size_t colon = find_not<CharClass::token>(text, line);
  if (text[colon] != ':' || colon == line) [[unlikely]]
    return judge_name(text, line, colon);
  std::size_t begin = colon + 1;
  while (is_ows(text[begin])) ++begin;
  while (end > begin && is_ows(text[end - 1])) --end;
  field = {text.substr(line, colon - line), text.substr(begin, end - begin)};
  return Reject::none;
}

}  // namespace

Parse read_field_lines(std::string_view text, HeadProgress& progress, Fields& out) noexcept {
  std::size_t line = progress.line_start;
  std::size_t from = std::max<std::size_t>(line, progress.scanned);
  std::size_t lines = progress.lines;
  Parse result = Parse::need_more;
  Reject why = Reject::none;
  for (;;) {
    const std::size_t end = find_not<CharClass::field>(text, from);
    from = end;
    result = judge_line_end(text, end, why);
    if (result != Parse::done) break;
    if (end == line) {
      line = end + 2;
      break;
    }
    Field field;
    why = split_line(text, line, end, field);
    if (why == Reject::none && lines > Fields::capacity) why = Reject::too_many_fields;
    if (why != Reject::none) [[unlikely]] {
      result = Parse::error;
      break;
    }
    out.push(field);
    ++lines;
    line = from = end + 2;
  }
  progress.line_start = static_cast<std::uint32_t>(line) & head_bytes_max;
  progress.scanned = static_cast<std::uint32_t>(from) & head_bytes_max;
  progress.lines = static_cast<std::uint8_t>(lines);
  progress.why = why;
  return result;
}

}  // namespace http
