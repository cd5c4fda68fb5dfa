// ASCII without case: host names (RFC 3986 3.2.2) and field names (RFC 9110 5.1). Bytes above 127 stay as they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace http {

[[nodiscard]] constexpr char fold(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

/// Eight bytes at once. A byte is a letter if adding 0x3f carries it to 0x80 ('A') and adding 0x25 does not ('[').
[[nodiscard]] constexpr std::uint64_t fold(std::uint64_t bytes) noexcept {
  constexpr std::uint64_t each = 0x0101010101010101u, high = 0x80 * each;
  const std::uint64_t low7 = bytes & ~high;
  const std::uint64_t is_upper = (low7 + 0x3f * each) & ~(low7 + 0x25 * each) & ~bytes & high;
  return bytes | is_upper >> 2;
}

[[nodiscard]] constexpr bool equal_folded(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (fold(a[i]) != fold(b[i])) return false;
  return true;
}

/// Writes `text` folded.   Requires: room for text.size() rounded up to a multiple of eight.
inline void fold_into(char* to, std::string_view text) noexcept {
  std::uint64_t word = 0;
  std::size_t at = 0;
  for (; at + sizeof(word) <= text.size(); at += sizeof(word)) {
    std::memcpy(&word, text.data() + at, sizeof(word));
    word = fold(word);
    std::memcpy(to + at, &word, sizeof(word));
  }
  for (; at < text.size(); ++at) to[at] = fold(text[at]);
}

[[nodiscard]] inline std::string folded(std::string_view text) {
  std::string result{text};
  for (char& c : result) c = fold(c);
  return result;
}

}  // namespace http
