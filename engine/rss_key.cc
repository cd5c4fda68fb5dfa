#include "engine/rss_key.h"

#include <array>

#include "engine/random.h"

namespace engine {

bool can_steer_by_port(const RssKey& key) noexcept {
  // Gaussian elimination over GF(2): basis[b] has b as its highest bit.
  constexpr int index_bits = 9;
  std::array<std::uint32_t, index_bits> basis{};
  int rank = 0;
  const Toeplitz toeplitz{key};
  for (int bit = 0; bit < 16; ++bit) {
    std::uint32_t v = toeplitz.local_port_part(static_cast<std::uint16_t>(1u << bit)) & ((1u << index_bits) - 1);
    for (int b = index_bits - 1; b >= 0 && v != 0; --b) {
      if ((v >> b & 1) == 0) continue;
      if (basis[static_cast<std::size_t>(b)] == 0) {
        basis[static_cast<std::size_t>(b)] = v;
        ++rank;
        break;
      }
      v ^= basis[static_cast<std::size_t>(b)];
    }
  }
  return rank == index_bits;
}

RssKey make_rss_key(std::uint64_t seed) noexcept {
  Random random{seed};
  for (;;) {
    RssKey key;
    for (auto& byte : key) byte = static_cast<std::uint8_t>(random.next());
    if (can_steer_by_port(key)) return key;
  }
}

}  // namespace engine
