// The Internet checksum, RFC 1071, and its incremental update, RFC 1624. Sums are kept in network order: no swap per word.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "engine/byteorder.h"
#include "engine/wire.h"

namespace engine {

/// A one's complement sum in the making. Add pieces of even length in any order; a piece of odd length must be the last, or be
/// followed by `add_shifted` pieces.
class InetSum {
 public:
  constexpr InetSum() noexcept = default;

  void add(std::span<const std::byte> bytes) noexcept;
  /// Adds a piece that starts at an odd offset (RFC 1071 2 (B): the bytes of the sum swap).
  void add_at_odd_offset(std::span<const std::byte> bytes) noexcept {
    InetSum part;
    part.add(bytes);
    const std::uint16_t folded = part.fold();
    sum_ += static_cast<std::uint16_t>(folded << 8 | folded >> 8);
  }
  constexpr void add(be16 v) noexcept { sum_ += v.raw(); }
  constexpr void add(be32 v) noexcept { sum_ += v.raw(); }

  /// The 16-bit one's complement sum, bytes as on the wire.
  [[nodiscard]] constexpr std::uint16_t fold() const noexcept {
    std::uint64_t s = (sum_ & 0xffffffffu) + (sum_ >> 32);
    s = (s & 0xffffu) + (s >> 16);
    s = (s & 0xffffu) + (s >> 16);
    s = (s & 0xffffu) + (s >> 16);
    return static_cast<std::uint16_t>(s);
  }
  /// What goes into a checksum field.
  [[nodiscard]] constexpr be16 checksum() const noexcept { return be16::from_raw(static_cast<std::uint16_t>(~fold())); }

 private:
  std::uint64_t sum_ = 0;  // room for 2^32 words of 32 bits
};

inline void InetSum::add(std::span<const std::byte> bytes) noexcept {
  const std::byte* p = bytes.data();
  std::size_t n = bytes.size();
  // Four independent accumulators of 32-bit words: the compiler vectorises it, and no carry can be lost in 64 bits.
  std::uint64_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  for (; n >= 16; n -= 16, p += 16) {
    std::uint32_t w[4];
    std::memcpy(w, p, 16);
    s0 += w[0];
    s1 += w[1];
    s2 += w[2];
    s3 += w[3];
  }
  for (; n >= 4; n -= 4, p += 4) {
    std::uint32_t w;
    std::memcpy(&w, p, 4);
    s0 += w;
  }
  if (n >= 2) {
    std::uint16_t w;
    std::memcpy(&w, p, 2);
    s1 += w;
    p += 2;
    n -= 2;
  }
  if (n == 1) {
    std::uint16_t w = 0;
    std::memcpy(&w, p, 1);  // the odd byte is the first of a word padded with zero
    s2 += w;
  }
  const auto narrow = [](std::uint64_t s) noexcept { return (s & 0xffffffffu) + (s >> 32); };
  sum_ = narrow(sum_) + narrow(s0) + narrow(s1) + narrow(s2) + narrow(s3);
}

/// The folded sum of a header that includes its checksum field: 0xffff if the checksum is right.
[[nodiscard]] inline std::uint16_t inet_sum(std::span<const std::byte> bytes) noexcept {
  InetSum sum;
  sum.add(bytes);
  return sum.fold();
}

/// The pseudo-header of RFC 9293 3.1.   Units: `bytes` is the length of the TCP or UDP header and what follows.
[[nodiscard]] constexpr InetSum pseudo_header_sum(be32 src, be32 dst, std::uint8_t protocol, std::uint16_t bytes) noexcept {
  InetSum sum;
  sum.add(src);
  sum.add(dst);
  sum.add(be16{protocol});
  sum.add(be16{bytes});
  return sum;
}

/// A checksum field after one 16-bit word of what it covers changed.   Spec: RFC 1624 3, HC' = ~(~HC + ~m + m').
[[nodiscard]] constexpr be16 update_checksum(be16 checksum, be16 before, be16 after) noexcept {
  InetSum sum;
  sum.add(be16::from_raw(static_cast<std::uint16_t>(~checksum.raw())));
  sum.add(be16::from_raw(static_cast<std::uint16_t>(~before.raw())));
  sum.add(after);
  return sum.checksum();
}

}  // namespace engine
