// Bytes of our own making: written into an mbuf and handed on as a slice.
#pragma once

#include <span>

#include "engine/mempool.h"
#include "engine/slice.h"

namespace engine {

/// Room in a fresh mbuf. What was written becomes a slice; without that the mbuf goes back.
class ByteBuffer {
 public:
  /// `room()` is empty if the mempool is.
  explicit ByteBuffer(Mempool& mempool) noexcept : packet_{mempool.allocate()} {}

  [[nodiscard]] std::span<char> room() const noexcept {
    if (!packet_) return {};
    return {rte_pktmbuf_mtod(packet_.get(), char*), rte_pktmbuf_tailroom(packet_.get())};
  }
  /// The first n bytes of the room as a slice.   Requires: n <= room().size(), called once.
  [[nodiscard]] Slice finish(std::size_t n) && noexcept {
    const char* start = rte_pktmbuf_append(packet_.get(), static_cast<std::uint16_t>(n));
    rte_mbuf* mbuf = std::move(packet_).release();
    return Slice::of_mbuf(mbuf, std::as_bytes(std::span{start, n}));
  }

 private:
  Packet packet_;
};

}  // namespace engine
