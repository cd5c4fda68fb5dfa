// What a receive window costs in mbufs.
#pragma once

#include <cstdint>

namespace tcp {

/// Bytes of text per mbuf that a connection is sure to reach: text that waits is copied behind its neighbour while it is small
/// (RecvQueue::append), so two mbufs in a row hold more than one of them could.
inline constexpr std::uint32_t bytes_per_mbuf = 960;

/// mbufs that a peer can make us hold if it uses a window of `bytes`.
[[nodiscard]] constexpr std::uint32_t mbufs_for_window(std::uint32_t bytes) noexcept {
  return bytes == 0 ? 0 : 1 + bytes / bytes_per_mbuf;
}
static_assert(mbufs_for_window(1460) == 2);

/// The largest window that costs no more than `mbufs`.   Units: bytes.
[[nodiscard]] constexpr std::uint32_t window_for_mbufs(std::uint32_t mbufs) noexcept {
  return mbufs == 0 ? 0 : mbufs * bytes_per_mbuf - 1;
}
static_assert(mbufs_for_window(window_for_mbufs(2)) == 2 && mbufs_for_window(window_for_mbufs(2) + 1) == 3);

/// The largest window: its charge is counted in 16 bits (Tcb::promised_mbufs).
inline constexpr std::uint32_t window_bytes_max = 65'534u * bytes_per_mbuf;
static_assert(mbufs_for_window(window_bytes_max) == 65'535);

}  // namespace tcp
