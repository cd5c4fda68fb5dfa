// SipHash-2-4 (Aumasson and Bernstein, 2012) of up to two words: a keyed hash that an attacker cannot predict.
#pragma once

#include <bit>
#include <cstdint>
#include <initializer_list>

namespace engine {

struct SipKey {
  std::uint64_t k0 = 0, k1 = 0;
};

/// SipHash-2-4 of the 16 bytes (a, b), little endian.
[[nodiscard]] constexpr std::uint64_t siphash(const SipKey& key, std::uint64_t a, std::uint64_t b) noexcept {
  std::uint64_t v0 = key.k0 ^ 0x736f6d6570736575u, v1 = key.k1 ^ 0x646f72616e646f6du;
  std::uint64_t v2 = key.k0 ^ 0x6c7967656e657261u, v3 = key.k1 ^ 0x7465646279746573u;
  const auto round = [&]() noexcept {
    v0 += v1, v1 = std::rotl(v1, 13), v1 ^= v0, v0 = std::rotl(v0, 32);
    v2 += v3, v3 = std::rotl(v3, 16), v3 ^= v2;
    v0 += v3, v3 = std::rotl(v3, 21), v3 ^= v0;
    v2 += v1, v1 = std::rotl(v1, 17), v1 ^= v2, v2 = std::rotl(v2, 32);
  };
  for (const std::uint64_t m : {a, b, std::uint64_t{16} << 56}) {
    v3 ^= m;
    round(), round();
    v0 ^= m;
  }
  v2 ^= 0xff;
  round(), round(), round(), round();
  return v0 ^ v1 ^ v2 ^ v3;
}

}  // namespace engine
