// The same flows in every run.
#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

#include "engine/flow.h"
#include "engine/random.h"

namespace bench {

struct FlowsOptions {
  std::size_t count = 4096;
  std::uint64_t seed = 1;
};

/// Different flows of clients in 10.1.0.0/16 to 10.0.0.1:80, in a random order.
[[nodiscard]] inline std::vector<engine::FourTuple> make_flows(const FlowsOptions& options) {
  engine::Random random{options.seed};
  std::unordered_set<std::uint32_t> seen;
  std::vector<engine::FourTuple> flows;
  flows.reserve(options.count);
  while (flows.size() < options.count) {
    const auto host = static_cast<std::uint32_t>(random.below(1u << 10));
    const auto port = static_cast<std::uint16_t>(1024 + random.below(64'512));
    if (!seen.insert(host << 16 | port).second) continue;
    flows.push_back(
        {engine::Ipv4{0x0a010000 + host}.wire(), engine::Ipv4{10, 0, 0, 1}.wire(), engine::be16{port}, engine::be16{80}});
  }
  return flows;
}

/// The numbers below `count` in a random order.
[[nodiscard]] inline std::vector<std::uint32_t> make_order(std::size_t count, std::uint64_t seed) {
  engine::Random random{seed};
  std::vector<std::uint32_t> order(count);
  for (std::size_t i = 0; i < count; ++i) order[i] = static_cast<std::uint32_t>(i);
  for (std::size_t i = count; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

}  // namespace bench
