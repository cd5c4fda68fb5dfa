// Small integers that must not be mixed up.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace engine {

/// An index with a type of its own. `Tag` is never defined.
template <typename Tag, typename Rep = std::uint16_t>
struct Id {
  Rep value = std::numeric_limits<Rep>::max();
  constexpr Id() noexcept = default;
  constexpr explicit Id(Rep v) noexcept : value{v} {}
  [[nodiscard]] constexpr bool valid() const noexcept { return value != std::numeric_limits<Rep>::max(); }
  [[nodiscard]] static constexpr Id none() noexcept { return Id{}; }
  friend constexpr auto operator<=>(Id, Id) noexcept = default;
};

using PortId = Id<struct PortTag>;    // index of a configured port, in the order of the file; not DPDK's port_id
using ShardId = Id<struct ShardTag>;  // index of a worker

inline constexpr std::size_t ports_max = 32;
inline constexpr std::size_t shards_max = 64;

}  // namespace engine
