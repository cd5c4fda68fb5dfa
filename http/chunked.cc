#include "http/chunked.h"

#include <algorithm>
#include <bit>

#include "engine/check.h"
#include "http/chars.h"

namespace http {

// No body is that long. The bound keeps sums from wrapping, and every size positive for a server that reads it as signed.
static constexpr std::uint64_t body_bytes_max = (std::uint64_t{1} << 62) - 1;

ChunkedDecoder::At ChunkedDecoder::after_size(char c) noexcept {
  const int digit = hex_value(c);
  if (digit >= 0) {
    failed_ = ++digits_ > size_digits_max || remaining_ > body_bytes_max >> 4;
    if (failed_) return At::size;
    remaining_ = remaining_ << 4 | static_cast<unsigned>(digit);
    failed_ = decoded_ + remaining_ > body_bytes_max;
    return At::size;
  }
  failed_ = at_ == At::size_first;
  if (c == '\r') return At::head_lf;
  if (c == ';') return At::extension;
  failed_ |= !is_ows(c);
  return At::bws;
}

ChunkedDecoder::At ChunkedDecoder::after_trailer(char c) noexcept {
  failed_ = ++trailer_bytes_ > trailer_bytes_max;
  if (at_ != At::trailer_value && is<CharClass::token>(c)) return At::trailer_name;
  if (at_ == At::trailer_name && c == ':') return At::trailer_value;
  if (at_ == At::trailer_value && is<CharClass::field>(c)) return At::trailer_value;
  failed_ |= at_ != At::trailer_value || c != '\r';
  return At::trailer_lf;
}

/// The state behind the framing byte `c`; sets failed_ when it may not stand here.
ChunkedDecoder::At ChunkedDecoder::after(char c) noexcept {
  switch (at_) {
    case At::size_first:
    case At::size:
      return after_size(c);
    case At::bws:
      failed_ = ++extension_bytes_ > extension_bytes_max || (c != ';' && !is_ows(c));
      return c == ';' ? At::extension : At::bws;
    case At::extension:
      // The inside of an extension is not parsed further: no byte that its quoted strings may contain ends the line.
      failed_ = ++extension_bytes_ > extension_bytes_max || (c != '\r' && !is<CharClass::field>(c));
      return c == '\r' ? At::head_lf : At::extension;
    case At::head_lf:
      failed_ = c != '\n';
      return remaining_ == 0 ? At::trailer_first : At::data;
    case At::data_cr:
      failed_ = c != '\r';
      return At::data_lf;
    case At::data_lf:
      failed_ = c != '\n';
      digits_ = 0;
      return At::size_first;
    case At::trailer_first:
      return c == '\r' ? At::final_lf : after_trailer(c);
    case At::trailer_name:
    case At::trailer_value:
      return after_trailer(c);
    case At::trailer_lf:
      failed_ = c != '\n';
      return At::trailer_first;
    case At::final_lf:
      failed_ = c != '\n';
      return At::end;
    case At::data:
    case At::end:
      break;
  }
  failed_ = true;
  return At::end;
}

Step ChunkedDecoder::next(std::string_view input) noexcept {
  if (failed_) return {.state = Step::State::error};
  std::size_t i = 0;
  while (i < input.size() && at_ != At::data && at_ != At::end) {
    at_ = after(input[i]);
    if (failed_) return {.state = Step::State::error};
    ++i;
  }
  if (at_ == At::end) return {.framing = i, .state = Step::State::done};
  if (at_ != At::data) return {.framing = i};
  const std::size_t data = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input.size() - i));
  remaining_ -= data;
  decoded_ += data;
  if (remaining_ == 0) at_ = At::data_cr;
  return {.framing = i, .data = data};
}

std::size_t write_chunk_head(std::span<char> out, std::uint64_t size) noexcept {
  DCHECK(size > 0);
  const std::size_t digits = (static_cast<std::size_t>(std::bit_width(size)) + 3) / 4;
  if (out.size() < digits + 2) return 0;
  for (std::size_t i = digits; i-- > 0; size >>= 4) out[i] = "0123456789abcdef"[size & 15];
  out[digits] = '\r';
  out[digits + 1] = '\n';
  return digits + 2;
}

}  // namespace http
