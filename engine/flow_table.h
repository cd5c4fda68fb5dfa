// Which index belongs to a flow: cache-line buckets with tags, two choices per key, fixed capacity. The keys lie in the entries
// themselves (a Tcb has its tuple), so a slot is 6 bytes and a lookup costs one bucket line and one entry line.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <utility>

#ifdef __SSE2__
#include <immintrin.h>
#endif

#include "engine/region.h"
#include "engine/slab.h"

namespace engine {

/// Maps 64-bit hashes to indices; `is_match(index)` decides among equal tags. The alternative bucket is a function of the first
/// bucket and the tag (partial-key cuckoo hashing, Fan et al. 2014), so an entry can be moved without its key.
class FlowTable {
 public:
  static constexpr unsigned slots_per_bucket = 8;

  /// Room for `capacity` entries at half load: 16 bytes each.
  explicit FlowTable(std::uint32_t capacity)
      : buckets_{std::bit_ceil(std::max<std::size_t>(2, (std::size_t{capacity} * 2 + slots_per_bucket - 1) / slots_per_bucket))},
        mask_{static_cast<std::uint32_t>(buckets_.size() - 1)} {}

  void prefetch(std::uint64_t hash) const noexcept { __builtin_prefetch(&bucket(first_bucket(hash))); }

  /// The index whose tag agrees and for which is_match(index) holds, or `no_index`.
  template <typename F>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, F&& is_match) const noexcept {
    const std::uint32_t at = first_bucket(hash);
    const std::uint16_t tag = tag_of(hash);
    const std::uint32_t index = find_in(bucket(at), tag, is_match);
    if (index != no_index || bucket(at).displaced == 0) [[likely]]
      return index;
    return find_in(bucket(other_bucket(at, tag)), tag, is_match);
  }

  /// The first candidate by tag alone, for prefetching the entry; `no_index` if none.
  [[nodiscard]] std::uint32_t candidate(std::uint64_t hash) const noexcept {
    return find_in(bucket(first_bucket(hash)), tag_of(hash), [](std::uint32_t) noexcept { return true; });
  }

  /// Requires: the flow is not in the table.   Returns: false when there is no room near its buckets (the table is full).
  [[nodiscard]] bool insert(std::uint64_t hash, std::uint32_t index) noexcept {
    const std::uint32_t first = first_bucket(hash);
    const std::uint16_t tag = tag_of(hash);
    if (place(first, tag, index)) return ++used_, true;
    if (place(other_bucket(first, tag), tag, index, true)) {
      ++bucket(first).displaced;
      return ++used_, true;
    }
    return make_room(first) && place(first, tag, index) ? (++used_, true) : false;
  }

  /// Requires: (hash, index) was inserted.
  void erase(std::uint64_t hash, std::uint32_t index) noexcept {
    const std::uint32_t first = first_bucket(hash);
    const std::uint16_t tag = tag_of(hash);
    if (!remove(first, tag, index)) {
      const bool removed = remove(other_bucket(first, tag), tag, index);
      CHECK(removed);
      --bucket(first).displaced;
    }
    --used_;
  }
  [[nodiscard]] std::uint32_t used() const noexcept { return used_; }

 private:
  struct alignas(64) Bucket {
    std::array<std::uint16_t, slots_per_bucket> tags;  // 0: free
    std::array<std::uint32_t, slots_per_bucket> index;
    std::uint32_t displaced;  // entries that belong here and live in their other bucket
    std::uint8_t guests;      // bit per slot: the entry's first bucket is its other one
  };
  static_assert(sizeof(Bucket) == 64);

  [[nodiscard]] Bucket& bucket(std::uint32_t i) noexcept { return buckets_[i]; }
  [[nodiscard]] const Bucket& bucket(std::uint32_t i) const noexcept { return buckets_[i]; }
  [[nodiscard]] std::uint32_t first_bucket(std::uint64_t hash) const noexcept { return static_cast<std::uint32_t>(hash) & mask_; }
  [[nodiscard]] static std::uint16_t tag_of(std::uint64_t hash) noexcept {
    const auto tag = static_cast<std::uint16_t>(hash >> 48);
    return tag == 0 ? std::uint16_t{1} : tag;
  }
  [[nodiscard]] std::uint32_t other_bucket(std::uint32_t at, std::uint16_t tag) const noexcept {
    return (at ^ (tag * 0x5bd1e995u | 1u)) & mask_;  // never itself: the lowest bit flips; and its own inverse
  }

  [[nodiscard]] static unsigned slots_with(const Bucket& b, std::uint16_t tag) noexcept {
#ifdef __SSE2__
    const __m128i equal =
        _mm_cmpeq_epi16(_mm_load_si128(reinterpret_cast<const __m128i*>(b.tags.data())), _mm_set1_epi16(static_cast<short>(tag)));
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_packs_epi16(equal, _mm_setzero_si128())));
#else
    unsigned found = 0;
    for (unsigned i = 0; i < slots_per_bucket; ++i) found |= static_cast<unsigned>(b.tags[i] == tag) << i;
    return found;
#endif
  }
  template <typename F>
  [[nodiscard]] static std::uint32_t find_in(const Bucket& b, std::uint16_t tag, F&& is_match) noexcept {
    for (unsigned found = slots_with(b, tag); found != 0; found &= found - 1) {
      const std::uint32_t index = b.index[static_cast<unsigned>(std::countr_zero(found))];
      if (is_match(index)) return index;
    }
    return no_index;
  }
  bool place(std::uint32_t at, std::uint16_t tag, std::uint32_t index, bool guest = false) noexcept {
    Bucket& b = bucket(at);
    const unsigned free = slots_with(b, 0);
    if (free == 0) return false;
    const auto slot = static_cast<unsigned>(std::countr_zero(free));
    b.tags[slot] = tag;
    b.index[slot] = index;
    if (guest) b.guests = static_cast<std::uint8_t>(b.guests | 1u << slot);
    return true;
  }
  bool remove(std::uint32_t at, std::uint16_t tag, std::uint32_t index) noexcept {
    Bucket& b = bucket(at);
    for (unsigned found = slots_with(b, tag); found != 0; found &= found - 1) {
      const auto slot = static_cast<unsigned>(std::countr_zero(found));
      if (b.index[slot] != index) continue;
      b.tags[slot] = 0;
      b.guests = static_cast<std::uint8_t>(b.guests & ~(1u << slot));
      return true;
    }
    return false;
  }
  /// Moves one entry of a full bucket to its other bucket.
  bool make_room(std::uint32_t at) noexcept {
    Bucket& b = bucket(at);
    for (unsigned slot = 0; slot < slots_per_bucket; ++slot) {
      const std::uint32_t other = other_bucket(at, b.tags[slot]);
      const bool is_guest = (b.guests >> slot & 1) != 0;
      if (!place(other, b.tags[slot], b.index[slot], !is_guest)) continue;
      if (is_guest)
        --bucket(other).displaced;
      else
        ++b.displaced;
      b.tags[slot] = 0;
      b.guests = static_cast<std::uint8_t>(b.guests & ~(1u << slot));
      return true;
    }
    return false;
  }

  Region<Bucket> buckets_;
  std::uint32_t mask_;
  std::uint32_t used_ = 0;
};

}  // namespace engine
