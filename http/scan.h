// The inner loop of every parser here: how far does a run of allowed bytes go? 32 bytes a step with AVX2, else the table.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#ifdef __AVX2__
#include <immintrin.h>
#endif

#include "http/chars.h"

namespace http {

/// Offset of the first byte at or behind `from` that is not in `set`; text.size() when there is none. Requires: from <= size.
template <CharClass set>
[[nodiscard]] constexpr std::size_t find_not_portable(std::string_view text, std::size_t from) noexcept {
  while (from < text.size() && is<set>(text[from])) ++from;
  return from;
}

#ifdef __AVX2__
namespace detail {

/// A set of ASCII bytes as PSHUFB looks it up: bit h of entry l is set when byte h * 16 + l belongs to the set.
template <CharClass set>
consteval std::array<char, 32> make_nibbles() {
  std::array<char, 32> table{};
  for (unsigned c = 0; c < 128; ++c)
    if (is<set>(static_cast<char>(c)))
      table[c & 15] = static_cast<char>(static_cast<unsigned char>(table[c & 15]) | 1u << (c >> 4));
  for (unsigned l = 0; l < 16; ++l) table[16 + l] = table[l];  // PSHUFB looks up in each half by itself
  return table;
}
template <CharClass set>
alignas(32) inline constexpr std::array<char, 32> nibbles = make_nibbles<set>();
alignas(32) inline constexpr std::array<char, 32> high_bits = {1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0,
                                                               1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0};

inline __m256i load_aligned(const std::array<char, 32>& table) noexcept {
  return _mm256_load_si256(reinterpret_cast<const __m256i*>(table.data()));
}

/// One bit per byte that is not in `set`.
template <CharClass set>
inline std::uint32_t outside(const char* at) noexcept {
  const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
  __m256i out;
  if constexpr (set == CharClass::field) {
    const __m256i below = _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8(0x1f)), v);
    const __m256i control = _mm256_andnot_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('\t')), below);
    out = _mm256_or_si256(control, _mm256_cmpeq_epi8(v, _mm256_set1_epi8(0x7f)));
  } else if constexpr (set == CharClass::line) {
    const __m256i below = _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), v);  // signed: bytes from 0x80 on are below too
    out = _mm256_or_si256(below, _mm256_cmpeq_epi8(v, _mm256_set1_epi8(0x7f)));
  } else {
    const __m256i low = _mm256_shuffle_epi8(load_aligned(nibbles<set>), v);  // 0 for bytes from 0x80 on
    const __m256i nibble = _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(15));
    const __m256i high = _mm256_shuffle_epi8(load_aligned(high_bits), nibble);
    out = _mm256_cmpeq_epi8(_mm256_and_si256(low, high), _mm256_setzero_si256());
  }
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(out));
}

}  // namespace detail

/// As find_not_portable. Reads no byte outside `text`: what is left of less than 32 bytes is taken from a load that ends with it.
/// Cost: 2-3 ns for a run of up to 32 bytes when `text` has 32 at least, so pass the whole buffer, not the piece in question.
template <CharClass set>
[[nodiscard]] inline std::size_t find_not(std::string_view text, std::size_t from) noexcept {
  if (text.size() < 32) [[unlikely]]
    return find_not_portable<set>(text, from);
  for (; from + 32 <= text.size(); from += 32)
    if (const std::uint32_t out = detail::outside<set>(text.data() + from); out != 0)
      return from + static_cast<std::size_t>(std::countr_zero(out));
  const std::size_t left = text.size() - from;
  if (left == 0) return text.size();
  const std::uint32_t out = detail::outside<set>(text.data() + text.size() - 32) >> (32 - left);
  return out == 0 ? text.size() : from + static_cast<std::size_t>(std::countr_zero(out));
}
#else
template <CharClass set>
[[nodiscard]] inline std::size_t find_not(std::string_view text, std::size_t from) noexcept {
  return find_not_portable<set>(text, from);
}
#endif

}  // namespace http
