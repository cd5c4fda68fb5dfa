// Objects of one size in a fixed number, named by index: 32 bits instead of 64, and stable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

#include "engine/check.h"
#include "engine/region.h"

namespace engine {

inline constexpr std::uint32_t no_index = std::numeric_limits<std::uint32_t>::max();

/// Last freed, first used: what is in the cache is used again. A free cell carries the free list in its first four bytes. Objects
/// that are still there when the slab goes are not destroyed: whoever allocated them releases them.
template <typename T>
class Slab {
  static_assert(sizeof(T) >= sizeof(std::uint32_t));

 public:
  explicit Slab(std::uint32_t capacity) : cells_{capacity} {}

  /// An object built anew from `args`, or `no_index` when the slab is full.
  template <typename... Args>
  [[nodiscard]] std::uint32_t allocate(Args&&... args) noexcept {
    std::uint32_t index = free_;
    if (index != no_index) {
      std::memcpy(&free_, cells_[index].bytes, sizeof free_);
    } else {
      if (fresh_ == cells_.size()) [[unlikely]]
        return no_index;
      index = fresh_++;
    }
    ++used_;
    new (cells_[index].bytes) T(std::forward<Args>(args)...);
    return index;
  }
  void release(std::uint32_t index) noexcept {
    DCHECK(used_ > 0);
    --used_;
    (*this)[index].~T();
    std::memcpy(cells_[index].bytes, &free_, sizeof free_);
    free_ = index;
  }
  [[nodiscard]] T& operator[](std::uint32_t index) noexcept { return *std::launder(reinterpret_cast<T*>(cells_[index].bytes)); }
  [[nodiscard]] const T& operator[](std::uint32_t index) const noexcept {
    return *std::launder(reinterpret_cast<const T*>(cells_[index].bytes));
  }
  [[nodiscard]] std::uint32_t used() const noexcept { return used_; }
  [[nodiscard]] std::uint32_t capacity() const noexcept { return static_cast<std::uint32_t>(cells_.size()); }
  /// Every index that was ever handed out lies below.
  [[nodiscard]] std::uint32_t high_water() const noexcept { return fresh_; }
  [[nodiscard]] bool full() const noexcept { return used_ == capacity(); }

 private:
  struct Cell {
    alignas(T) std::byte bytes[sizeof(T)];
  };
  Region<Cell> cells_;
  std::uint32_t free_ = no_index;
  std::uint32_t fresh_ = 0;  // cells below were handed out at least once
  std::uint32_t used_ = 0;
};

}  // namespace engine
