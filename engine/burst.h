// Ownership of many packets, and prefetching, written once.
#pragma once

#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <span>
#include <utility>

#include "engine/packet.h"

namespace engine {

/// Owns the mbufs in it. Stages move packets between bursts; what is left at the end goes back in one call.
class Burst {
 public:
  static constexpr std::uint16_t capacity = 64;
  Burst() noexcept = default;
  Burst(const Burst&) = delete;
  Burst& operator=(const Burst&) = delete;
  ~Burst() { clear(); }

  [[nodiscard]] std::uint16_t size() const noexcept { return count_; }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] bool full() const noexcept { return count_ == capacity; }
  [[nodiscard]] std::span<rte_mbuf* const> mbufs() const noexcept { return {mbufs_.data(), count_}; }

  /// Requires: room. For stages whose output cannot exceed their input; all others ask `try_push` and flush or count a drop.
  void push(Packet&& packet) noexcept {
    DCHECK(count_ < capacity);
    mbufs_[count_++] = std::move(packet).release();
  }
  /// Moves from `packet` only if there is room.
  [[nodiscard]] bool try_push(Packet& packet) noexcept {
    if (full()) return false;
    push(std::move(packet));
    return true;
  }
  /// Fills the burst with what `receive(mbuf array, room)` returns: the only way for a driver to put packets in.
  template <std::invocable<rte_mbuf**, std::uint16_t> F>
  std::uint16_t fill(F&& receive) noexcept {
    const std::uint16_t n = receive(mbufs_.data() + count_, static_cast<std::uint16_t>(capacity - count_));
    count_ = static_cast<std::uint16_t>(count_ + n);
    return n;
  }
  /// Hands every packet to `f` in order. A packet that `f` does not move on is freed.
  template <std::invocable<Packet> F>
  void drain(F&& f) noexcept {
    const std::uint16_t n = std::exchange(count_, std::uint16_t{0});
    for (std::uint16_t i = 0; i < std::min(n, prefetch_distance); ++i) rte_prefetch0(rte_pktmbuf_mtod(mbufs_[i], void*));
    for (std::uint16_t i = 0; i < n; ++i) {
      if (i + prefetch_distance < n) rte_prefetch0(rte_pktmbuf_mtod(mbufs_[i + prefetch_distance], void*));
      f(Packet{mbufs_[i]});
    }
  }
  /// Shows every packet to `f`, which may move from it; those that it leaves stay, in order.
  template <std::invocable<Packet&> F>
  void filter(F&& f) noexcept {
    std::uint16_t kept = 0;
    for (std::uint16_t i = 0; i < count_; ++i) {
      Packet packet{mbufs_[i]};
      f(packet);
      if (packet) mbufs_[kept++] = std::move(packet).release();
    }
    count_ = kept;
  }
  void clear() noexcept {
    if (count_ != 0) rte_pktmbuf_free_bulk(mbufs_.data(), std::exchange(count_, std::uint16_t{0}));
  }

 private:
  static constexpr std::uint16_t prefetch_distance = 8;  // bench/engine/burst_bench.cc
  std::array<rte_mbuf*, capacity> mbufs_;
  std::uint16_t count_ = 0;
};

}  // namespace engine
