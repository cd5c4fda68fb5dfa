#include "tcp/reassembly.h"

#include <algorithm>

namespace tcp {

namespace {
constexpr std::uint32_t copy_behind_below = 1024;  // bytes: half an mbuf
constexpr std::uint32_t quarter = 512;             // bytes: of an mbuf
}  // namespace

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

  if (joins_left && append_behind(store, ranges_[i - 1], slice)) {
    slice.reset();
  } else {
    const std::uint32_t node = store.keep(slice, seq);
    if (node == no_index) return Insert::no_room;
    if (joins_left) {
      store.nodes[ranges_[i - 1].tail].next = node;
      ranges_[i - 1].tail = node;
    } else {  // a range of its own, at first
      std::move_backward(ranges_.begin() + static_cast<std::ptrdiff_t>(i), ranges_.begin() + count_,
                         ranges_.begin() + count_ + 1);
      ++count_;
      ranges_[i] = Range{{seq, end}, node, node, 0};
      ++i;
    }
  }
  bytes_ += size;
  Range& range = ranges_[i - 1];
  range.end = end;
  range.touched = ++clock_;
  if (joins_right) {
    join(store, range, ranges_[i]);
    erase_range(i);
  }
  return Insert::kept;
}

/// Without a node of its own, if the last mbuf of the range has room.
bool Reassembly::append_behind(Store store, const Range& range, const engine::Slice& slice) noexcept {
  engine::Slice& tail = store.nodes[range.tail].slice;
  return tail.size() < copy_behind_below && tail.try_append_copy(slice.bytes());
}

/// Links `right`, which begins where `left` ends. Where they meet, text that fills less than a quarter of its mbuf is copied to
/// its neighbour: else a peer that sends single bytes backwards could make us hold an mbuf for each.
void Reassembly::join(Store store, Range& left, const Range& right) noexcept {
  Node& meeting = store.nodes[left.tail];
  Node& next = store.nodes[right.head];
  left.end = right.end;
  if (std::min(meeting.slice.size(), next.slice.size()) >= quarter || !meeting.slice.try_append_copy(next.slice.bytes())) {
    meeting.next = right.head;
    left.tail = right.tail;
    return;
  }
  meeting.next = next.next;
  if (right.tail != right.head) left.tail = right.tail;
  store.drop(right.head);
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
