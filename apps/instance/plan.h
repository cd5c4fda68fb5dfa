// The memory of an instance, decided before it starts: named terms, printed by `penstock check` and kept while it runs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/config.h"
#include "engine/mbuf_budget.h"

namespace apps {

struct MemoryTerm {
  std::string name;
  std::uint64_t bytes;
};

struct MemoryPlan {
  std::uint16_t data_room_bytes = 2048;   // of an mbuf
  engine::MbufLimits mbufs;               // per worker
  std::uint64_t account_mbufs = 0;        // per worker, also a term of `mbufs`
  std::uint64_t account_connections = 0;  // per worker
  std::uint32_t route_capacity = 0;
  std::uint64_t dpdk_bytes = 0;   // what the EAL must provide
  std::vector<MemoryTerm> terms;  // all of it; tables that are touched only as far as they are used say so in their name
  std::string note;               // why "auto" chose what it chose, or empty
};

/// Pure. `available_bytes`: memory that the machine has left, for `buffers = "auto"`.
[[nodiscard]] MemoryPlan plan_memory(const Config& config, std::uint64_t available_bytes);

/// MemAvailable of the machine.
[[nodiscard]] std::uint64_t available_memory_bytes();

/// A table of the terms for people.
[[nodiscard]] std::string describe(const MemoryPlan& plan);

}  // namespace apps
