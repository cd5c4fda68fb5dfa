#include "tcp/recv_queue.h"

#include <algorithm>
#include <cstring>

namespace tcp {

namespace {
/// A segment below this is copied behind its neighbour when it has to wait: every kept mbuf is then about half full on average,
/// which is what the account's charge for a window assumes (tcp/window.h).
constexpr std::uint32_t copy_below = 1024;  // bytes
}  // namespace

bool RecvQueue::append(Store store, engine::Slice& slice) noexcept {
  const std::uint32_t size = slice.size();
  if (!empty() && size < copy_below && store.nodes[tail_].slice.try_append_copy(slice.bytes())) {
    bytes_ += size;
    slice.reset();
    return true;
  }
  const std::uint32_t index = store.keep(slice, Seq{});
  if (index == no_index) return false;
  if (empty()) {
    store.nodes[index].next = index;
  } else {
    store.nodes[index].next = store.nodes[tail_].next;
    store.nodes[tail_].next = index;
  }
  tail_ = index;
  bytes_ += size;
  return true;
}

/// Takes the first node out of the circle; it stays allocated.
void RecvQueue::unlink_front(Store store) noexcept {
  const std::uint32_t first = store.nodes[tail_].next;
  if (first == tail_)
    tail_ = no_index;
  else
    store.nodes[tail_].next = store.nodes[first].next;
}

engine::Slice RecvQueue::pop(Store store, std::uint32_t max_bytes) noexcept {
  const std::uint32_t first = store.nodes[tail_].next;
  engine::Slice& slice = store.nodes[first].slice;
  if (slice.size() > max_bytes) {
    engine::Slice part = slice.share(0, max_bytes);
    slice.remove_prefix(max_bytes);
    bytes_ -= max_bytes;
    return part;
  }
  bytes_ -= slice.size();
  unlink_front(store);
  return store.take(first);
}

void RecvQueue::consume(Store store, std::uint32_t n) noexcept {
  bytes_ -= n;
  while (n != 0) {
    const std::uint32_t first = store.nodes[tail_].next;
    engine::Slice& slice = store.nodes[first].slice;
    if (slice.size() > n) return slice.remove_prefix(n);
    n -= slice.size();
    unlink_front(store);
    store.drop(first);
  }
}

std::size_t RecvQueue::copy(const Store& store, std::span<char> to) const noexcept {
  std::size_t done = 0;
  if (empty()) return 0;
  for (std::uint32_t index = store.nodes[tail_].next;; index = store.nodes[index].next) {
    const engine::Slice& slice = store.nodes[index].slice;
    const std::size_t n = std::min<std::size_t>(slice.size(), to.size() - done);
    std::memcpy(to.data() + done, slice.bytes().data(), n);
    done += n;
    if (index == tail_ || done == to.size()) return done;
  }
}

}  // namespace tcp
