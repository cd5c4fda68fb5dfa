// A bounded queue between two threads: one pushes, one pops, nobody waits. For small trivial messages.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <type_traits>

#include "engine/region.h"

namespace engine {

template <typename T>
requires(std::is_trivially_copyable_v<T>) class SpscRing {
 public:
  explicit SpscRing(std::size_t capacity) : cells_{std::bit_ceil(capacity)}, mask_{cells_.size() - 1} {}

  /// Returns: false when the ring is full; the caller counts what is lost.
  [[nodiscard]] bool try_push(const T& message) noexcept {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_seen_ > mask_) {
      head_seen_ = head_.load(std::memory_order_acquire);
      if (tail - head_seen_ > mask_) return false;
    }
    cells_[tail & mask_] = message;
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }
  [[nodiscard]] bool try_pop(T& message) noexcept {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_seen_) {
      tail_seen_ = tail_.load(std::memory_order_acquire);
      if (head == tail_seen_) return false;
    }
    message = cells_[head & mask_];
    head_.store(head + 1, std::memory_order_release);
    return true;
  }
  /// For the consumer and for observers; the producer's view may be newer.
  [[nodiscard]] bool empty() const noexcept {
    return head_.load(std::memory_order_acquire) == tail_.load(std::memory_order_acquire);
  }
  [[nodiscard]] std::size_t size() const noexcept {
    return tail_.load(std::memory_order_acquire) - head_.load(std::memory_order_acquire);
  }

 private:
  Region<T> cells_;
  std::size_t mask_;
  alignas(64) std::atomic<std::size_t> tail_{0};
  std::size_t head_seen_ = 0;  // the producer's copy of head_: fewer misses
  alignas(64) std::atomic<std::size_t> head_{0};
  std::size_t tail_seen_ = 0;
};

}  // namespace engine
