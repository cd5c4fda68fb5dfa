// The sender's scoreboard: what the peer holds beyond SND.UNA.   Spec: RFC 2018, RFC 6675.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "tcp/seq.h"

namespace tcp {

class Scoreboard {
 public:
  static constexpr std::size_t ranges_max = 24;

  /// Notes blocks of an ACK. Blocks outside (una, nxt] are ignored: D-SACK, or nonsense.   Returns: bytes newly known to have
  /// arrived.
  std::uint32_t add(std::span<const SeqRange> blocks, Seq una, Seq nxt) noexcept;
  /// Forgets what is below una.
  void advance(Seq una) noexcept;
  void clear() noexcept { count_ = 0; }

  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] std::uint32_t bytes() const noexcept;
  [[nodiscard]] std::size_t ranges() const noexcept { return count_; }
  /// One behind the highest byte that arrived.   Requires: not empty.
  [[nodiscard]] Seq highest() const noexcept { return ranges_[count_ - 1].end; }
  [[nodiscard]] bool contains(Seq seq) const noexcept;
  /// The first stretch in [from, limit) that is not sacked; empty (start == end) if there is none.
  [[nodiscard]] SeqRange next_hole(Seq from, Seq limit) const noexcept;
  /// RFC 6675 4, IsLost: three ranges, or more than two segments' worth of bytes, arrived above `seq`.
  [[nodiscard]] bool is_lost(Seq seq, std::uint32_t mss) const noexcept;

 private:
  std::uint32_t insert(SeqRange block) noexcept;
  std::uint32_t count_ = 0;
  std::array<SeqRange, ranges_max> ranges_;  // [0, count_) by sequence, with gaps between them
};

}  // namespace tcp
