// The key of the engine's Toeplitz hash: random, and fit to steer by our own source port.
#pragma once

#include <cstdint>

#include "engine/rss.h"

namespace engine {

/// Whether some source port leads to every one of 512 RETA indexes, whatever the other end is: the key's windows over the 16 port
/// bits must span the 9 low bits of the hash. A random key fails this once in 240 times, and once in 65,536 a port has no say at
/// all.
[[nodiscard]] bool can_steer_by_port(const RssKey& key) noexcept;

/// A random key that can.
[[nodiscard]] RssKey make_rss_key(std::uint64_t seed) noexcept;

}  // namespace engine
