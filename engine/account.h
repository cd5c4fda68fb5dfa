// Packet memory of a shard as an account: connections draw from it, and it can say no. Charged in mbufs, never in bytes.
#pragma once

#include <cstdint>

#include "engine/check.h"
#include "engine/counters.h"

namespace engine {

/// What is charged is held, or promised to a peer as window. The sum never exceeds the capacity, so RX descriptors, bursts and
/// rings, which are terms of their own, can always be refilled.
class Account {
 public:
  explicit Account(std::uint64_t capacity_mbufs) noexcept : capacity_{capacity_mbufs} {}

  [[nodiscard]] bool try_charge(std::uint64_t mbufs) noexcept {
    if (mbufs > capacity_ - used_) return false;
    used_ += mbufs;
    published_.set(used_);
    return true;
  }
  void release(std::uint64_t mbufs) noexcept {
    DCHECK(mbufs <= used_);
    used_ -= mbufs;
    published_.set(used_);
  }
  [[nodiscard]] std::uint64_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] std::uint64_t used() const noexcept { return used_; }
  [[nodiscard]] std::uint64_t available() const noexcept { return capacity_ - used_; }
  /// Below 20 % free no window grows; below 10 % no connection is accepted and out-of-order data goes first.
  [[nodiscard]] bool may_grow() const noexcept { return available() * 5 >= capacity_; }
  [[nodiscard]] bool may_accept() const noexcept { return available() * 10 >= capacity_; }
  /// For the admin threads.
  [[nodiscard]] std::uint64_t published_used() const noexcept { return published_.get(); }

 private:
  std::uint64_t capacity_;
  std::uint64_t used_ = 0;
  Counter published_;
};

}  // namespace engine
