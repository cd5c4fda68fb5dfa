// A port in memory: a test fills its receive queues and finds what was transmitted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "engine/mempool.h"
#include "engine/packet.h"
#include "engine/port.h"
#include "tests/support/packet_builder.h"

namespace support {

/// `bytes` in mbufs of `mempool`: one segment per part between `cuts` (ascending offsets), or as many as the data room asks for.
/// Ends the process if the mempool is empty.
[[nodiscard]] engine::Packet make_packet(engine::Mempool& mempool, std::span<const std::byte> bytes,
                                         std::span<const std::size_t> cuts = {});
/// All bytes of a packet, through its segments.
[[nodiscard]] Bytes bytes_of(const engine::Packet& packet);

/// One thread per queue drives it, as with a real port; the test's side may be another thread still.
class SimPort : public engine::Port {
 public:
  /// RX queue i takes its mbufs from mempools[i]; the number of queues is theirs.
  SimPort(engine::PortInfo info, std::vector<engine::Mempool*> mempools);
  SimPort(const SimPort&) = delete;
  SimPort& operator=(const SimPort&) = delete;
  ~SimPort() override = default;

  // The test's side.
  void deliver(std::uint16_t queue, engine::Packet packet);
  void deliver(std::uint16_t queue, std::span<const std::byte> frame, std::span<const std::size_t> cuts = {});
  /// Everything transmitted since the last call, queue after queue.
  [[nodiscard]] std::vector<engine::Packet> take_sent();
  [[nodiscard]] std::vector<Bytes> take_sent_bytes();
  /// Frames that wait to be received.
  [[nodiscard]] std::size_t waiting() const;
  [[nodiscard]] engine::Mempool& mempool(std::uint16_t queue) { return *queues_[queue].mempool; }
  /// Before the engine looks at it.
  [[nodiscard]] engine::PortInfo& info_to_change() noexcept { return info_; }

  /// Frames that `transmit` still takes, all queues together.
  std::size_t tx_room = unlimited;
  /// Frames that `prepare` refuses.
  std::function<bool(const rte_mbuf&)> refuses{};
  static constexpr std::size_t unlimited = SIZE_MAX;

  // The engine's side.
  std::uint16_t receive(std::uint16_t queue, rte_mbuf** mbufs, std::uint16_t room) noexcept override;
  std::uint16_t prepare(std::uint16_t queue, rte_mbuf** mbufs, std::uint16_t count) noexcept override;
  std::uint16_t transmit(std::uint16_t queue, rte_mbuf** mbufs, std::uint16_t count) noexcept override;
  [[nodiscard]] engine::PortStatus status() override { return {.up = true}; }

 private:
  struct Queue {
    engine::Mempool* mempool = nullptr;
    std::deque<engine::Packet> waiting{}, sent{};
  };
  mutable std::mutex mutex_;
  std::vector<Queue> queues_;
};

}  // namespace support
