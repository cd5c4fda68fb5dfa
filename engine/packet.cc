#include "engine/packet.h"

namespace engine {

void Packet::trim_chain_to(std::size_t n) noexcept {
  rte_mbuf* segment = mbuf_;
  std::uint16_t segments = 1;
  std::size_t left = n;
  while (left > segment->data_len) {
    left -= segment->data_len;
    segment = segment->next;
    ++segments;
  }
  segment->data_len = static_cast<std::uint16_t>(left);
  if (segment->next != nullptr) rte_pktmbuf_free(std::exchange(segment->next, nullptr));
  mbuf_->nb_segs = segments;
  mbuf_->pkt_len = static_cast<std::uint32_t>(n);
}

}  // namespace engine
