// The mbufs of one shard: a mempool of packets and one of references (indirect mbufs without bytes of their own).
#pragma once

#include <rte_mbuf.h>

#include <cstdint>
#include <memory>
#include <string>

#include "engine/mbuf_budget.h"
#include "engine/packet.h"
#include "engine/result.h"
#include "engine/slice.h"

namespace engine {

class Mempool {
 public:
  struct Options {
    std::string name;  // unique in the process, at most 20 characters
    MbufLimits limits;
    std::uint16_t data_room_bytes = 2048;  // without headroom
    int numa_node = -1;                    // SOCKET_ID_ANY
  };
  static Result<std::unique_ptr<Mempool>> create(const Options& options);
  Mempool(const Mempool&) = delete;
  Mempool& operator=(const Mempool&) = delete;
  ~Mempool();

  /// An empty packet with headroom, or an empty handle: the caller counts `mbufs_exhausted`.
  [[nodiscard]] Packet allocate() noexcept { return Packet{rte_pktmbuf_alloc(packets_)}; }
  /// The same for a further segment of a chain; null when exhausted.
  [[nodiscard]] rte_mbuf* allocate_raw() noexcept { return rte_pktmbuf_alloc(packets_); }
  /// An indirect mbuf that shows `slice`'s bytes and shares its mbuf; null when exhausted.   Requires: slice.is_mbuf().
  [[nodiscard]] rte_mbuf* refer(const Slice& slice) noexcept;

  [[nodiscard]] rte_mempool* packets() const noexcept { return packets_; }
  [[nodiscard]] rte_mempool* references() const noexcept { return references_; }
  [[nodiscard]] std::uint16_t data_room_bytes() const noexcept { return data_room_bytes_; }
  [[nodiscard]] std::uint32_t size() const noexcept { return packets_->size; }
  /// mbufs not in use, caches included. Racy by nature while the engine runs: caches belong to lcores.
  [[nodiscard]] std::uint32_t available() const noexcept { return rte_mempool_avail_count(packets_); }

 private:
  Mempool(rte_mempool* packets, rte_mempool* references, std::uint16_t data_room) noexcept
      : packets_{packets}, references_{references}, data_room_bytes_{data_room} {}
  rte_mempool* packets_;
  rte_mempool* references_;
  std::uint16_t data_room_bytes_;
};

/// Bytes of memory for `mbufs` of `data_room_bytes`, headers and headroom included: what a plan must reserve.
[[nodiscard]] std::uint64_t mempool_bytes(std::uint64_t mbufs, std::uint16_t data_room_bytes) noexcept;

}  // namespace engine
