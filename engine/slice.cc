#include "engine/slice.h"

#include <rte_mbuf.h>

#include <cstring>

#include "engine/check.h"

namespace engine {

Slice Slice::share(std::uint32_t offset, std::uint32_t length) const noexcept {
  DCHECK(offset + length <= length_);
  if (rte_mbuf* m = mbuf()) {
    rte_mbuf_refcnt_update(m, 1);
  } else if (SharedBytes* s = shared()) {
    s->add_reference();
  }
  return Slice{{data_ + offset, length}, holder_};
}

void Slice::release() noexcept {
  if (rte_mbuf* m = mbuf())
    rte_pktmbuf_free_seg(m);
  else
    shared()->drop_reference();
}

bool Slice::try_append_copy(std::span<const std::byte> more) noexcept {
  rte_mbuf* m = mbuf();
  if (m == nullptr || rte_mbuf_refcnt_read(m) != 1 || !RTE_MBUF_DIRECT(m)) return false;
  std::byte* end = rte_pktmbuf_mtod_offset(m, std::byte*, m->data_len);
  if (data_ + length_ != end || rte_pktmbuf_tailroom(m) < more.size()) return false;
  if (more.empty()) return true;  // whose data() may be null
  std::memcpy(end, more.data(), more.size());
  m->data_len = static_cast<std::uint16_t>(m->data_len + more.size());
  m->pkt_len += static_cast<std::uint32_t>(more.size());
  length_ += static_cast<std::uint32_t>(more.size());
  return true;
}

Slice SharedBytes::make(std::shared_ptr<const std::string> memory) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span{memory->data(), memory->size()});
  auto* self = new SharedBytes{std::move(memory)};
  return Slice{bytes, reinterpret_cast<std::uintptr_t>(self) | Slice::shared_tag};
}

}  // namespace engine
