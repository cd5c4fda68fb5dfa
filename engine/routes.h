// The routes of the engine: two FIBs, left and right. Readers use one while a batch goes into the other; then they swap.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/fib.h"
#include "engine/ids.h"
#include "engine/region.h"

namespace engine {

/// Where a packet goes.
struct NextHop {
  enum class Kind : std::uint8_t { none, local, connected, gateway, broadcast, unreachable, blackhole };
  Kind kind = Kind::none;
  PortId port{};   // egress; for local and broadcast the port that has the address
  Ipv4 gateway{};  // Kind::gateway
  Ipv4 source{};   // our address when we originate
  friend bool operator==(const NextHop&, const NextHop&) noexcept = default;
};

struct Route {
  Cidr prefix;
  NextHop next_hop;
  friend bool operator==(const Route&, const Route&) noexcept = default;
};

/// Control thread writes, shards read through `RouteView`. 22.11's rte_fib recycles tbl8 groups under readers, hence two.
class Routes {
 public:
  struct Options {
    std::string name;  // unique in the process
    Fib::Kind kind = Fib::Kind::dir24_8;
    std::uint32_t capacity_routes = 4096;
  };
  static Result<std::unique_ptr<Routes>> create(const Options& options);

  /// Replaces the whole table by `routes` (the last of equal prefixes wins): only differences are applied. `grace` must return
  /// after every reader has passed a quiescent state.   Errors: capacity; the table stays as it was.
  Result<void> assign(std::span<const Route> routes, const std::function<void()>& grace);

  [[nodiscard]] const Fib& active() const noexcept { return *fibs_[active_.load(std::memory_order_acquire)]; }
  /// Requires: an id that a FIB returned.
  [[nodiscard]] const NextHop& next_hop(NextHopId id) const noexcept { return next_hops_[id]; }
  [[nodiscard]] std::size_t size() const noexcept { return table_.size(); }
  [[nodiscard]] std::vector<Route> list() const;

 private:
  struct Change {
    Cidr prefix;
    NextHopId next_hop;  // no_next_hop: remove
  };
  struct NextHopHash {
    [[nodiscard]] std::size_t operator()(const NextHop& hop) const noexcept;
  };
  explicit Routes(std::uint32_t capacity) : capacity_{capacity}, next_hops_{next_hops_max} {}
  [[nodiscard]] Result<NextHopId> intern(const NextHop& hop);
  [[nodiscard]] NextHopId unused_id() noexcept;
  void count_users(const std::map<Cidr, NextHopId>& table);
  static Result<void> apply(Fib& fib, std::span<const Change> changes, const std::map<Cidr, NextHopId>& before);

  static constexpr std::uint32_t next_hops_max = 65'536;
  std::uint32_t capacity_;
  std::array<std::unique_ptr<Fib>, 2> fibs_;
  std::atomic<unsigned> active_{0};
  Region<NextHop> next_hops_;  // [0] is Kind::none
  std::unordered_map<NextHop, NextHopId, NextHopHash> ids_{};
  std::vector<std::uint32_t> users_{};  // routes per next hop; 0: free to reuse after the next grace period
  NextHopId unused_from_ = 1;           // no id below is unused
  std::map<Cidr, NextHopId> table_;     // the control thread's own list
};

}  // namespace engine
