#include "tcp/local_ports.h"

#include <algorithm>

#include "engine/random.h"

namespace tcp {

LocalPorts::LocalPorts(const engine::Steering& steering, engine::ShardId self, std::uint64_t seed)
    : steering_{steering}, mask_{steering.reta_size() - 1}, starts_(steering.reta_size() + 1), cursors_(steering.reta_size()) {
  for (std::uint32_t i = 0; i < steering.reta_size(); ++i)
    if (steering.reta()[i] == self.value) own_indexes_.push_back(static_cast<std::uint16_t>(i));
  const auto value = [&](std::uint32_t port) {
    return steering.toeplitz().local_port_part(static_cast<std::uint16_t>(port)) & mask_;
  };
  for (std::uint32_t port = first; port <= last; ++port) ++starts_[value(port) + 1];
  for (std::size_t v = 1; v < starts_.size(); ++v) starts_[v] += starts_[v - 1];
  ports_.resize(last - first + 1);
  std::vector<std::uint32_t> at(starts_.begin(), starts_.end() - 1);
  for (std::uint32_t port = first; port <= last; ++port) ports_[at[value(port)]++] = static_cast<std::uint16_t>(port);
  // RFC 6056 3.3: not to be guessed from the outside; each class of ports is shuffled, and its cursor starts anywhere.
  engine::Random random{seed};
  for (std::size_t v = 0; v < cursors_.size(); ++v) {
    const std::uint32_t size = starts_[v + 1] - starts_[v];
    for (std::uint32_t i = size; i > 1; --i) std::swap(ports_[starts_[v] + i - 1], ports_[starts_[v] + random.below(i)]);
    cursors_[v] = size == 0 ? 0 : static_cast<std::uint32_t>(random.below(size));
  }
  turn_ = static_cast<std::uint32_t>(random.below(own_indexes_.size()));
}

/// A port whose replies hash to one of our indexes; 0 if no port leads to the index that is next in turn.
std::uint16_t LocalPorts::candidate(std::uint32_t base) noexcept {
  const std::uint32_t index = own_indexes_[turn_++ % own_indexes_.size()];
  const std::uint32_t v = index ^ base;
  const std::uint32_t size = starts_[v + 1] - starts_[v];
  if (size == 0) return 0;
  return ports_[starts_[v] + cursors_[v]++ % size];
}

}  // namespace tcp
