// A simulated host: the engine's real shards, our real TCP, any application, over a port of the network.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/handover.h"
#include "engine/neighbor_table.h"
#include "engine/routes.h"
#include "engine/rss.h"
#include "engine/shard.h"
#include "engine/snapshot.h"
#include "tcp/stack.h"
#include "tests/sim/network.h"

namespace sim {

struct HostOptions {
  std::string address;                  // "10.0.0.1/24"
  std::vector<std::string> answered{};  // further addresses that are ours
  std::uint16_t shards = 1;
  std::uint16_t queues = 0;  // of the port; 0: one per shard
  std::uint16_t mtu = 1500;
  std::uint64_t seed = 1;
  std::uint32_t connections_max = 256;
  std::uint64_t account_mbufs = 4096;
  std::uint64_t account_connections = 0;  // with a floor of their own in the account; 0: connections_max
  tcp::Config tcp{};
  std::vector<tcp::Listeners::Entry> listeners{};  // at the start
};

/// Makes what a host publishes: a tcp::Snapshot or something derived from it, its `ip` and `listeners` filled in by the host.
using SnapshotMaker = std::function<std::unique_ptr<tcp::Snapshot>()>;
using ApplicationMaker = std::function<std::unique_ptr<tcp::Application>(tcp::Stack&, std::uint16_t shard)>;

class EngineHost : public Host {
 public:
  EngineHost(Network& network, const HostOptions& options, const ApplicationMaker& make_application,
             const SnapshotMaker& make_snapshot = {});
  EngineHost(const EngineHost&) = delete;
  EngineHost& operator=(const EngineHost&) = delete;
  ~EngineHost() override;

  bool turn(Instant now) override;
  [[nodiscard]] std::optional<Instant> next_deadline(Instant now) const override;
  [[nodiscard]] bool has_frames() const override { return port_->has_frames(); }

  /// Publishes listeners: (address, TCP port) -> id by position.
  void listen(const std::vector<engine::SocketAddress>& addresses);
  /// The same with ids of the caller's.
  void listen(std::vector<tcp::Listeners::Entry> entries);

  /// The host takes no turns: what comes waits, and is one burst when it goes on.
  void set_paused(bool paused) { paused_ = paused; }
  /// The host falls silent, or speaks again.
  void set_cut_off(bool cut) { port_->is_cut = cut; }

  [[nodiscard]] LinkPort& port() { return *port_; }
  [[nodiscard]] tcp::Stack& stack(std::uint16_t shard = 0) { return *workers_[shard]->stack; }
  [[nodiscard]] tcp::Application& application(std::uint16_t shard = 0) { return *workers_[shard]->application; }
  [[nodiscard]] engine::Shard& shard(std::uint16_t shard = 0) { return *workers_[shard]->shard; }
  [[nodiscard]] std::uint16_t shards() const { return static_cast<std::uint16_t>(workers_.size()); }
  /// Connections of all shards, TIME-WAIT not counted.
  [[nodiscard]] std::uint32_t connections() const;
  /// Snapshots that something still holds a part of.
  [[nodiscard]] std::size_t retired_snapshots() const { return snapshots_.retired(); }
  /// A line for each connection: where it stands. For failures.
  [[nodiscard]] std::string describe_connections();
  /// Everything that must hold when nothing is going on: no charge, no packet unaccounted, every mbuf back.
  void expect_clean() const;

 private:
  struct Worker {
    engine::Mempool* mempool;
    std::unique_ptr<engine::Shard> shard;
    std::unique_ptr<tcp::Stack> stack;
    std::unique_ptr<tcp::Application> application;
  };
  void control(Instant now);
  void publish();
  void check_conservation(std::size_t worker) const;

  HostOptions options_;
  engine::Qsbr qsbr_;
  engine::SnapshotSlot snapshots_{qsbr_};
  engine::Steering steering_;
  engine::NeighborTable neighbors_{64};
  std::unique_ptr<engine::Handover> handover_;
  std::unique_ptr<engine::Routes> routes_;
  std::unique_ptr<LinkPort> port_;
  tcp::Stack::Limits limits_;
  SnapshotMaker make_snapshot_;
  std::vector<tcp::Listeners::Entry> listeners_;
  std::vector<std::unique_ptr<Worker>> workers_;
  bool paused_ = false;
};

}  // namespace sim
