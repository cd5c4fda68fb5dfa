// A running instance: everything that a configuration asks for, built in order, started, stopped in reverse.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "apps/config.h"
#include "apps/instance/plan.h"
#include "apps/instance/site_view.h"
#include "apps/instance/worker.h"
#include "engine/eal.h"
#include "engine/eth_port.h"
#include "engine/handover.h"
#include "engine/neighbor_table.h"
#include "engine/qsbr.h"
#include "engine/result.h"
#include "engine/routes.h"
#include "engine/rss.h"
#include "engine/snapshot.h"
#include "engine/tsc.h"
#include "http/pattern_compiler.h"
#include "http/site_builder.h"

namespace apps {

/// All of it belongs to the control thread, but what the shards read (snapshots, routes, neighbors), and the counters and
/// site_view(), which any thread may read.
class Instance {
 public:
  /// Errors: everything that can go wrong before the first packet, with its place. Nothing is left behind then.
  static engine::Result<std::unique_ptr<Instance>> start(Config config, std::span<const std::string> eal_arguments);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance();

  /// A configuration that only has to be published.
  struct Prepared {
    Config config;
    std::unique_ptr<http::Snapshot> snapshot;
  };
  /// Builds what `next` says about listeners, rules, pools, routes, neighbors and [tcp]. On the builder's thread: it may take
  /// seconds. Errors: what needs a restart, or cannot be built.   Requires: one call at a time.
  engine::Result<Prepared> prepare(Config next);
  /// Publishes it, between two turns of each shard.   Errors: nothing has changed then.
  engine::Result<void> adopt(Prepared prepared);
  /// What control does all the time: news of neighbors into the table, retired snapshots freed. Under a millisecond.
  void housekeeping();

  void drain() noexcept;
  void abort_connections() noexcept;
  /// Connections of clients, TIME-WAIT not counted.
  [[nodiscard]] std::uint64_t sessions() const noexcept;

  [[nodiscard]] const Config& config() const noexcept { return config_; }
  [[nodiscard]] const std::string& name() const noexcept { return config_.engine.name; }
  [[nodiscard]] const MemoryPlan& plan() const noexcept { return plan_; }
  [[nodiscard]] const std::vector<std::unique_ptr<Worker>>& workers() const noexcept { return workers_; }
  [[nodiscard]] const std::vector<std::unique_ptr<engine::EthPort>>& ports() const noexcept { return ports_; }
  [[nodiscard]] const engine::NeighborTable& neighbors() const noexcept { return *neighbors_; }
  [[nodiscard]] const engine::SnapshotSlot& snapshots() const noexcept { return *snapshots_; }
  [[nodiscard]] const http::SiteNames& site_names() const noexcept { return site_builder_->names(); }
  /// What was published last.
  [[nodiscard]] std::shared_ptr<const SiteView> site_view() const {
    const std::lock_guard lock{view_mutex_};
    return view_;
  }
  [[nodiscard]] engine::Instant now() const noexcept { return clock_.read(); }
  [[nodiscard]] bool is_draining() const noexcept { return orders_.http.drain.load(); }

 private:
  explicit Instance(Config config) : config_{std::move(config)} {}
  engine::Result<void> start_eal(std::span<const std::string> arguments);
  engine::Result<void> open_ports();
  engine::Result<void> make_tables();
  engine::Result<void> make_mempools();
  engine::Result<void> make_workers();
  engine::Result<void> start_ports();
  void launch();
  void wake_workers() noexcept;
  [[nodiscard]] std::vector<unsigned> worker_cpus() const;
  [[nodiscard]] std::uint16_t wanted_queues(const engine::PortSettings& port) const;
  [[nodiscard]] std::uint16_t worker_of_queue(std::size_t port, std::uint16_t queue) const;
  [[nodiscard]] engine::Shard::Options shard_options(std::uint16_t worker);
  [[nodiscard]] engine::Result<std::unique_ptr<http::Snapshot>> make_snapshot(const Config& config);
  void set_static_neighbors(const Config& config);
  void learn_neighbors();
  void forget_old_neighbors();
  engine::Result<void> publish(const Config& config, std::unique_ptr<http::Snapshot> snapshot);
  static int run_worker(void* argument);

  Config config_;
  MemoryPlan plan_;
  ShardOrders orders_;
  std::unique_ptr<engine::Eal> eal_;
  engine::TscClock clock_{0, 1'000'000'000};  // set once the EAL knows the TSC's rate
  std::unique_ptr<engine::Qsbr> qsbr_;
  std::unique_ptr<engine::SnapshotSlot> snapshots_;
  std::unique_ptr<engine::Steering> steering_;
  std::unique_ptr<engine::Handover> handover_;
  std::unique_ptr<engine::Routes> routes_;
  std::unique_ptr<engine::NeighborTable> neighbors_;
  std::unique_ptr<http::PatternCompiler> compiler_;
  std::unique_ptr<http::SiteBuilder> site_builder_;
  std::unique_ptr<tcp::Stack::Limits> limits_;
  std::vector<std::unique_ptr<engine::EthPort>> ports_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<engine::Neighbor> static_neighbors_;
  mutable std::mutex view_mutex_;  // control and readers beside the shards: never a shard
  std::shared_ptr<const SiteView> view_;
  std::uint64_t generation_ = 0;
  engine::Instant aged_{};             // when old neighbors were forgotten last
  std::size_t neighbors_refused_ = 0;  // said once per flood
  bool launched_ = false;
};

}  // namespace apps
