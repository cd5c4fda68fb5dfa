#include "engine/fib.h"

#include <algorithm>

#include <rte_errno.h>
#include <rte_fib.h>

#include <fmt/format.h>

namespace engine {

Result<std::unique_ptr<Fib>> Fib::create(const std::string& name, Kind kind, std::uint32_t capacity_routes) {
  rte_fib_conf conf{};
  conf.type = kind == Kind::dir24_8 ? RTE_FIB_DIR24_8 : RTE_FIB_DUMMY;
  conf.default_nh = no_next_hop;
  conf.max_routes = static_cast<int>(capacity_routes);
  conf.rib_ext_sz = 0;
  if (kind == Kind::dir24_8) {
    conf.dir24_8.nh_sz = RTE_FIB_DIR24_8_4B;
    // One group of 256 entries per /24 that has longer prefixes in it.
    conf.dir24_8.num_tbl8 = std::clamp<std::uint32_t>(capacity_routes / 4, 256, 1u << 20);
  }
  rte_fib* fib = rte_fib_create(name.c_str(), -1, &conf);
  if (fib == nullptr)
    return Error{Errc::exhausted, fmt::format("no memory for a FIB of {} routes: {}", capacity_routes, rte_strerror(rte_errno)), name};
  return std::unique_ptr<Fib>{new Fib{fib}};
}

Fib::~Fib() { rte_fib_free(fib_); }

Result<void> Fib::add(const Cidr& prefix, NextHopId next_hop) {
  const int rc = rte_fib_add(fib_, prefix.network().value, prefix.length, next_hop);
  if (rc == 0) return {};
  return Error{rc == -ENOSPC || rc == -ENOMEM ? Errc::exhausted : Errc::invalid,
               fmt::format("cannot add the route: {}", rte_strerror(-rc)), to_string(Cidr{prefix.network(), prefix.length})};
}

Result<void> Fib::remove(const Cidr& prefix) {
  const int rc = rte_fib_delete(fib_, prefix.network().value, prefix.length);
  if (rc == 0) return {};
  return Error{Errc::not_found, "no such route", to_string(Cidr{prefix.network(), prefix.length})};
}

void Fib::lookup_bulk(std::span<std::uint32_t> addresses, std::span<std::uint64_t> next_hops) const noexcept {
  rte_fib_lookup_bulk(fib_, addresses.data(), next_hops.data(), static_cast<int>(addresses.size()));
}

NextHopId Fib::lookup(Ipv4 address) const noexcept {
  std::uint64_t next_hop = no_next_hop;
  rte_fib_lookup_bulk(fib_, &address.value, &next_hop, 1);
  return static_cast<NextHopId>(next_hop);
}

}  // namespace engine
