// Source ports for connections that we open, chosen so that the replies come to this shard.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "engine/flow.h"
#include "engine/rss.h"

namespace tcp {

/// The Toeplitz hash is linear over GF(2): hash(reply) = hash(reply with our port 0) xor part(our port). Ports are sorted by what
/// they contribute to the RETA index, so the port that leads to a wanted index is looked up, not searched for.
class LocalPorts {
 public:
  static constexpr std::uint16_t first = 1024, last = 65'535;

  LocalPorts(const engine::Steering& steering, engine::ShardId self, std::uint64_t seed);

  /// The next port for `tuple` (local_port is ignored) whose replies are ours and for which is_free(port) holds; nothing after
  /// `attempts` candidates: the way to that peer is as good as full.   Cost: O(1) while ports are free.
  template <typename F>
  [[nodiscard]] std::optional<std::uint16_t> choose(engine::FourTuple tuple, F&& is_free) noexcept {
    tuple.local_port = engine::be16{};
    const std::uint32_t base = steering_.toeplitz().hash(tuple) & mask_;
    for (unsigned i = 0; i < attempts; ++i) {
      const std::uint16_t port = candidate(base);
      if (port != 0 && is_free(port)) return port;
    }
    return std::nullopt;
  }

  static constexpr unsigned attempts = 256;

 private:
  [[nodiscard]] std::uint16_t candidate(std::uint32_t base) noexcept;

  const engine::Steering& steering_;
  std::uint32_t mask_;
  std::vector<std::uint16_t> own_indexes_;  // RETA indexes that belong to this shard
  std::vector<std::uint16_t> ports_;        // all ports, sorted by part & mask
  std::vector<std::uint32_t> starts_;       // ports_ of value v lie in [starts_[v], starts_[v + 1])
  std::vector<std::uint32_t> cursors_;      // per value: ports are taken in turn, so that one rests long before it is used again
  std::uint32_t turn_;
};

}  // namespace tcp
