// One shard with everything on it, over peers in process: what the macro benchmarks turn.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/macro/peers.h"
#include "engine/handover.h"
#include "engine/neighbor_table.h"
#include "engine/qsbr.h"
#include "engine/routes.h"
#include "engine/rss.h"
#include "engine/shard.h"
#include "engine/snapshot.h"
#include "engine/tsc.h"
#include "http/pattern_compiler.h"
#include "http/proxy.h"
#include "http/site_builder.h"
#include "tcp/stack.h"

namespace bench {

/// A result of one measurement.   Units: TSC cycles.
struct Figures {
  std::uint64_t operations = 0;
  double total = 0, own = 0;               // per operation; own: the peers'
  double packets_in = 0, packets_out = 0;  // per operation, seen from the engine
  [[nodiscard]] double engine() const noexcept { return total - own; }
};

class World {
 public:
  /// `ports`: made by the caller with `port_info` and `mempool`; port i has the address 10.i.0.1/16 but 10.0.0.1/8 for port 0 of
  /// one.
  World(std::uint32_t connections_max, std::uint64_t account_mbufs);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] engine::PortInfo port_info(std::uint16_t index, bool checksum_offload) const;
  [[nodiscard]] engine::Mempool& peer_mempool() noexcept { return *peer_mempool_; }
  [[nodiscard]] Meter& meter() noexcept { return meter_; }

  void add_port(engine::Port& port, const std::string& address);
  void add_route(const std::string& prefix, std::uint16_t port, const std::string& gateway);
  /// Builds the shard. `parts`: the site; listener 0 answers on 10.0.0.1:80.
  void start(http::SiteParts parts, bool forwarding);
  /// Turns until `count()` has grown by `operations` after `warmup` operations, or 20 s have passed.
  [[nodiscard]] Figures measure(const std::function<std::uint64_t()>& count, std::uint64_t warmup, std::uint64_t operations);
  void turn() noexcept { shard_->turn(clock_.read()); }
  [[nodiscard]] tcp::Stack& stack() noexcept { return *stack_; }
  [[nodiscard]] http::Proxy& proxy() noexcept { return *proxy_; }
  [[nodiscard]] engine::Shard& shard() noexcept { return *shard_; }

 private:
  std::uint32_t connections_max_;
  std::uint64_t account_mbufs_;
  engine::TscClock clock_;
  Meter meter_;
  engine::Qsbr qsbr_{1};
  engine::SnapshotSlot snapshots_{qsbr_};
  std::unique_ptr<engine::Steering> steering_;
  std::unique_ptr<engine::Handover> handover_;
  std::unique_ptr<engine::Routes> routes_;
  engine::NeighborTable neighbors_{1024};
  std::unique_ptr<engine::Mempool> mempool_, peer_mempool_;
  std::vector<engine::Port*> ports_;
  std::vector<engine::PortConfig> port_configs_;
  std::vector<engine::Route> route_list_;
  std::unique_ptr<http::PatternCompiler> compiler_;
  std::unique_ptr<http::SiteBuilder> builder_;
  std::unique_ptr<tcp::Stack::Limits> limits_;
  std::unique_ptr<engine::Shard> shard_;
  std::unique_ptr<tcp::Stack> stack_;
  std::unique_ptr<http::Proxy> proxy_;
};

}  // namespace bench
