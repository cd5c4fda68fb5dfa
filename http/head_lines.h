// What request and response heads have in common: lines that end in CRLF, arriving in any pieces. RFC 9112 2.2 and 5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/chars.h"
#include "http/message.h"
#include "http/reject.h"
#include "http/scan.h"

namespace http {

enum class Parse : std::uint8_t { need_more, done, error };

/// The largest limit for a head: offsets into it take 24 bits.
inline constexpr std::uint32_t head_bytes_max = (1u << 24) - 1;

/// How far a head was read. Offsets only: the buffer may have moved when the next bytes came.
///
/// A decision to refuse depends on the bytes alone, never on how they were cut into calls: it is taken at the first byte that
/// no line can contain, at the end of a line, or at a limit, and in this order. So every replay ends in the same reason.
struct HeadProgress {
  std::uint32_t line_start : 24 = 0;  // where the first line begins that is not complete
  std::uint32_t lines : 8 = 0;        // complete lines of the head: 1 after the start line, 1 + n after n field lines
  std::uint32_t scanned : 24 = 0;     // [line_start, scanned) holds no line end and nothing forbidden
  Reject why : 8 = Reject::none;
  /// Bytes that were looked at: the next buffer must not have fewer.
  [[nodiscard]] std::size_t seen() const noexcept { return line_start > scanned ? line_start : scanned; }
};
static_assert(sizeof(HeadProgress) == 8 && Fields::capacity + 1 < 256);

/// `stop` is the first byte that cannot stand in a line (or text.size()). Does a CRLF begin there?
/// need_more: the bytes end before that is known. On error `why` is set: bare CR and bare LF are refused, although RFC 9112 2.2
/// lets a recipient take a bare LF for a line end: what we took for one another server may not, and it is in no living client.
[[nodiscard]] inline Parse judge_line_end(std::string_view text, std::size_t stop, Reject& why) noexcept {
  if (stop + 1 < text.size() && text[stop] == '\r' && text[stop + 1] == '\n') [[likely]]
    return Parse::done;
  if (stop == text.size()) return Parse::need_more;
  switch (text[stop]) {
    case '\r':
      if (stop + 1 == text.size()) return Parse::need_more;
      why = Reject::bare_cr;
      return Parse::error;
    case '\n':
      why = Reject::bare_lf;
      return Parse::error;
    case '\0':
      why = Reject::nul_byte;
      return Parse::error;
    default:
      why = static_cast<unsigned char>(text[stop]) >= 0x80 ? Reject::non_ascii_byte : Reject::control_byte;
      return Parse::error;
  }
}

/// Reads field lines from progress.line_start on, up to and with the empty line, and pushes them to `out`.
/// Requires: progress.lines >= 1 (the start line is complete). On done, progress.line_start is behind the empty line.
/// need_more: the lines that were complete are checked; on error progress.why says which.
[[nodiscard]] Parse read_field_lines(std::string_view text, HeadProgress& progress, Fields& out) noexcept;

}  // namespace http
