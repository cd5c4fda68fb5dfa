// Text received in order and not yet taken by the application. Two fields, so that it fits into the Tcb.
#pragma once

#include <cstdint>
#include <span>

#include "tcp/nodes.h"

namespace tcp {

/// A circular list known by its last node. `taken` counts bytes already consumed of the first slice by moving its start.
class RecvQueue {
 public:
  [[nodiscard]] bool empty() const noexcept { return tail_ == no_index; }
  [[nodiscard]] std::uint32_t bytes() const noexcept { return bytes_; }

  /// Returns: false, with `slice` untouched, when there is no node or no credit for it.
  [[nodiscard]] bool append(Store store, engine::Slice& slice) noexcept;
  /// The first slice.   Requires: not empty.
  [[nodiscard]] const engine::Slice& front(const Store& store) const noexcept {
    return store.nodes[store.nodes[tail_].next].slice;
  }
  /// Moves the first slice out, or the first `max_bytes` of it.   Requires: not empty, max_bytes > 0.
  [[nodiscard]] engine::Slice pop(Store store, std::uint32_t max_bytes) noexcept;
  /// Forgets the first n bytes.   Requires: n <= bytes().
  void consume(Store store, std::uint32_t n) noexcept;
  /// Copies up to to.size() bytes from the front, leaving them.   Returns: bytes copied.
  std::size_t copy(const Store& store, std::span<char> to) const noexcept;
  void clear(Store store) noexcept { consume(store, bytes_); }

 private:
  void unlink_front(Store store) noexcept;
  std::uint32_t tail_ = no_index;
  std::uint32_t bytes_ = 0;
};
static_assert(sizeof(RecvQueue) == 8);

}  // namespace tcp
