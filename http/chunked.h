// The chunked transfer coding, RFC 9112 7.1: a decoder that copies nothing, and the pieces an encoder needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace http {

/// What lies at the front of received body bytes: first `framing` bytes to discard (chunk heads, CRLFs, trailers), then `data`
/// bytes of body. done: the body ends right behind those. more: call again with what follows. error: refuse, both counts are 0.
struct Step {
  enum class State : std::uint8_t { more, done, error };
  std::size_t framing = 0;
  std::size_t data = 0;
  State state = State::more;
  friend constexpr bool operator==(const Step&, const Step&) noexcept = default;
};

/// Strict: chunk-size is 1 to 16 hexadecimal digits, every line ends in CRLF, extensions and trailer fields are checked byte by
/// byte, discarded (7.1.1 and 7.1.2 allow it) and bounded, so that a body cannot consist of overhead.
class ChunkedDecoder {
 public:
  static constexpr std::size_t size_digits_max = 16;
  static constexpr std::size_t extension_bytes_max = 4'096;  // all chunks of one body together
  static constexpr std::size_t trailer_bytes_max = 8'192;    // without the empty line at the end

  /// After done or error: the same again, and nothing more is consumed.
  [[nodiscard]] Step next(std::string_view input) noexcept;
  [[nodiscard]] bool is_done() const noexcept { return at_ == At::end && !failed_; }
  [[nodiscard]] bool has_failed() const noexcept { return failed_; }
  /// Body bytes handed out.
  [[nodiscard]] std::uint64_t decoded_bytes() const noexcept { return decoded_; }
  /// The sizes of all chunks so far, known before their data is here: for a limit on the body.
  [[nodiscard]] std::uint64_t announced_bytes() const noexcept { return decoded_ + remaining_; }

 private:
  enum class At : std::uint8_t {
    size_first,  // first digit of chunk-size
    size,
    bws,  // whitespace before ";", RFC 9112 7.1.1
    extension,
    head_lf,  // behind the CR of a chunk's head
    data,
    data_cr,
    data_lf,
    trailer_first,  // first byte of a trailer field line, or the CR of the empty line
    trailer_name,
    trailer_value,
    trailer_lf,
    final_lf,
    end,
  };
  At after(char c) noexcept;
  At after_size(char c) noexcept;
  At after_trailer(char c) noexcept;

  std::uint64_t remaining_ = 0, decoded_ = 0;
  std::uint16_t extension_bytes_ = 0, trailer_bytes_ = 0;
  std::uint8_t digits_ = 0;
  At at_ = At::size_first;
  bool failed_ = false;
};
static_assert(sizeof(ChunkedDecoder) <= 24);

/// Longest chunk head: 16 digits and CRLF.
inline constexpr std::size_t chunk_head_bytes_max = 18;
/// Behind the data of each chunk.
inline constexpr std::string_view chunk_end = "\r\n";
/// Behind the last chunk_end: last-chunk and an empty trailer section.
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// Writes chunk-size CRLF. Returns: bytes written, 0 when `out` is too small. Requires: size > 0 (0 would end the body).
[[nodiscard]] std::size_t write_chunk_head(std::span<char> out, std::uint64_t size) noexcept;

}  // namespace http
