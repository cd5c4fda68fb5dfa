// Longest-prefix match: one rte_fib. Immutable while readers use it; engine/routes.h pairs two of them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
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

  /// Adds or replaces.   Errors: exhausted (routes, tbl8 groups: nothing changed); invalid above `next_hop_max`.
  Result<void> add(const Cidr& prefix, NextHopId next_hop);
  Result<void> remove(const Cidr& prefix);
  static constexpr NextHopId next_hop_max = (1u << 24) - 1;
  /// addresses: host order; both spans of one length.
  void lookup_bulk(std::span<std::uint32_t> addresses, std::span<std::uint64_t> next_hops) const noexcept;
  [[nodiscard]] NextHopId lookup(Ipv4 address) const noexcept;

 private:
  Fib(rte_fib* fib, std::uint32_t capacity) noexcept : fib_{fib}, capacity_{capacity} {}
  [[nodiscard]] bool contains(const Cidr& prefix) const noexcept;
  template <typename F>
  int change(const Cidr& prefix, F&& operation);
  [[nodiscard]] NextHopId next_hop_of(std::uint64_t stored) const noexcept {
    return stored == 0 ? default_.value_or(no_next_hop) : static_cast<NextHopId>(stored & next_hop_max);
  }

  rte_fib* fib_;
  std::uint32_t capacity_, used_ = 0;
  std::optional<NextHopId> default_{};              // of 0.0.0.0/0
  std::array<std::optional<NextHopId>, 33> top_{};  // the prefixes that end with 255.255.255.255, by length
};

}  // namespace engine
