// One worker: its mbufs, its shard, TCP and HTTP on it.
#pragma once

#include <memory>

#include "engine/mempool.h"
#include "engine/shard.h"
#include "http/proxy.h"
#include "tcp/stack.h"

namespace apps {

/// Members in the order in which they depend on each other; destroyed in reverse.
struct Worker {
  std::unique_ptr<engine::Mempool> mempool;
  std::unique_ptr<engine::Shard> shard;
  std::unique_ptr<tcp::Stack> stack;
  std::unique_ptr<http::Proxy> proxy;
  unsigned lcore = 0;
  unsigned cpu = 0;
};

/// What control asks of the shards: each looks once per turn.
struct ShardOrders {
  http::Orders http;
  std::atomic<bool> stop{false};  // leave the loop
};

}  // namespace apps
