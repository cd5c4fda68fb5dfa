// One shard with everything on it, over peers in process: what the macro benchmarks turn.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/macro/peer_port.h"
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

/// A result of one measurement.   Units: TSC cycles per operation; the median of short windows, but for `cpu`.
struct Figures {
  double engine = 0, own = 0, total = 0;   // engine = total - own; own: the peers'
  double cpu = 0;                          // total once more: the mean, from the thread's CPU time
  double packets_in = 0, packets_out = 0;  // per operation, seen from the engine
  std::string fault{};                     // why these are no figures
};

class World {
 public:
  struct Options {
    std::uint32_t connections_max = 64;
    std::uint64_t account_mbufs = 65'536;
    std::uint32_t time_wait_max = tcp::Config{}.time_wait_max;
    bool checksum_offload = false;  // of all ports, in both directions
  };
  explicit World(const Options& options);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// The next port, a P made of `arguments`, with an address and its subnet.
  template <typename P, typename... Arguments>
  P& add_port(const std::string& address, Arguments&&... arguments) {
    auto port = std::make_unique<P>(PeerContext{port_info(), *mempool_, meter_}, std::forward<Arguments>(arguments)...);
    P& added = *port;
    add(std::move(port), address);
    return added;
  }
  void add_route(const engine::Cidr& prefix, std::uint16_t port, engine::Ipv4 gateway);
  /// A neighbor known for ever, with its peer_mac.
  void add_neighbor(std::uint16_t port, engine::Ipv4 address);
  /// Builds the shard; listener 0 of the site answers on 10.0.0.1:80.
  void start(http::SiteParts parts, bool forwarding);
  /// Turns until `count` has grown by `warmup`, everything checked, then for `seconds` of CPU time in which it counts.
  [[nodiscard]] Figures measure(const std::function<std::uint64_t()>& count, std::uint64_t warmup, double seconds);

 private:
  struct Window {
    double total = 0, own = 0;
  };
  [[nodiscard]] engine::PortInfo port_info() const;
  void add(std::unique_ptr<PeerPort> port, const std::string& address);
  void turn() noexcept { shard_->turn(clock_.read()); }
  [[nodiscard]] std::vector<Window> measure_windows(const std::function<std::uint64_t()>& count, double seconds);
  [[nodiscard]] std::string find_fault() const;

  Options options_;
  engine::TscClock clock_;
  Meter meter_;
  engine::Qsbr qsbr_{1};
  engine::SnapshotSlot snapshots_{qsbr_};
  engine::Steering steering_;
  engine::NeighborTable neighbors_{1024};
  std::unique_ptr<engine::Handover> handover_;
  std::unique_ptr<engine::Routes> routes_;
  std::unique_ptr<engine::Mempool> mempool_;
  std::vector<std::unique_ptr<PeerPort>> ports_;
  std::vector<engine::PortConfig> port_configs_;
  std::vector<engine::Route> route_list_;
  std::unique_ptr<http::PatternCompiler> compiler_;
  std::unique_ptr<http::SiteBuilder> builder_;
  tcp::Stack::Limits limits_;
  std::unique_ptr<engine::Shard> shard_;
  std::unique_ptr<tcp::Stack> stack_;
  std::unique_ptr<http::Proxy> proxy_;
};

}  // namespace bench
