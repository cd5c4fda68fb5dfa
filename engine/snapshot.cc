#include "engine/snapshot.h"

#include <algorithm>
#include <utility>

namespace engine {

void SnapshotSlot::publish(std::unique_ptr<const Snapshot> next) {
  current_.store(next.get(), std::memory_order_release);
  published_.fetch_add(1, std::memory_order_release);  // before the grace period begins: who passes it sees the number
  auto old = std::exchange(owned_, std::move(next));
  if (old) retired_.push_back({std::move(old), qsbr_.start_grace()});
  retired_count_.store(retired_.size(), std::memory_order_relaxed);
}

void SnapshotSlot::reclaim() {
  std::erase_if(retired_, [this](const Retired& r) { return qsbr_.is_over(r.token) && r.snapshot->is_unused(); });
  retired_count_.store(retired_.size(), std::memory_order_relaxed);
}

}  // namespace engine
