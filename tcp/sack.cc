#include "tcp/sack.h"

#include <algorithm>

namespace tcp {

std::uint32_t Scoreboard::add(std::span<const SeqRange> blocks, Seq una, Seq nxt) noexcept {
  std::uint32_t fresh = 0;
  for (const SeqRange& block : blocks) {
    if (!(block.start < block.end) || block.start <= una || block.end > nxt) continue;
    fresh += insert(block);
  }
  return fresh;
}

std::uint32_t Scoreboard::insert(SeqRange block) noexcept {
  const std::uint32_t before = bytes();
  // Swallow every range that overlaps or touches the block.
  std::size_t first = 0;
  while (first < count_ && ranges_[first].end < block.start) ++first;
  std::size_t last = first;
  for (; last < count_ && ranges_[last].start <= block.end; ++last) {
    block.start = min(block.start, ranges_[last].start);
    block.end = max(block.end, ranges_[last].end);
  }
  const auto at = [this](std::size_t i) { return ranges_.begin() + static_cast<std::ptrdiff_t>(i); };
  if (first == last) {
    if (count_ == ranges_max) return 0;  // forgotten: costs a retransmission at worst
    std::move_backward(at(first), at(count_), at(count_ + 1));
    ++count_;
  } else {
    std::move(at(last), at(count_), at(first + 1));
    count_ -= static_cast<std::uint32_t>(last - first - 1);
  }
  ranges_[first] = block;
  return bytes() - before;
}

void Scoreboard::advance(Seq una) noexcept {
  std::size_t gone = 0;
  while (gone < count_ && ranges_[gone].end <= una) ++gone;
  if (gone != 0) {
    std::move(ranges_.begin() + static_cast<std::ptrdiff_t>(gone), ranges_.begin() + count_, ranges_.begin());
    count_ -= static_cast<std::uint32_t>(gone);
  }
  if (count_ != 0) ranges_[0].start = max(ranges_[0].start, una);
}

std::uint32_t Scoreboard::bytes() const noexcept {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < count_; ++i) sum += ranges_[i].size();
  return sum;
}

bool Scoreboard::contains(Seq seq) const noexcept {
  return std::any_of(ranges_.begin(), ranges_.begin() + count_, [&](const SeqRange& r) { return r.contains(seq); });
}

SeqRange Scoreboard::next_hole(Seq from, Seq limit) const noexcept {
  for (std::size_t i = 0; i < count_ && from < limit; ++i) {
    if (ranges_[i].end <= from) continue;
    if (from < ranges_[i].start) return {from, min(ranges_[i].start, limit)};
    from = ranges_[i].end;
  }
  return from < limit ? SeqRange{from, limit} : SeqRange{limit, limit};
}

bool Scoreboard::is_lost(Seq seq, std::uint32_t mss) const noexcept {
  std::size_t above = 0;
  std::uint32_t bytes_above = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    if (ranges_[i].start < seq) continue;
    ++above;
    bytes_above += ranges_[i].size();
  }
  return above >= 3 || bytes_above > 2 * mss;
}

}  // namespace tcp
