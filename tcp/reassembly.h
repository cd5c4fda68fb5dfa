// Text that came before its turn: disjoint ranges, each a list of slices. The first bytes to arrive win (RFC 9293 3.10.7.4 leaves
// it open; a later copy with other content must not replace what was acknowledged).
#pragma once

#include <array>
#include <cstdint>

#include "tcp/nodes.h"
#include "tcp/recv_queue.h"
#include "tcp/segment.h"

namespace tcp {

class Reassembly {
 public:
  static constexpr std::size_t ranges_max = 32;  // holes a connection can have; beyond it text is refused, and sent again later

  enum class Insert : std::uint8_t { kept, duplicate, full, no_room };

  /// Keeps the parts of `slice` (text at `seq`) that are not there yet. `full`: too many ranges. `no_room`: nodes or credit used
  /// up.
  [[nodiscard]] Insert insert(Store store, Seq seq, engine::Slice slice) noexcept;
  /// Moves what continues at rcv_nxt into `queue`.   Returns: RCV.NXT afterwards.
  [[nodiscard]] Seq take_ready(Store store, Seq rcv_nxt, RecvQueue& queue) noexcept;
  /// SACK blocks, the range that changed last first (RFC 2018 4).
  void write_sack(Options& options, std::size_t blocks_max) const noexcept;
  void clear(Store store) noexcept;

  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] std::uint32_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::size_t ranges() const noexcept { return count_; }

 private:
  struct Range : SeqRange {
    std::uint32_t head = no_index, tail = no_index;
    std::uint32_t touched = 0;  // order of the last change
  };
  [[nodiscard]] Insert insert_piece(Store store, Seq seq, engine::Slice slice) noexcept;
  [[nodiscard]] static bool append_behind(Store store, const Range& range, const engine::Slice& slice) noexcept;
  static void join(Store store, Range& left, const Range& right) noexcept;
  void erase_range(std::size_t i) noexcept;

  std::uint32_t bytes_ = 0;
  std::uint32_t clock_ = 0;
  std::uint32_t count_ = 0;
  std::array<Range, ranges_max + 1> ranges_;  // [0, count_) by sequence, with gaps between them; one more while two are joined
};

}  // namespace tcp
