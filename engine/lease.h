// A limit of the whole instance, leased to shards in quanta: never exceeded, and no shared cache line is touched per connection.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "engine/check.h"

namespace engine {

/// What all shards together may have.
class SharedLimit {
 public:
  explicit SharedLimit(std::uint64_t limit) noexcept : free_{static_cast<std::int64_t>(limit)}, limit_{limit} {}
  [[nodiscard]] std::uint64_t limit() const noexcept { return limit_; }
  /// Takes up to `wanted`.   Returns: how many there were.
  [[nodiscard]] std::uint64_t take(std::uint64_t wanted) noexcept {
    std::int64_t free = free_.load(std::memory_order_relaxed);
    std::int64_t n = 0;
    do {
      n = std::min(free, static_cast<std::int64_t>(wanted));
      if (n <= 0) return 0;
    } while (!free_.compare_exchange_weak(free, free - n, std::memory_order_relaxed));
    return static_cast<std::uint64_t>(n);
  }
  void give_back(std::uint64_t n) noexcept { free_.fetch_add(static_cast<std::int64_t>(n), std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> free_;
  std::uint64_t limit_;
};

/// One shard's part. At most a quantum stays unused here.
class Lease {
 public:
  Lease(SharedLimit& shared, std::uint16_t shards) noexcept
      : shared_{shared}, quantum_{std::clamp<std::uint64_t>(shared.limit() / (std::uint64_t{shards} * 16), 1, 64)} {}
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() { shared_.give_back(unused_); }

  [[nodiscard]] bool try_take() noexcept {
    if (unused_ == 0) unused_ = shared_.take(quantum_);
    if (unused_ == 0) return false;
    --unused_;
    return true;
  }
  void give_back() noexcept {
    if (++unused_ <= quantum_) return;
    shared_.give_back(quantum_);
    unused_ -= quantum_;
  }

 private:
  SharedLimit& shared_;
  std::uint64_t quantum_;
  std::uint64_t unused_ = 0;
};

}  // namespace engine
