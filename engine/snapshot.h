// Config is a value: an immutable Snapshot is published as one pointer, taken by each shard between two turns, and goes after a
// grace period.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/ids.h"
#include "engine/ip_config.h"
#include "engine/qsbr.h"

namespace engine {

/// What the engine needs of a configuration. Applications derive from it and add theirs.
struct Snapshot {
  virtual ~Snapshot() = default;
  /// Past its grace period: does nothing that outlives a turn (a session, a segment with the driver) hold a part of it any more?
  [[nodiscard]] virtual bool is_unused() const { return true; }
  std::uint64_t generation = 0;
  IpConfig ip;
};

/// The pointer and what it replaced. One writer (control), many readers (shards).
class SnapshotSlot {
 public:
  explicit SnapshotSlot(Qsbr& qsbr) noexcept : qsbr_{qsbr} {}
  SnapshotSlot(const SnapshotSlot&) = delete;
  SnapshotSlot& operator=(const SnapshotSlot&) = delete;

  /// Shards, between two turns. Valid until the shard's next quiescent state.
  [[nodiscard]] const Snapshot* current() const noexcept { return current_.load(std::memory_order_acquire); }

  /// How many were published. A shard that kept the number of the last one it took sees whether there is a newer: the pointer
  /// alone could be the same again after the old object was freed.
  [[nodiscard]] std::uint64_t published() const noexcept { return published_.load(std::memory_order_acquire); }

  /// Control: replaces the snapshot; the old one is retired and freed by `reclaim` when no shard can use it.
  void publish(std::unique_ptr<const Snapshot> next);
  /// Control, now and then: frees what is past its grace period.
  void reclaim();
  [[nodiscard]] std::size_t retired() const noexcept { return retired_count_.load(std::memory_order_relaxed); }

 private:
  struct Retired {
    std::unique_ptr<const Snapshot> snapshot;
    std::uint64_t token;
  };
  Qsbr& qsbr_;
  std::atomic<const Snapshot*> current_{nullptr};
  std::atomic<std::uint64_t> published_{0};
  std::unique_ptr<const Snapshot> owned_;
  std::vector<Retired> retired_;
  std::atomic<std::size_t> retired_count_{0};
};

}  // namespace engine
