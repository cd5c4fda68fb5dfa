// Longest-prefix match: one rte_fib. Immutable while readers use it; engine/routes.h pairs two of them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "engine/result.h"
#include "engine/text.h"

struct rte_fib;

namespace engine {

/// Index into the table of next hops; 0 is "no route".
using NextHopId = std::uint32_t;
inline constexpr NextHopId no_next_hop = 0;

class Fib {
 public:
  enum class Kind {
    dir24_8,  // 64 MiB, one or two memory reads per lookup
    tree,     // a radix tree: slow, small; for simulations with many hosts
  };
  static Result<std::unique_ptr<Fib>> create(const std::string& name, Kind kind, std::uint32_t capacity_routes);
  Fib(const Fib&) = delete;
  Fib& operator=(const Fib&) = delete;
  ~Fib();

  /// Adds or replaces.   Errors: exhausted (routes, tbl8 groups).
  Result<void> add(const Cidr& prefix, NextHopId next_hop);
  Result<void> remove(const Cidr& prefix);
  /// addresses: host order; both spans of one length.
  void lookup_bulk(std::span<std::uint32_t> addresses, std::span<std::uint64_t> next_hops) const noexcept;
  [[nodiscard]] NextHopId lookup(Ipv4 address) const noexcept;

 private:
  explicit Fib(rte_fib* fib) noexcept : fib_{fib} {}
  rte_fib* fib_;
};

}  // namespace engine
