// Rings between shards: a packet that came to the wrong worker, or that must leave through a queue of another one, costs one hop.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/burst.h"
#include "engine/ids.h"
#include "engine/result.h"

struct rte_ring;

namespace engine {

/// All rings of an engine, and the bell of each shard. Two rings per ordered pair: received packets for the owner of their flow
/// (data at the IPv4 header), and finished frames for a transmit queue of the other shard (Packet::port() says which port).
class Handover {
 public:
  enum class Kind : std::uint8_t { received, transmit };

  static Result<std::unique_ptr<Handover>> create(const std::string& name, std::uint16_t shards, std::uint32_t slots);
  Handover(const Handover&) = delete;
  Handover& operator=(const Handover&) = delete;
  ~Handover();

  /// Returns: false when the ring is full; the packet stays the caller's, who counts the drop.
  [[nodiscard]] bool try_push(ShardId from, ShardId to, Kind kind, Packet& packet) noexcept;
  /// Moves what others sent to `to` into `burst`, until it is full.
  void pop(ShardId to, Kind kind, Burst& burst) noexcept;
  /// Packets in the rings towards `to`.
  [[nodiscard]] bool is_empty(ShardId to) const noexcept;

  /// Wakes `to` if it sleeps. Called once per turn and target, after the pushes.
  void ring_bell(ShardId to) noexcept;
  /// The sleeping side: announce, look once more at every source of work, then wait on bell_fd; clear afterwards.
  void announce_sleep(ShardId self) noexcept;
  void awake(ShardId self) noexcept;
  [[nodiscard]] int bell_fd(ShardId self) const noexcept { return bells_[self.value]->fd; }
  [[nodiscard]] std::uint16_t shards() const noexcept { return shards_; }

 private:
  struct alignas(64) Bell {
    int fd = -1;
    std::atomic<bool> sleeping{false};
  };
  explicit Handover(std::uint16_t shards) : shards_{shards} {}
  [[nodiscard]] rte_ring*& ring(ShardId from, ShardId to, Kind kind) noexcept {
    return rings_[(std::size_t{from.value} * shards_ + to.value) * 2 + static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] rte_ring* ring(ShardId from, ShardId to, Kind kind) const noexcept {
    return rings_[(std::size_t{from.value} * shards_ + to.value) * 2 + static_cast<std::size_t>(kind)];
  }

  std::uint16_t shards_;
  std::vector<rte_ring*> rings_;
  std::vector<std::unique_ptr<Bell>> bells_;
};

}  // namespace engine
