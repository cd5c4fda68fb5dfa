// Packet memory of a shard as an account: connections draw from it, and it can say no. Charged in mbufs, never in bytes.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/check.h"
#include "engine/counters.h"

namespace engine {

/// What is charged is held, or promised to a peer as window. The sum never exceeds the capacity, so RX descriptors, bursts and
/// rings, which are terms of their own, can always be refilled. Every connection that may still come has `floor` mbufs reserved:
/// early ones cannot take what the last one needs to work at all.
class Account {
 public:
  /// Two mbufs: a window of one segment.
  static constexpr std::uint64_t floor_default = 2;

  Account(std::uint64_t capacity_mbufs, std::uint64_t connections_max) noexcept
      : capacity_{capacity_mbufs},
        floor_{connections_max == 0 ? 0 : std::min(floor_default, capacity_mbufs / 2 / connections_max)},
        reserved_{floor_ * connections_max},
        surplus_{capacity_mbufs - reserved_} {}

  /// Charges a new connection its floor, which it releases like any other charge; `close_connection` when it goes.
  /// Returns: false when even that is not there.
  [[nodiscard]] bool try_open_connection() noexcept {
    const std::uint64_t from_reserve = reserved_ >= floor_ ? floor_ : 0;
    if (available() < floor_default - from_reserve) return false;
    reserved_ -= from_reserve;
    used_ += floor_default;
    return publish(), true;
  }
  /// Reserves a floor for the next connection.   Requires: the connection's charges were released before.
  void close_connection() noexcept {
    if (reserved_ + floor_ + surplus_ <= capacity_) reserved_ += floor_;
  }
  [[nodiscard]] bool try_charge(std::uint64_t mbufs) noexcept {
    if (mbufs > available()) return false;
    used_ += mbufs;
    return publish(), true;
  }
  void release(std::uint64_t mbufs) noexcept {
    DCHECK(mbufs <= used_);
    used_ -= mbufs;
    publish();
  }
  [[nodiscard]] std::uint64_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] std::uint64_t used() const noexcept { return used_; }
  /// Free and not reserved.
  [[nodiscard]] std::uint64_t available() const noexcept {
    return used_ + reserved_ >= capacity_ ? 0 : capacity_ - used_ - reserved_;
  }
  /// What is not reserved as floors: all that connections together may have beyond theirs.
  [[nodiscard]] std::uint64_t surplus() const noexcept { return surplus_; }
  /// Below 20 % free no window grows; below 10 % no connection is accepted and out-of-order data goes first.
  [[nodiscard]] bool may_grow() const noexcept { return available() * 5 >= surplus_; }
  [[nodiscard]] bool may_accept() const noexcept { return available() * 10 >= surplus_; }
  /// What windows may take: all but the 20 % that are for text which has to be queued.
  [[nodiscard]] std::uint64_t grantable() const noexcept {
    const std::uint64_t kept = (surplus_ + 4) / 5;  // so that may_grow() stays true
    return available() <= kept ? 0 : available() - kept;
  }
  /// For the admin threads.
  [[nodiscard]] std::uint64_t published_used() const noexcept { return published_.get(); }

 private:
  void publish() noexcept { published_.set(used_); }
  std::uint64_t capacity_;
  std::uint64_t floor_;     // per connection; 0 if the capacity cannot give every connection two
  std::uint64_t reserved_;  // floors of connections that do not exist yet
  std::uint64_t surplus_;   // what all may draw from
  std::uint64_t used_ = 0;
  Counter published_;
};

}  // namespace engine
