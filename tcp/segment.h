// A segment after parsing: host order, text as slices.   Spec: RFC 9293 3.1.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "engine/slice.h"
#include "tcp/seq.h"

namespace tcp {

struct Flags {
  std::uint8_t bits = 0;
  static constexpr std::uint8_t fin_bit = 1, syn_bit = 2, rst_bit = 4, psh_bit = 8, ack_bit = 16, urg_bit = 32, ece_bit = 64,
                                cwr_bit = 128;
  [[nodiscard]] constexpr bool fin() const noexcept { return (bits & fin_bit) != 0; }
  [[nodiscard]] constexpr bool syn() const noexcept { return (bits & syn_bit) != 0; }
  [[nodiscard]] constexpr bool rst() const noexcept { return (bits & rst_bit) != 0; }
  [[nodiscard]] constexpr bool psh() const noexcept { return (bits & psh_bit) != 0; }
  [[nodiscard]] constexpr bool ece() const noexcept { return (bits & ece_bit) != 0; }
  [[nodiscard]] constexpr bool cwr() const noexcept { return (bits & cwr_bit) != 0; }
  [[nodiscard]] constexpr bool ack() const noexcept { return (bits & ack_bit) != 0; }
  friend constexpr bool operator==(Flags, Flags) noexcept = default;
};

/// The options that we understand. Absent ones keep their defaults.
struct Options {
  static constexpr std::size_t sack_blocks_max = 4;  // 40 bytes of options
  std::uint16_t mss = 0;                             // 0: absent
  std::int8_t window_shift = -1;                     // -1: absent; RFC 7323 2.2
  bool sack_permitted = false;                       // RFC 2018 2
  bool has_timestamps = false;                       // RFC 7323 3.2
  std::uint32_t ts_val = 0, ts_ecr = 0;
  std::uint8_t sack_count = 0;  // RFC 2018 3
  std::array<SeqRange, sack_blocks_max> sack{};
};

/// A received segment. `text` is moved from as it is accepted.
struct Segment {
  Seq seq, ack;
  std::uint16_t window = 0;  // as on the wire: not scaled
  Flags flags;
  bool is_congestion_experienced = false;  // the IP header's CE, RFC 3168 5
  Options options;
  std::span<engine::Slice> text;
  std::uint32_t text_bytes = 0;
  /// SEG.LEN: text, SYN and FIN.
  [[nodiscard]] constexpr std::uint32_t length() const noexcept {
    return text_bytes + (flags.syn() ? 1u : 0u) + (flags.fin() ? 1u : 0u);
  }
};

/// A segment to be sent. Its text is [seq, seq + text_bytes) of the connection's send queue.
struct SegmentOut {
  Seq seq, ack;
  std::uint16_t window = 0;  // as on the wire: already scaled
  Flags flags;
  bool is_ecn_capable = false;  // ECT(0), RFC 3168 5
  Options options;
  std::uint32_t text_bytes = 0;
};

}  // namespace tcp
