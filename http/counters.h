// What HTTP counts per shard.
#pragma once

#include <array>

#include "engine/counters.h"
#include "http/histogram.h"
#include "http/reject.h"
#include "http/request_counts.h"

namespace http {

inline constexpr std::uint16_t listeners_max = 256;
inline constexpr std::uint16_t pools_max = 1024;
inline constexpr std::uint16_t servers_max = 8192;  // over all pools

struct ListenerCounters {
  engine::Counter connections;  // gauge
  engine::Counter request_bytes, response_bytes;
  DurationHistogram durations;
};

struct PoolCounters {
  DurationHistogram durations;
};

struct ServerCounters {
  engine::Counter connections, idle;  // gauges
  engine::Counter requests, connect_failures, failures, retries;
};

/// By the numbers of http/names.h: what a name counted goes on counting when a reload makes its pool anew.
struct Counters {
  RequestCounts requests;
  std::array<engine::Counter, static_cast<std::size_t>(Reject::count_)> rejected;
  std::array<ListenerCounters, listeners_max> listeners;
  std::array<PoolCounters, pools_max> pools;
  std::array<ServerCounters, servers_max> servers;
  engine::Counter sessions, exchanges;  // gauges
  engine::Counter upstream_opened, upstream_reused, upstream_retries;
};

}  // namespace http
