#include "tcp/send_queue.h"

namespace tcp {

namespace {
constexpr std::uint32_t copy_at_most = 512;  // bytes: cheaper to copy behind the last slice than to keep a node and an mbuf
}

bool SendQueue::append(Store store, engine::Slice& slice) noexcept {
  const std::uint32_t size = slice.size();
  if (size == 0) return slice.reset(), true;
  if (tail_ != no_index && size <= copy_at_most && store.nodes[tail_].slice.try_append_copy(slice.bytes())) {
    end_ += size;
    slice.reset();
    return true;
  }
  const std::uint32_t index = store.keep(slice, end_);
  if (index == no_index) return false;
  (tail_ == no_index ? head_ : store.nodes[tail_].next) = index;
  tail_ = index;
  end_ += size;
  return true;
}

bool SendQueue::append_copy(Store store, std::string_view bytes) noexcept {
  if (tail_ == no_index || !store.nodes[tail_].slice.try_append_copy(std::as_bytes(std::span{bytes.data(), bytes.size()})))
    return false;
  end_ += static_cast<std::uint32_t>(bytes.size());
  return true;
}

void SendQueue::acknowledge(Store store, Seq una) noexcept {
  start_ = una;
  while (head_ != no_index && store.nodes[head_].seq + store.nodes[head_].slice.size() <= una) {
    const std::uint32_t gone = head_;
    head_ = store.nodes[gone].next;
    if (cursor_ == gone) cursor_ = head_;
    store.drop(gone);
  }
  if (head_ == no_index) tail_ = cursor_ = no_index;
}

std::uint32_t SendQueue::find(const Store& store, Seq seq) const noexcept {
  std::uint32_t index = cursor_ != no_index && store.nodes[cursor_].seq <= seq ? cursor_ : head_;
  while (index != no_index && store.nodes[index].seq + store.nodes[index].slice.size() <= seq) index = store.nodes[index].next;
  return index;
}

}  // namespace tcp
