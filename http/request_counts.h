// penstock_http_requests_total{listener,pool,server,code}: a fixed table of counters, one writer, any reader.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "engine/counters.h"

namespace http {

/// Names are numbers here; who renders metrics knows what they stand for (http/names.h).
struct RequestKey {
  std::uint16_t listener = 0;
  std::uint16_t server = 0xffff;  // numbers are unique over all pools; 0xffff: an answer of our own
  std::uint16_t code = 0;
  [[nodiscard]] constexpr std::uint64_t packed() const noexcept {
    return std::uint64_t{1} << 63 | std::uint64_t{listener} << 32 | std::uint64_t{server} << 16 | code;
  }
  [[nodiscard]] static constexpr RequestKey unpack(std::uint64_t v) noexcept {
    return {static_cast<std::uint16_t>(v >> 32), static_cast<std::uint16_t>(v >> 16), static_cast<std::uint16_t>(v)};
  }
};

class RequestCounts {
 public:
  static constexpr std::size_t capacity = 4096;

  void add(const RequestKey& key) noexcept {
    const std::uint64_t packed = key.packed();
    std::size_t i = static_cast<std::size_t>(packed * 0x9e3779b97f4a7c15u >> 52) & (capacity - 1);
    for (std::size_t probe = 0; probe < capacity; ++probe, i = (i + 1) & (capacity - 1)) {
      const std::uint64_t there = cells_[i].key.load(std::memory_order_relaxed);
      if (there == packed) return cells_[i].count.add();
      if (there != 0) continue;
      cells_[i].count.add();
      return cells_[i].key.store(packed, std::memory_order_release);
    }
    overflow_.add();
  }
  /// f(RequestKey, count) for every combination that occurred.
  template <typename F>
  void for_each(F&& f) const {
    for (const Cell& cell : cells_)
      if (const std::uint64_t key = cell.key.load(std::memory_order_acquire); key != 0)
        f(RequestKey::unpack(key), cell.count.get());
  }
  /// Requests of combinations beyond the table's capacity.
  [[nodiscard]] std::uint64_t overflow() const noexcept { return overflow_.get(); }

 private:
  struct Cell {
    std::atomic<std::uint64_t> key{0};
    engine::Counter count;
  };
  std::array<Cell, capacity> cells_;
  engine::Counter overflow_;
};

}  // namespace http
