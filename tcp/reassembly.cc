#include "tcp/reassembly.h"

#include <algorithm>

namespace tcp {

Reassembly::Insert Reassembly::insert(Store store, Seq seq, engine::Slice slice) noexcept {
  Insert result = Insert::duplicate;
  // Cut the text at the ranges that are there already; ranges_ may change between the pieces, so it is searched anew.
  while (!slice.empty()) {
    const Range* next = std::find_if(ranges_.begin(), ranges_.begin() + count_, [&](const Range& r) { return seq < r.end; });
    std::uint32_t length = slice.size();
    if (next != ranges_.begin() + count_) {
      if (next->start <= seq) {  // covered up to next->end
        const std::uint32_t covered = std::min(length, next->end - seq);
        slice.remove_prefix(covered);
        seq += covered;
        continue;
      }
      length = std::min(length, next->start - seq);
    }
    const bool is_last = length == slice.size();
    const Insert one = insert_piece(store, seq, is_last ? std::move(slice) : slice.share(0, length));
    if (one != Insert::kept) return result == Insert::kept ? Insert::kept : one;
    result = Insert::kept;
    if (is_last) break;
    slice.remove_prefix(length);
    seq += length;
  }
  return result;
}

/// Requires: [seq, seq + size) touches no range's inside.
Reassembly::Insert Reassembly::insert_piece(Store store, Seq seq, engine::Slice slice) noexcept {
  const std::uint32_t size = slice.size();
  const Seq end = seq + size;
  std::size_t i = 0;  // the first range behind the piece
  while (i < count_ && ranges_[i].start < seq) ++i;
  const bool joins_left = i > 0 && ranges_[i - 1].end == seq;
  const bool joins_right = i < count_ && ranges_[i].start == end;
  if (!joins_left && !joins_right && count_ == ranges_max) return Insert::full;

  if (joins_left && store.nodes[ranges_[i - 1].tail].slice.size() < 1024 &&
      store.nodes[ranges_[i - 1].tail].slice.try_append_copy(slice.bytes())) {
    slice.reset();
  } else {
    const std::uint32_t node = store.keep(slice, seq);
    if (node == no_index) return Insert::no_room;
    if (joins_left) {
      store.nodes[ranges_[i - 1].tail].next = node;
      ranges_[i - 1].tail = node;
    } else if (joins_right) {
      store.nodes[node].next = ranges_[i].head;
      ranges_[i].head = node;
      ranges_[i].start = seq;
      ranges_[i].touched = ++clock_;
      bytes_ += size;
      return Insert::kept;
    } else {
      std::move_backward(ranges_.begin() + static_cast<std::ptrdiff_t>(i), ranges_.begin() + count_,
                         ranges_.begin() + count_ + 1);
      ++count_;
      ranges_[i] = Range{{seq, end}, node, node, ++clock_};
      bytes_ += size;
      return Insert::kept;
    }
  }
  Range& left = ranges_[i - 1];
  left.end = end;
  left.touched = ++clock_;
  bytes_ += size;
  if (joins_right) {  // the hole between two ranges is filled
    store.nodes[left.tail].next = ranges_[i].head;
    left.tail = ranges_[i].tail;
    left.end = ranges_[i].end;
    erase_range(i);
  }
  return Insert::kept;
}

void Reassembly::erase_range(std::size_t i) noexcept {
  std::move(ranges_.begin() + static_cast<std::ptrdiff_t>(i) + 1, ranges_.begin() + count_,
            ranges_.begin() + static_cast<std::ptrdiff_t>(i));
  --count_;
}

Seq Reassembly::take_ready(Store store, Seq rcv_nxt, RecvQueue& queue) noexcept {
  while (count_ != 0 && ranges_[0].start <= rcv_nxt) {
    Range& first = ranges_[0];
    while (first.head != no_index) {
      Node& node = store.nodes[first.head];
      const std::uint32_t next = node.next;
      const Seq end = node.seq + node.slice.size();
      if (end <= rcv_nxt) {  // overtaken by text that came in order
        bytes_ -= node.slice.size();
        store.drop(first.head);
      } else {
        bytes_ -= node.slice.size();
        if (node.seq < rcv_nxt) node.slice.remove_prefix(rcv_nxt - node.seq);
        engine::Slice slice = store.take(first.head);
        if (!queue.append(store, slice)) CHECK(false);  // its node and its credit were given back just now
        rcv_nxt = end;
      }
      first.head = next;
    }
    erase_range(0);
  }
  return rcv_nxt;
}

void Reassembly::write_sack(Options& options, std::size_t blocks_max) const noexcept {
  const std::size_t n = std::min<std::size_t>({blocks_max, count_, Options::sack_blocks_max});
  std::array<const Range*, ranges_max> order;
  for (std::size_t i = 0; i < count_; ++i) order[i] = &ranges_[i];
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(n), order.begin() + count_,
                    [](const Range* a, const Range* b) { return a->touched > b->touched; });
  for (std::size_t i = 0; i < n; ++i) options.sack[i] = *order[i];
  options.sack_count = static_cast<std::uint8_t>(n);
}

void Reassembly::clear(Store store) noexcept {
  for (std::size_t i = 0; i < count_; ++i)
    for (std::uint32_t index = ranges_[i].head; index != no_index;) {
      const std::uint32_t next = store.nodes[index].next;
      store.drop(index);
      index = next;
    }
  count_ = 0;
  bytes_ = 0;
}

}  // namespace tcp
