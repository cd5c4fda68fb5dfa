// What is outstanding: [SND.UNA, SND.NXT) as runs of text that left together and fared alike. The scoreboard of RFC 2018 and
// RFC 6675 and the transmission times of RFC 8985 in one list, without a record for each segment.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "engine/time.h"
#include "tcp/seq.h"

namespace tcp {

/// When something was sent, in 1.024 us. Wraps after 73 minutes: compared by signed difference.
using Stamp = std::uint32_t;
[[nodiscard]] constexpr Stamp stamp(engine::Instant at) noexcept {
  return static_cast<Stamp>(static_cast<std::uint64_t>(at.time_since_epoch().count()) >> 10);
}
[[nodiscard]] constexpr engine::Duration duration_of(Stamp stamps) noexcept {
  return engine::Duration{std::int64_t{stamps} << 10};
}

class Flight {
 public:
  static constexpr std::size_t runs_max = 48;

  /// Begins where the run before ends.
  struct Run {
    Seq end;
    Stamp sent = 0;       // of the last copy
    bool sacked = false;  // the peer holds it
    bool lost = false;    // to be sent again
    bool resent = false;  // went more than once: its round trip is ambiguous (Karn)
    [[nodiscard]] constexpr bool is_like(const Run& o) const noexcept {
      return sacked == o.sacked && lost == o.lost && resent == o.resent;
    }
  };

  explicit Flight(Seq start) noexcept : start_{start} {}

  /// [from, end) left: new, if it begins at the end of all, or again.
  void on_sent(Seq from, Seq end, Stamp at) noexcept {
    if (from != this->end()) return on_sent_again(from, end, at);
    const std::size_t n = first_ + count_;
    // What leaves in one turn is one run, however many segments it takes.
    if (count_ != 0 && runs_[n - 1].sent == at && runs_[n - 1].is_like({})) {
      runs_[n - 1].end = end;
      return;
    }
    if (n == runs_.size()) return append_when_full(end, at);
    runs_[n] = Run{end, at};
    ++count_;
  }
  /// SND.UNA moves to `una`. Calls delivered(run, bytes) for what was not known to have arrived.   Requires: una <= end().
  template <typename F>
  void acknowledge(Seq una, F&& delivered) noexcept {
    while (count_ != 0 && start_ < una) {
      Run run = runs_[first_];
      run.end = min(run.end, una);
      const std::uint32_t bytes = run.end - start_;
      forget(run, bytes);
      if (!run.sacked) delivered(std::as_const(run), bytes);
      start_ = run.end;
      if (runs_[first_].end != run.end) return;
      ++first_;
      --count_;
    }
    start_ = max(start_, una);  // a SYN
    if (count_ == 0) first_ = 0;
  }
  /// The peer says that it holds `block`. Calls delivered(run, bytes) for what is news. A block for which there is no room in the
  /// list is forgotten: costs a retransmission at worst.   Requires: start() < block.start < block.end <= end().
  template <typename F>
  void sack(SeqRange block, F&& delivered) noexcept {
    Span span = isolate(block, 4);
    Seq from = block.start;
    for (std::size_t i = span.first; i < span.last; ++i) {
      Run& run = runs_[i];
      if (!run.sacked) {
        delivered(std::as_const(run), run.end - from);
        if (run.lost) lost_ -= run.end - from;
        sacked_ += run.end - from;
        run.sacked = true;
        run.lost = false;
      }
      from = run.end;
    }
    if (span.first != span.last) join_sacked(span);
  }
  /// Marks what is neither sacked nor marked yet, where is_lost(run, start).   Returns: bytes marked.
  template <typename F>
  std::uint32_t mark_lost(F&& is_lost) noexcept {
    std::uint32_t marked = 0;
    Seq from = start_;
    for (std::size_t i = first_; i < first_ + count_; from = runs_[i++].end) {
      Run& run = runs_[i];
      if (run.sacked || run.lost || !is_lost(std::as_const(run), from)) continue;
      run.lost = true;
      marked += run.end - from;
    }
    lost_ += marked;
    return marked;
  }
  void unmark_lost() noexcept;
  /// RFC 2018 8: the peer gave up what it had sacked.
  void unmark_sacked() noexcept;

  [[nodiscard]] Seq start() const noexcept { return start_; }
  [[nodiscard]] Seq end() const noexcept { return count_ == 0 ? start_ : runs_[first_ + count_ - 1].end; }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] std::size_t runs() const noexcept { return count_; }
  [[nodiscard]] std::uint32_t sacked() const noexcept { return sacked_; }  // bytes
  [[nodiscard]] std::uint32_t lost() const noexcept { return lost_; }      // bytes, not sent again yet
  /// RFC 6675 4 SetPipe: what is thought to be in the network.   Units: bytes.
  [[nodiscard]] std::uint32_t pipe() const noexcept { return end() - start_ - sacked_ - lost_; }
  /// The peer holds the first byte that it did not acknowledge.
  [[nodiscard]] bool is_first_sacked() const noexcept { return count_ != 0 && runs_[first_].sacked; }
  [[nodiscard]] std::size_t sacked_ranges() const noexcept;
  /// Where the first stretch that the peer does not hold ends.
  [[nodiscard]] Seq hole_end() const noexcept;
  /// The first stretch to be sent again; empty if there is none.
  [[nodiscard]] SeqRange next_lost() const noexcept;
  /// When the first byte left last.   Requires: not empty.
  [[nodiscard]] Stamp first_sent() const noexcept { return runs_[first_].sent; }

 private:
  struct Span {
    std::size_t first, last;  // of runs_
  };
  [[nodiscard]] Span isolate(SeqRange range, std::size_t reserve) noexcept;
  std::size_t split(Seq at) noexcept;
  [[nodiscard]] bool make_room(std::size_t wanted) noexcept;
  void shift_to_front() noexcept;
  void merge_small(std::uint32_t bytes) noexcept;
  void join_sacked(Span span) noexcept;
  void erase(std::size_t first, std::size_t last) noexcept;
  void on_sent_again(Seq from, Seq end, Stamp at) noexcept;
  void append_when_full(Seq end, Stamp at) noexcept;
  void forget(const Run& run, std::uint32_t bytes) noexcept {
    if (run.sacked) sacked_ -= bytes;
    if (run.lost) lost_ -= bytes;
  }

  Seq start_;
  std::uint32_t sacked_ = 0, lost_ = 0;
  std::uint16_t first_ = 0, count_ = 0;
  union {                             // not cleared: a block of this size is taken for every answer
    std::array<Run, runs_max> runs_;  // [first_, first_ + count_), by sequence
  };
};

}  // namespace tcp
