// Memory decided at start: a fixed array of anonymous pages, zeroed, touched only when used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include "engine/check.h"

namespace engine {

/// Maps `bytes` of zeroed memory (transparent huge pages asked for), or ends the process: it is called at start only.
[[nodiscard]] void* map_pages(std::size_t bytes);
void unmap_pages(void* pages, std::size_t bytes) noexcept;

/// `count` objects of a trivial type, zero-initialised. Pages that are never used cost address space only, so a table can be as
/// large as the limit that a user set for the whole instance.
template <typename T>
requires(std::is_trivially_destructible_v<T>) class Region {
 public:
  Region() noexcept = default;
  explicit Region(std::size_t count) : data_{static_cast<T*>(map_pages(count * sizeof(T)))}, count_{count} {}
  Region(Region&& other) noexcept : data_{std::exchange(other.data_, nullptr)}, count_{std::exchange(other.count_, 0)} {}
  Region& operator=(Region&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~Region() {
    if (data_ != nullptr) unmap_pages(data_, count_ * sizeof(T));
  }
  [[nodiscard]] T& operator[](std::size_t i) noexcept {
    DCHECK(i < count_);
    return data_[i];
  }
  [[nodiscard]] const T& operator[](std::size_t i) const noexcept {
    DCHECK(i < count_);
    return data_[i];
  }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] T* data() noexcept { return data_; }

 private:
  T* data_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace engine
