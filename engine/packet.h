// A packet on loan: a move-only handle of one mbuf chain. Who holds it frees it or passes it on.
#pragma once

#include <rte_mbuf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "engine/check.h"
#include "engine/ids.h"
#include "engine/wire.h"

namespace engine {

/// From IpInput on the data starts at the IPv4 header; the Ethernet header is put in front again just before transmission.
class Packet {
 public:
  Packet() noexcept = default;
  explicit Packet(rte_mbuf* mbuf) noexcept : mbuf_{mbuf} {}
  Packet(Packet&& other) noexcept : mbuf_{std::exchange(other.mbuf_, nullptr)} {}
  Packet& operator=(Packet&& other) noexcept {
    std::swap(mbuf_, other.mbuf_);
    return *this;
  }
  ~Packet() {
    if (mbuf_ != nullptr) rte_pktmbuf_free(mbuf_);
  }
  explicit operator bool() const noexcept { return mbuf_ != nullptr; }
  /// Gives up ownership.
  [[nodiscard]] rte_mbuf* release() && noexcept { return std::exchange(mbuf_, nullptr); }
  [[nodiscard]] rte_mbuf* get() const noexcept { return mbuf_; }

  [[nodiscard]] std::byte* data() const noexcept { return rte_pktmbuf_mtod(mbuf_, std::byte*); }
  /// Bytes in the first segment: headers must lie here.
  [[nodiscard]] std::span<const std::byte> first_segment() const noexcept { return {data(), mbuf_->data_len}; }
  [[nodiscard]] std::size_t bytes() const noexcept { return mbuf_->pkt_len; }
  [[nodiscard]] bool is_chain() const noexcept { return mbuf_->nb_segs > 1; }

  [[nodiscard]] PortId port() const noexcept { return PortId{mbuf_->port}; }
  void set_port(PortId port) noexcept { mbuf_->port = port.value; }

  template <typename Header>
  [[nodiscard]] Header header_at(std::size_t offset) const noexcept {
    DCHECK(offset + sizeof(Header) <= mbuf_->data_len);
    Header header;
    std::memcpy(static_cast<void*>(&header), data() + offset, sizeof header);
    return header;
  }
  /// A header in place, to be rewritten. Wire structs have alignment 1.   Requires: it lies in the first segment.
  template <typename Header>
  requires(alignof(Header) == 1) [[nodiscard]] Header& rewrite(std::size_t offset) const noexcept {
    DCHECK(offset + sizeof(Header) <= mbuf_->data_len);
    return *reinterpret_cast<Header*>(data() + offset);
  }

  /// Requires: n <= first_segment().size().
  void strip_front(std::uint16_t n) noexcept { rte_pktmbuf_adj(mbuf_, n); }
  /// Room of n bytes in front.   Requires: headroom (RTE_PKTMBUF_HEADROOM covers all our headers).
  std::byte* push_front(std::uint16_t n) noexcept {
    auto* at = reinterpret_cast<std::byte*>(rte_pktmbuf_prepend(mbuf_, n));
    DCHECK(at != nullptr);
    return at;
  }
  /// Cuts the packet to n bytes (Ethernet pads to 60).   Requires: n <= bytes().
  void trim_to(std::size_t n) noexcept {
    DCHECK(n <= bytes());
    const std::size_t surplus = bytes() - n;
    if (surplus == 0) [[likely]]
      return;
    if (surplus < rte_pktmbuf_lastseg(mbuf_)->data_len) {
      rte_pktmbuf_trim(mbuf_, static_cast<std::uint16_t>(surplus));
    } else {
      trim_chain_to(n);
    }
  }

  [[nodiscard]] bool ip_checksum_verified() const noexcept {
    return (mbuf_->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD;
  }
  [[nodiscard]] bool l4_checksum_verified() const noexcept {
    return (mbuf_->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_GOOD;
  }
  /// Forgets what the receiving driver said, so that a transmitting one does not read it as an order.
  void clear_offloads() noexcept {
    mbuf_->ol_flags &= RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL;
    mbuf_->tx_offload = 0;
  }

 private:
  void trim_chain_to(std::size_t n) noexcept;  // when whole segments fall away

  rte_mbuf* mbuf_ = nullptr;
};

}  // namespace engine
