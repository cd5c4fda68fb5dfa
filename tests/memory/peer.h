// The network around an instance: one shard of our own engine on the other end of its memif, in real time, on this thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "engine/eth_port.h"
#include "engine/handover.h"
#include "engine/neighbor_table.h"
#include "engine/qsbr.h"
#include "engine/routes.h"
#include "engine/rss.h"
#include "engine/shard.h"
#include "engine/snapshot.h"
#include "engine/tsc.h"
#include "tcp/stack.h"
#include "tests/memory/web.h"

namespace memory {

inline constexpr std::chrono::seconds patience{8};  // for anything that should come at once, on a machine that does other things
/// How long a wait may take: as long as the running test has left of its ten seconds, at most `patience`.
[[nodiscard]] std::chrono::milliseconds time_left();

/// The client is 198.18.0.2; servers listen on 198.18.0.21:80 and 198.18.0.22:80, all on one port.
class Peer {
 public:
  explicit Peer(const std::string& memif_socket);
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer();

  [[nodiscard]] Web& web() noexcept { return *web_; }
  [[nodiscard]] engine::Instant now() const noexcept { return clock_.read(); }
  [[nodiscard]] tcp::Stack& stack() noexcept { return *stack_; }
  [[nodiscard]] engine::Shard& shard() noexcept { return *shard_; }

  /// Turns until `condition()`.   Returns: whether it came true in time.
  template <typename Condition>
  bool run_until(Condition&& condition, std::chrono::milliseconds timeout = patience) {
    const auto end = std::chrono::steady_clock::now() + std::min(timeout, time_left());
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      turn();
    }
    return true;
  }
  void run_for(std::chrono::milliseconds time);
  /// Until the other end has accepted the link.
  [[nodiscard]] bool wait_for_link();
  /// How many mbufs are out of the mempool.
  [[nodiscard]] std::uint64_t mbufs_in_use() const;

 private:
  void turn();
  void learn_neighbors();

  engine::TscClock clock_;
  engine::Qsbr qsbr_{1};
  engine::SnapshotSlot snapshots_{qsbr_};
  engine::Steering steering_;
  engine::NeighborTable neighbors_{64};
  std::unique_ptr<engine::Handover> handover_;
  std::unique_ptr<engine::Routes> routes_;
  std::unique_ptr<engine::Mempool> mempool_;
  std::unique_ptr<engine::EthPort> port_;
  tcp::Stack::Limits limits_;
  std::unique_ptr<engine::Shard> shard_;
  std::unique_ptr<tcp::Stack> stack_;
  std::unique_ptr<Web> web_;
};

}  // namespace memory
