// Text to be sent or sent and not yet acknowledged: slices in sequence order, never copied for retransmission.
#pragma once

#include <cstdint>
#include <string_view>

#include "tcp/nodes.h"

namespace tcp {

class SendQueue {
 public:
  explicit SendQueue(Seq start) noexcept : start_{start}, end_{start} {}

  /// Returns: false, with `slice` untouched, when there is no node or no credit for it.
  [[nodiscard]] bool append(Store store, engine::Slice& slice) noexcept;
  /// Copies bytes behind the last slice.   Returns: false if it is not ours alone or has no room.
  [[nodiscard]] bool append_copy(Store store, std::string_view bytes) noexcept;
  /// Everything before `una` is acknowledged and goes.
  void acknowledge(Store store, Seq una) noexcept;
  void clear(Store store) noexcept { acknowledge(store, end_); }

  /// Calls f(slice, offset, length) for the pieces of [from, from + bytes), in order.   Requires: it lies in [start, end).
  template <typename F>
  void visit(const Store& store, Seq from, std::uint32_t bytes, F&& f) noexcept {
    std::uint32_t index = find(store, from);
    if (bytes != 0) cursor_ = index;
    while (bytes != 0) {
      const Node& node = store.nodes[index];
      const std::uint32_t offset = from - node.seq;
      const std::uint32_t length = std::min(bytes, node.slice.size() - offset);
      f(node.slice, offset, length);
      from += length;
      bytes -= length;
      index = node.next;
    }
  }

  [[nodiscard]] Seq start() const noexcept { return start_; }
  [[nodiscard]] Seq end() const noexcept { return end_; }
  [[nodiscard]] std::uint32_t bytes() const noexcept { return end_ - start_; }
  [[nodiscard]] bool empty() const noexcept { return start_ == end_; }

 private:
  [[nodiscard]] std::uint32_t find(const Store& store, Seq seq) const noexcept;

  Seq start_, end_;
  std::uint32_t head_ = no_index, tail_ = no_index;
  std::uint32_t cursor_ = no_index;  // node visited last: new text is mostly sent where the last segment ended
};

}  // namespace tcp
