// TCP options on the wire.   Spec: RFC 9293 3.1, 3.2; RFC 7323; RFC 2018.
#pragma once

#include <cstddef>
#include <span>

#include "tcp/segment.h"

namespace tcp {

inline constexpr std::size_t options_bytes_max = 40;

/// Reads what is between the fixed header and the text. Unknown options are skipped (RFC 9293 MUST-6); options that only a SYN
/// may carry are ignored elsewhere (`is_syn`). Returns: false if a length is impossible: the segment is malformed.
[[nodiscard]] bool parse_options(std::span<const std::byte> bytes, bool is_syn, Options& out) noexcept;

/// Writes the options that are present, padded to a multiple of four with NOPs in front as other stacks do: MSS; SACK-permitted;
/// timestamps; window scale; SACK blocks.   Requires: options_length(options) <= 40 (three blocks beside timestamps), and room
/// for it.   Returns: bytes written.
std::size_t write_options(const Options& options, std::byte* to) noexcept;

/// The length that write_options would return.
[[nodiscard]] constexpr std::size_t options_length(const Options& o) noexcept {
  std::size_t n = 0;
  if (o.mss != 0) n += 4;
  if (o.has_timestamps)
    n += 12;
  else if (o.sack_permitted)
    n += 4;
  if (o.window_shift >= 0) n += 4;
  if (o.sack_count != 0) n += 4 + 8u * o.sack_count;
  return n;
}

}  // namespace tcp
