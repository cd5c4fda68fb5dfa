// An immutable map from texts to small values in one array: open addressing, one probe of one cache line in the common case.
// A key is a text in a space (a number), so that many small maps share one table and one hash of the text.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/check.h"
#include "http/bytes.h"

namespace http {

/// Spreads texts over tables whose content an attacker cannot choose (the config does): fast, not keyed.
[[nodiscard]] inline std::uint64_t hash_text(std::string_view text) noexcept {
  __extension__ using Wide = unsigned __int128;
  constexpr std::uint64_t k0 = 0x9e3779b97f4a7c15u, k1 = 0xbf58476d1ce4e5b9u, k2 = 0x94d049bb133111ebu;
  const auto mix = [](std::uint64_t a, std::uint64_t b) noexcept {
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  };
  const std::size_t n = text.size();
  const char* at = text.data();
  std::uint64_t hash = k0 ^ n * k2;  // not n itself: a text of another length differs in few bits too
  if (n >= 8) {
    for (const char* const last = at + n - 8; at < last; at += 8) hash = mix(hash ^ load_bytes(at, 8), k1);
    return mix(hash ^ load_bytes(text.data() + n - 8, 8), k2);  // overlaps the word before it when n is no multiple of 8
  }
  if (n >= 4) return mix(hash ^ (load_bytes(at, 4) << 32 | load_bytes(at + n - 4, 4)), k2);
  if (n == 0) return hash;
  const auto byte = [at](std::size_t i) noexcept { return std::uint64_t{static_cast<unsigned char>(at[i])}; };
  return mix(hash ^ (byte(0) << 16 | byte(n / 2) << 8 | byte(n - 1)), k2);
}

template <typename Value>
class TextMap {
 public:
  struct Entry {
    std::uint32_t space = 0;
    std::string text;
    Value value{};
  };

  TextMap() : TextMap{std::span<const Entry>{}} {}
  /// Requires: each (space, text) once; less than 4 GiB of texts.
  explicit TextMap(std::span<const Entry> entries)
      : slots_(std::bit_ceil(2 * entries.size() + 2)), shift_{64 - std::countr_zero(slots_.size())} {
    for (const Entry& entry : entries) {
      const std::uint64_t key = key_of(entry.space, hash_text(entry.text));
      std::size_t i = key >> shift_;
      while (slots_[i].space != vacant) i = (i + 1) & (slots_.size() - 1);
      CHECK(texts_.size() + entry.text.size() < std::numeric_limits<std::uint32_t>::max());
      slots_[i] = {static_cast<std::uint32_t>(key), entry.space, static_cast<std::uint32_t>(texts_.size()),
                   static_cast<std::uint32_t>(entry.text.size()), entry.value};
      texts_ += entry.text;
    }
    size_ = entries.size();
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// Null if it is not there.   Requires: hash == hash_text(text).
  [[nodiscard]] const Value* find(std::uint32_t space, std::string_view text, std::uint64_t hash) const noexcept {
    const std::uint64_t key = key_of(space, hash);
    for (std::size_t i = key >> shift_;; i = (i + 1) & (slots_.size() - 1)) {  // ends: at most half of the slots are taken
      const Slot& slot = slots_[i];
      if (slot.tag == static_cast<std::uint32_t>(key) && slot.space == space &&
          equal_short({texts_.data() + slot.offset, slot.size}, text))
        return &slot.value;
      if (slot.space == vacant) return nullptr;
    }
  }

 private:
  static constexpr std::uint32_t vacant = std::numeric_limits<std::uint32_t>::max();
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t space = vacant;
    std::uint32_t offset = 0, size = 0;
    Value value{};
  };
  [[nodiscard]] static std::uint64_t key_of(std::uint32_t space, std::uint64_t hash) noexcept {
    return (hash ^ std::rotl(std::uint64_t{space} * 0xc2b2ae3d27d4eb4fu, 31)) * 0x9e3779b97f4a7c15u;
  }

  std::vector<Slot> slots_;
  int shift_;
  std::size_t size_ = 0;
  std::string texts_;
};

}  // namespace http
