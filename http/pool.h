// A pool of servers as one shard sees it: settings, whose turn it is, idle connections, counters.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/counters.h"
#include "engine/slab.h"
#include "engine/text.h"
#include "engine/time.h"

namespace http {

using engine::Duration;
using engine::Instant;
using namespace std::chrono_literals;

struct PoolSettings {
  std::string name;
  std::uint16_t number = 0;           // http/names.h
  std::vector<engine::Ipv4> sources;  // our addresses towards the servers; empty: the egress port's
  Duration connect_timeout = 1s;
  Duration response_timeout = 30s;
  std::uint32_t keepalive_idle = 64;  // idle connections per server, whole instance
  Duration keepalive_timeout = 30s;
  friend bool operator==(const PoolSettings&, const PoolSettings&) = default;
};

struct ServerSettings {
  std::string name;
  std::uint16_t number = 0;  // over all pools
  engine::SocketAddress address;
  friend bool operator==(const ServerSettings&, const ServerSettings&) = default;
};

/// One shard's state of a server. Connections and exchanges point to it and are counted in `users`.
struct Server {
  ServerSettings settings;
  std::string address_text;
  std::uint32_t idle_head = engine::no_index;  // newest idle connection: its congestion state is fresh, the oldest time out
  std::uint32_t idle_count = 0;
  engine::Counter users;  // what else is counted: http/counters.h, by number
};

/// One shard's state of a pool. It passes from snapshot to snapshot while its settings and servers are the same; a retired one
/// goes when nobody uses it any more.
class Pool {
 public:
  Pool(PoolSettings settings, std::vector<ServerSettings> servers, std::uint16_t shards, std::uint16_t shard)
      : settings_{std::move(settings)},
        next_{shard},
        idle_max_{settings_.keepalive_idle / shards + (shard < settings_.keepalive_idle % shards ? 1 : 0)},
        servers_(servers.size()) {
    for (std::size_t i = 0; i < servers.size(); ++i) {
      servers_[i].address_text = engine::to_string(servers[i].address);
      servers_[i].settings = std::move(servers[i]);
    }
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  [[nodiscard]] const PoolSettings& settings() const noexcept { return settings_; }
  /// Round robin over all servers, beginning elsewhere on each shard.   Returns: null for a pool without servers.
  [[nodiscard]] Server* next_server() noexcept {
    if (servers_.empty()) return nullptr;
    return &servers_[next_++ % servers_.size()];
  }
  [[nodiscard]] engine::Ipv4 next_source() noexcept {
    if (settings_.sources.empty()) return {};
    return settings_.sources[next_source_++ % settings_.sources.size()];
  }
  /// Idle connections that this shard may keep per server: all shards together keep no more than keepalive_idle.
  [[nodiscard]] std::uint32_t idle_max() const noexcept { return idle_max_; }
  [[nodiscard]] std::vector<Server>& servers() noexcept { return servers_; }
  [[nodiscard]] const std::vector<Server>& servers() const noexcept { return servers_; }
  /// No connection and no exchange points here.
  [[nodiscard]] bool is_unused() const noexcept {
    for (const Server& server : servers_)
      if (server.users.get() != 0) return false;
    return true;
  }
  [[nodiscard]] bool is_same(const PoolSettings& settings, const std::vector<ServerSettings>& servers) const {
    if (settings_ != settings || servers.size() != servers_.size()) return false;
    for (std::size_t i = 0; i < servers.size(); ++i)
      if (servers_[i].settings != servers[i]) return false;
    return true;
  }

 private:
  PoolSettings settings_;
  std::uint32_t next_ = 0, next_source_ = 0;
  std::uint32_t idle_max_;
  std::vector<Server> servers_;  // never resized: Server is not movable once used
};

}  // namespace http
