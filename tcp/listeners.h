// Which listener a SYN is for. Immutable, part of a snapshot.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/text.h"

namespace tcp {

/// Index of a listener in its snapshot.
using ListenerId = std::uint16_t;
inline constexpr ListenerId listener_none = 0xffff;

/// (address, TCP port) -> listener, exact: wildcards were expanded by who built it.
class Listeners {
 public:
  struct Entry {
    engine::SocketAddress address;
    ListenerId id = listener_none;
  };
  Listeners() : cells_(2) {}
  explicit Listeners(std::span<const Entry> entries) : cells_(std::bit_ceil(entries.size() * 2 + 2)) {
    for (const Entry& entry : entries) {
      std::size_t i = home(entry.address);
      while (cells_[i].id != listener_none && cells_[i].address != entry.address) i = (i + 1) & (cells_.size() - 1);
      cells_[i] = entry;
    }
  }
  [[nodiscard]] ListenerId find(engine::SocketAddress address) const noexcept {
    for (std::size_t i = home(address); cells_[i].id != listener_none; i = (i + 1) & (cells_.size() - 1))
      if (cells_[i].address == address) return cells_[i].id;
    return listener_none;
  }

 private:
  [[nodiscard]] std::size_t home(const engine::SocketAddress& a) const noexcept {
    const std::uint64_t key = std::uint64_t{a.address.value} << 16 | a.port;
    return static_cast<std::size_t>(key * 0x9e3779b97f4a7c15u >> 32) & (cells_.size() - 1);
  }
  std::vector<Entry> cells_;
};

}  // namespace tcp
