// Comparing and finding a handful of bytes without a call: names, labels of a trie, the first bytes of its children.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace http {

/// Requires: `bytes` <= 8 can be read at `at`.
[[nodiscard]] inline std::uint64_t load_bytes(const char* at, std::size_t bytes) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, at, bytes);
  return word;
}

/// a == b for short texts.
[[nodiscard]] inline bool equal_short(std::string_view a, std::string_view b) noexcept {
  const std::size_t n = a.size();
  if (n != b.size()) return false;
  const auto differ = [&](std::size_t at, std::size_t bytes) noexcept {
    return load_bytes(a.data() + at, bytes) ^ load_bytes(b.data() + at, bytes);
  };
  if (n >= 8) {
    for (std::size_t at = 0; at + 8 < n; at += 8)
      if (differ(at, 8) != 0) return false;
    return differ(n - 8, 8) == 0;  // overlaps the word before it when n is no multiple of 8
  }
  if (n >= 4) return (differ(0, 4) | differ(n - 4, 4)) == 0;
  if (n >= 2) return (differ(0, 2) | differ(n - 2, 2)) == 0;
  return n == 0 || a[0] == b[0];
}

/// The index of the first `byte` in [at, at + n), or n if it is not there.
/// Requires: n rounded up to a multiple of eight can be read.
[[nodiscard]] inline std::size_t find_byte(const char* at, std::size_t n, char byte) noexcept {
  constexpr std::uint64_t each = 0x0101010101010101u, high = 0x80 * each;
  const std::uint64_t wanted = static_cast<unsigned char>(byte) * each;
  for (std::size_t i = 0; i < n; i += 8) {
    const std::uint64_t x = load_bytes(at + i, 8) ^ wanted;  // a zero byte where they are equal
    const std::uint64_t zeros = (x - each) & ~x & high;      // exact up to the lowest zero byte
    if (zeros == 0) continue;
    const std::size_t found = i + static_cast<std::size_t>(std::countr_zero(zeros)) / 8;
    return found < n ? found : n;  // what lies behind n does not count
  }
  return n;
}

}  // namespace http
