// The 4-tuple of a TCP flow, and the keyed hash of our own tables. (RSS and sharding use Toeplitz: engine/rss.h.)
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "engine/byteorder.h"
#include "engine/siphash.h"
#include "engine/wire.h"

namespace engine {

/// Seen from us: `local` is our address, `remote` the peer's. 12 bytes, no padding, wire order: compared and hashed as bytes.
struct FourTuple {
  be32 remote, local;
  be16 remote_port, local_port;
  friend bool operator==(const FourTuple& a, const FourTuple& b) noexcept { return std::memcmp(&a, &b, sizeof a) == 0; }
};
static_assert(sizeof(FourTuple) == 12 && alignof(FourTuple) == 1);

/// A fast keyed hash for tables: two 64x64 multiplications folded. An attacker without the key cannot aim at a bucket.
[[nodiscard]] inline std::uint64_t keyed_hash(const SipKey& key, const FourTuple& tuple) noexcept {
  __extension__ using Wide = unsigned __int128;
  std::uint64_t addresses;
  std::uint32_t ports;
  std::memcpy(&addresses, &tuple, 8);
  std::memcpy(&ports, reinterpret_cast<const char*>(&tuple) + 8, 4);
  const auto fold = [](std::uint64_t a, std::uint64_t b) noexcept {
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  };
  const std::uint64_t mixed = fold(addresses ^ key.k0, (std::uint64_t{ports} << 32 | 0x9e3779b9u) ^ key.k1);
  return fold(mixed ^ key.k1, ports ^ key.k0 ^ 0xa0761d6478bd642fu);
}

}  // namespace engine
