// Initial sequence numbers and timestamp offsets.   Spec: RFC 6528; RFC 7323 7.1.
#pragma once

#include "engine/flow.h"
#include "engine/siphash.h"
#include "engine/time.h"
#include "tcp/seq.h"

namespace tcp {

/// ISN = M + F(tuple, secret): M ticks every 4 us, F is SipHash with a key of this start.
class IsnGenerator {
 public:
  constexpr explicit IsnGenerator(const engine::SipKey& key) noexcept : key_{key} {}
  [[nodiscard]] Seq isn(const engine::FourTuple& tuple, engine::Instant now) const noexcept {
    return Seq{static_cast<std::uint32_t>(now.time_since_epoch().count() / 4000) + static_cast<std::uint32_t>(hash(tuple, 0))};
  }
  [[nodiscard]] std::uint32_t timestamp_offset(const engine::FourTuple& tuple) const noexcept {
    return static_cast<std::uint32_t>(hash(tuple, 1));
  }

 private:
  [[nodiscard]] std::uint64_t hash(const engine::FourTuple& tuple, std::uint32_t purpose) const noexcept {
    const std::uint64_t addresses = std::uint64_t{tuple.remote.raw()} << 32 | tuple.local.raw();
    const std::uint64_t ports = std::uint64_t{tuple.remote_port.raw()} << 16 | tuple.local_port.raw();
    return engine::siphash(key_, addresses, ports | std::uint64_t{purpose} << 32);
  }
  engine::SipKey key_;
};

}  // namespace tcp
