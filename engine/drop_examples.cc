#include "engine/drop_examples.h"

#include <algorithm>
#include <cstring>

namespace engine {

void DropExamples::record(std::size_t reason, Instant now, PortId port, PacketStart start, std::span<const std::byte> first,
                          std::size_t packet_bytes) noexcept {
  Cell& cell = cells_[reason];
  std::array<std::uint64_t, words> copy{};
  const std::size_t kept = std::min(first.size(), DropExample::bytes_max);
  if (kept != 0) std::memcpy(copy.data(), first.data(), kept);
  const std::uint64_t about = std::uint64_t{std::min<std::size_t>(packet_bytes, UINT32_MAX)} << 32 |
                              std::uint64_t{port.value} << 16 | std::uint64_t{static_cast<std::uint8_t>(start)} << 8 | kept;

  std::uint32_t sequence = cell.sequence.load(std::memory_order_relaxed);
  if (sequence == UINT32_MAX - 1) sequence = 0;  // 0 would say that nothing is there: after a wrap comes 2
  cell.sequence.store(sequence + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  cell.written = now;
  cell.time_ns.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  cell.about.store(about, std::memory_order_relaxed);
  for (std::size_t i = 0; i < words; ++i) cell.bytes[i].store(copy[i], std::memory_order_relaxed);
  cell.sequence.store(sequence + 2, std::memory_order_release);
}

std::optional<DropExample> DropExamples::read(std::size_t reason) const noexcept {
  const Cell& cell = cells_[reason];
  for (int attempt = 0; attempt < 64; ++attempt) {
    const std::uint32_t before = cell.sequence.load(std::memory_order_acquire);
    if (before == 0) return std::nullopt;
    if ((before & 1) != 0) continue;
    const std::int64_t time_ns = cell.time_ns.load(std::memory_order_relaxed);
    const std::uint64_t about = cell.about.load(std::memory_order_relaxed);
    std::array<std::uint64_t, words> copy;
    for (std::size_t i = 0; i < words; ++i) copy[i] = cell.bytes[i].load(std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (cell.sequence.load(std::memory_order_relaxed) != before) continue;
    DropExample example;
    example.time = Instant{Duration{time_ns}};
    example.port = PortId{static_cast<std::uint16_t>(about >> 16)};
    example.start = static_cast<PacketStart>(about >> 8 & 0xff);
    example.packet_bytes = static_cast<std::uint32_t>(about >> 32);
    example.kept_bytes = static_cast<std::uint8_t>(about);
    std::memcpy(example.bytes.data(), copy.data(), DropExample::bytes_max);
    return example;
  }
  return std::nullopt;
}

}  // namespace engine
