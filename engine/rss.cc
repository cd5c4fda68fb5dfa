#include "engine/rss.h"

#include <bit>

#include "engine/check.h"

namespace engine {

namespace {

/// The 32 bits of the key that a set input bit number `bit` adds to the hash.
std::uint32_t key_window(const RssKey& key, std::size_t bit) noexcept {
  std::uint64_t window = 0;
  for (std::size_t i = 0; i < 5; ++i) window = window << 8 | key[bit / 8 + i];
  return static_cast<std::uint32_t>(window >> (8 - bit % 8));
}

}  // namespace

Toeplitz::Toeplitz(const RssKey& key) noexcept {
  for (std::size_t byte = 0; byte < tables_.size(); ++byte)
    for (std::size_t value = 0; value < 256; ++value) {
      std::uint32_t h = 0;
      for (std::size_t bit = 0; bit < 8; ++bit)
        if ((value >> (7 - bit) & 1) != 0) h ^= key_window(key, byte * 8 + bit);
      tables_[byte][value] = h;
    }
}

Steering::Steering(const RssKey& key, std::uint32_t reta_size, std::uint16_t shards)
    : key_{key}, toeplitz_{key}, mask_{reta_size - 1}, shards_{shards} {
  CHECK(std::has_single_bit(reta_size) && reta_size <= reta_.size() && shards >= 1 && shards <= shards_max);
  for (std::uint32_t i = 0; i < reta_size; ++i) reta_[i] = static_cast<std::uint16_t>(i % shards);
}

}  // namespace engine
