// SYN cookies: while half_open_max handshakes are under way, a SYN is answered without a place in any table. What is to be known
// of it comes back with the ACK: the MSS in the sequence number, the other options in the low bits of the timestamp. Spec: RFC
// 4987 3.6, appendix A.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "engine/flow.h"
#include "engine/siphash.h"
#include "engine/time.h"
#include "tcp/segment.h"

namespace tcp {

class SynCookies {
 public:
  /// A cookie is accepted in the period in which it was made and in the next one.
  static constexpr engine::Duration period{std::int64_t{64} * 1'000'000'000};
  /// What a peer's MSS is rounded down to; the first stands for anything less than the second.
  static constexpr std::array<std::uint16_t, 8> mss_table{88, 536, 1024, 1220, 1300, 1400, 1440, 1460};
  static constexpr std::uint32_t timestamp_bits = 6;

  /// `key`: secret, the same for all shards.
  constexpr explicit SynCookies(const engine::SipKey& key) noexcept : key_{key} {}

  /// The initial sequence number that answers `syn`.
  [[nodiscard]] Seq make(const engine::FourTuple& tuple, const Segment& syn, engine::Instant now) noexcept {
    last_ = now;
    const std::uint32_t mss = mss_index(syn.options.mss == 0 ? std::uint16_t{536} : syn.options.mss);
    return Seq{(tag(tuple, syn.seq, period_of(now)) & ~7u) | mss};
  }
  /// Whether cookies were given out so recently that an ACK may bring one. Otherwise checking would only be work.
  [[nodiscard]] bool is_active(engine::Instant now) const noexcept { return last_ && now - *last_ < 2 * period; }
  /// Reads the ACK of a handshake.   Returns: the SYN that it answers to, without its window; nothing if no cookie of ours is in
  /// it. A guess is right once in 2^28.
  [[nodiscard]] std::optional<Segment> check(const engine::FourTuple& tuple, const Segment& ack,
                                             engine::Instant now) const noexcept;

  /// The timestamp of the SYN-ACK: `clock`, or up to 63 ms before, with the options of `syn` in its low bits.
  /// `has_ecn`: ECN was agreed on.   Units: ms.
  [[nodiscard]] static std::uint32_t timestamp(std::uint32_t clock, const Options& syn, bool has_ecn) noexcept;

 private:
  [[nodiscard]] static std::uint32_t period_of(engine::Instant now) noexcept {
    return static_cast<std::uint32_t>(now.time_since_epoch() / period);
  }
  [[nodiscard]] static std::uint32_t mss_index(std::uint16_t mss) noexcept;
  [[nodiscard]] std::uint32_t tag(const engine::FourTuple& tuple, Seq peer_isn, std::uint32_t at) const noexcept;

  engine::SipKey key_;
  std::optional<engine::Instant> last_;  // when a cookie was made
};

}  // namespace tcp
