#include "engine/fib.h"

#include <rte_errno.h>
#include <rte_fib.h>
#include <rte_rib.h>

#include <algorithm>
#include <fmt/format.h>

namespace engine {

namespace {

// Three faults of 22.11's DIR24-8 are kept away from here (lib/fib/dir24_8.c); tests/engine/fib_test.cc has each.
// - A route with the next hop of its parent takes a short cut at the addition and not at the removal: the count of tbl8 groups
//   wraps, and no prefix longer than 24 is accepted any more. So what is stored is the next hop and, above it, the length: no two
//   values agree.
// - Where the walk over what a prefix covers ends with 255.255.255.255 and the last two adjoin, it goes on from 0.0.0.0 and
//   overwrites the whole table. So while such a prefix changes, longer ones with the same end are taken out.
// - A default route behind a prefix longer than 24 in 0.0.0.0/24 is not installed. So the default route is not in the rte_fib at
//   all.

std::uint64_t stored(const Cidr& prefix, NextHopId next_hop) noexcept { return std::uint64_t{prefix.length} << 24 | next_hop; }

bool reaches_top(const Cidr& prefix) noexcept { return prefix.broadcast().value == UINT32_MAX; }

/// The prefix of this length that ends with 255.255.255.255.
constexpr Cidr top_prefix(unsigned length) noexcept {
  const Cidr any{Ipv4{UINT32_MAX}, static_cast<std::uint8_t>(length)};
  return {any.network(), any.length};
}

}  // namespace

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
    return Error{Errc::exhausted, fmt::format("no memory for a FIB of {} routes: {}", capacity_routes, rte_strerror(rte_errno)),
                 name};
  return std::unique_ptr<Fib>{new Fib{fib, capacity_routes}};
}

Fib::~Fib() { rte_fib_free(fib_); }

bool Fib::contains(const Cidr& prefix) const noexcept {
  if (prefix.length == 0) return default_.has_value();
  return rte_rib_lookup_exact(rte_fib_get_rib(fib_), prefix.network().value, prefix.length) != nullptr;
}

/// Runs `operation`, which adds or removes `prefix`.   Returns: what it returns.
template <typename F>
int Fib::change(const Cidr& prefix, F&& operation) {
  if (!reaches_top(prefix)) return operation();
  for (unsigned length = 32; length > prefix.length; --length)
    if (top_[length]) CHECK(rte_fib_delete(fib_, top_prefix(length).address.value, top_prefix(length).length) == 0);
  const int rc = operation();
  for (unsigned length = prefix.length + 1u; length <= 32; ++length) {
    const Cidr top = top_prefix(length);
    if (top_[length]) CHECK(rte_fib_add(fib_, top.address.value, top.length, stored(top, *top_[length])) == 0);
  }
  return rc;
}

Result<void> Fib::add(const Cidr& prefix, NextHopId next_hop) {
  const auto refuse = [&](Errc code, std::string what) {
    return Error{code, std::move(what), to_string(Cidr{prefix.network(), prefix.length})};
  };
  if (next_hop > next_hop_max) return refuse(Errc::invalid, fmt::format("next hop {} is above {}", next_hop, next_hop_max));
  const bool is_new = !contains(prefix);
  if (is_new && used_ == capacity_) return refuse(Errc::exhausted, fmt::format("more than {} routes", capacity_));
  if (prefix.length == 0) {
    default_ = next_hop;
  } else {
    const int rc =
        change(prefix, [&] { return rte_fib_add(fib_, prefix.network().value, prefix.length, stored(prefix, next_hop)); });
    if (rc != 0)
      return refuse(rc == -ENOSPC || rc == -ENOMEM ? Errc::exhausted : Errc::invalid,
                    fmt::format("cannot add the route: {}", rte_strerror(-rc)));
    if (reaches_top(prefix)) top_[prefix.length] = next_hop;
  }
  used_ += is_new ? 1 : 0;
  return {};
}

Result<void> Fib::remove(const Cidr& prefix) {
  if (!contains(prefix)) return Error{Errc::not_found, "no such route", to_string(Cidr{prefix.network(), prefix.length})};
  if (prefix.length == 0) {
    default_.reset();
  } else {
    CHECK(change(prefix, [&] { return rte_fib_delete(fib_, prefix.network().value, prefix.length); }) == 0);
    if (reaches_top(prefix)) top_[prefix.length].reset();
  }
  --used_;
  return {};
}

void Fib::lookup_bulk(std::span<std::uint32_t> addresses, std::span<std::uint64_t> next_hops) const noexcept {
  rte_fib_lookup_bulk(fib_, addresses.data(), next_hops.data(), static_cast<int>(addresses.size()));
  for (std::uint64_t& next_hop : next_hops.first(addresses.size())) next_hop = next_hop_of(next_hop);
}

NextHopId Fib::lookup(Ipv4 address) const noexcept {
  std::uint64_t found = 0;
  rte_fib_lookup_bulk(fib_, &address.value, &found, 1);
  return next_hop_of(found);
}

}  // namespace engine
