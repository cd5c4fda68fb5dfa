// Integers as they sit on the wire. Byte order is a type: what is not converted cannot be added, shifted or compared for order.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

namespace engine {

/// An integer in network byte order. It can be copied and compared for equality. Alignment 1: valid at any offset of a packet.
template <std::unsigned_integral T>
requires(sizeof(T) == 2 || sizeof(T) == 4) class Big {
 public:
  constexpr Big() noexcept = default;
  constexpr explicit Big(T host) noexcept : bytes_{std::bit_cast<Bytes>(swap(host))} {}
  [[nodiscard]] constexpr T host() const noexcept { return swap(std::bit_cast<T>(bytes_)); }
  /// The bytes as an integer of the machine's order: for hashing and for sums in network order (RFC 1071 2 (B)).
  [[nodiscard]] constexpr T raw() const noexcept { return std::bit_cast<T>(bytes_); }
  [[nodiscard]] static constexpr Big from_raw(T raw) noexcept {
    Big big;
    big.bytes_ = std::bit_cast<Bytes>(raw);
    return big;
  }
  friend constexpr bool operator==(Big, Big) noexcept = default;

 private:
  using Bytes = std::array<std::uint8_t, sizeof(T)>;
  static constexpr T swap(T v) noexcept {
    if constexpr (std::endian::native == std::endian::big)
      return v;
    else if constexpr (sizeof(T) == 2)
      return __builtin_bswap16(v);
    else
      return __builtin_bswap32(v);
  }
  Bytes bytes_{};
};

using be16 = Big<std::uint16_t>;
using be32 = Big<std::uint32_t>;
static_assert(be16{0x0800}.host() == 0x0800);
static_assert(sizeof(be32) == 4 && alignof(be32) == 1);

/// Reads a wire struct from bytes of any alignment.   Requires: bytes.size() >= sizeof(T).
template <typename T>
requires(std::is_trivially_copyable_v<T>) [[nodiscard]] inline T load(std::span<const std::byte> bytes) noexcept {
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

/// Writes a wire struct to bytes of any alignment.   Requires: room for sizeof(T).
template <typename T>
requires(std::is_trivially_copyable_v<T>) inline void store(std::byte* to, const T& value) noexcept {
  std::memcpy(to, &value, sizeof(T));
}

}  // namespace engine
