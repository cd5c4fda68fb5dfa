// The last packet lost for each reason, for people: one writer (a shard), any reader.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/ids.h"
#include "engine/time.h"

namespace engine {

/// What the first byte of a packet in hand belongs to: stages strip headers.
enum class PacketStart : std::uint8_t { ethernet, arp, ipv4 };

struct DropExample {
  static constexpr std::size_t bytes_max = 64;
  Instant time{};
  PortId port;  // none: above IP, or of our own
  PacketStart start = PacketStart::ipv4;
  std::uint32_t packet_bytes = 0;  // of the whole packet, from `start` on
  std::uint8_t kept_bytes = 0;
  std::array<std::byte, bytes_max> bytes{};
  [[nodiscard]] std::span<const std::byte> kept() const noexcept { return {bytes.data(), kept_bytes}; }
};

class DropExamples {
 public:
  /// Between two records of a reason: a flood of losses costs one comparison each.
  static constexpr Duration interval = 1ms;

  /// `reasons`: how many, numbered from 0.
  explicit DropExamples(std::size_t reasons) : cells_(reasons) {}
  DropExamples(const DropExamples&) = delete;
  DropExamples& operator=(const DropExamples&) = delete;

  /// Whether `record` is wanted. The writer's.
  [[nodiscard]] bool is_due(std::size_t reason, Instant now) const noexcept {
    const Cell& cell = cells_[reason];
    return cell.sequence.load(std::memory_order_relaxed) == 0 || now - cell.written >= interval;
  }
  /// Keeps the first bytes of a packet. The writer's.
  void record(std::size_t reason, Instant now, PortId port, PacketStart start, std::span<const std::byte> first,
              std::size_t packet_bytes) noexcept;

  /// Any thread.   Returns: nothing if none was recorded, or if the writer was at it all the time.
  [[nodiscard]] std::optional<DropExample> read(std::size_t reason) const noexcept;
  [[nodiscard]] std::size_t reasons() const noexcept { return cells_.size(); }

 private:
  static constexpr std::size_t words = DropExample::bytes_max / sizeof(std::uint64_t);
  struct alignas(64) Cell {
    std::atomic<std::uint32_t> sequence{0};  // 0: never written; odd: being written
    Instant written{};                       // the writer's own
    std::atomic<std::int64_t> time_ns{0};
    std::atomic<std::uint64_t> about{0};  // packet_bytes << 32 | port << 16 | start << 8 | kept_bytes
    std::array<std::atomic<std::uint64_t>, words> bytes{};
  };
  std::vector<Cell> cells_;
};

}  // namespace engine
