#include "engine/routes.h"

#include <algorithm>
#include <fmt/format.h>

namespace engine {

Result<std::unique_ptr<Routes>> Routes::create(const Options& options) {
  std::unique_ptr<Routes> routes{new Routes{options.capacity_routes}};
  for (std::size_t side = 0; side < 2; ++side) {
    auto fib = Fib::create(fmt::format("{}_fib{}", options.name, side), options.kind, options.capacity_routes);
    if (!fib) return fib.error();
    routes->fibs_[side] = std::move(*fib);
  }
  routes->users_.assign(1, 1);  // id 0 is "no route", for ever
  routes->next_hops_[0] = NextHop{};
  return routes;
}

std::size_t Routes::NextHopHash::operator()(const NextHop& hop) const noexcept {
  const std::uint64_t addresses = std::uint64_t{hop.gateway.value} << 32 | hop.source.value;
  const std::uint64_t rest = std::uint64_t{hop.port.value} << 8 | static_cast<std::uint64_t>(hop.kind);
  return (addresses ^ rest * 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u >> 16;
}

NextHopId Routes::unused_id() noexcept {
  while (unused_from_ < users_.size() && users_[unused_from_] != 0) ++unused_from_;
  return unused_from_ < users_.size() ? unused_from_ : no_next_hop;
}

/// The id of an equal next hop, or of an unused one that now holds `hop`. Ids in use by a route are never rewritten.
Result<NextHopId> Routes::intern(const NextHop& hop) {
  if (const auto known = ids_.find(hop); known != ids_.end()) return known->second;
  NextHopId id = unused_id();
  if (id == no_next_hop) {
    if (users_.size() == next_hops_max) return Error{Errc::exhausted, fmt::format("more than {} next hops", next_hops_max - 1)};
    id = static_cast<NextHopId>(users_.size());
    users_.push_back(0);
  } else {
    ids_.erase(next_hops_[id]);
  }
  next_hops_[id] = hop;
  ids_.emplace(hop, id);
  return id;
}

void Routes::count_users(const std::map<Cidr, NextHopId>& table) {
  std::fill(users_.begin() + 1, users_.end(), 0u);
  for (const auto& [prefix, id] : table) ++users_[id];
  unused_from_ = 1;
}

/// All changes, or none: what was done is undone in reverse.
Result<void> Routes::apply(Fib& fib, std::span<const Change> changes, const std::map<Cidr, NextHopId>& before) {
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto put = [&](const Cidr& prefix, NextHopId hop) {
      return hop == no_next_hop ? fib.remove(prefix) : fib.add(prefix, hop);
    };
    auto done = put(changes[i].prefix, changes[i].next_hop);
    if (done) continue;
    while (i-- > 0) {
      const auto old = before.find(changes[i].prefix);
      const auto undone = put(changes[i].prefix, old == before.end() ? no_next_hop : old->second);
      CHECK(undone.ok());
    }
    return done.error();
  }
  return {};
}

Result<void> Routes::assign(std::span<const Route> routes, const std::function<void()>& grace) {
  std::map<Cidr, NextHopId> wanted;
  for (const Route& route : routes) {
    auto id = intern(route.next_hop);
    if (!id) {
      count_users(table_);
      return id.error();
    }
    users_[*id] += 1;  // keeps `intern` from reusing it within this batch; recounted below
    wanted[Cidr{route.prefix.network(), route.prefix.length}] = *id;
  }
  if (wanted.size() > capacity_) {
    count_users(table_);
    return Error{Errc::exhausted, fmt::format("{} routes, but [forwarding] routes allows {}", wanted.size(), capacity_)};
  }
  std::vector<Change> changes;
  for (const auto& [prefix, id] : table_)
    if (!wanted.contains(prefix)) changes.push_back({prefix, no_next_hop});
  for (const auto& [prefix, id] : wanted)
    if (const auto old = table_.find(prefix); old == table_.end() || old->second != id) changes.push_back({prefix, id});
  if (!changes.empty()) {
    const unsigned idle = 1 - active_.load(std::memory_order_relaxed);
    if (auto done = apply(*fibs_[idle], changes, table_); !done) {
      count_users(table_);
      return done;
    }
    active_.store(idle, std::memory_order_release);
    grace();
    const auto second = apply(*fibs_[1 - idle], changes, table_);
    CHECK(second.ok());  // the same batch on an equal table
  }
  table_ = std::move(wanted);
  count_users(table_);
  return {};
}

std::vector<Route> Routes::list() const {
  std::vector<Route> all;
  all.reserve(table_.size());
  for (const auto& [prefix, id] : table_) all.push_back({prefix, next_hops_[id]});
  return all;
}

}  // namespace engine
