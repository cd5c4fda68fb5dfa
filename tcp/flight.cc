#include "tcp/flight.h"

#include "engine/check.h"

namespace tcp {

void Flight::unmark_lost() noexcept {
  for (std::size_t i = first_; i < first_ + count_; ++i) runs_[i].lost = false;
  lost_ = 0;
}

void Flight::unmark_sacked() noexcept {
  for (std::size_t i = first_; i < first_ + count_; ++i) runs_[i].sacked = false;
  sacked_ = 0;
}

std::size_t Flight::sacked_ranges() const noexcept {
  if (sacked_ == 0) return 0;
  std::size_t n = 0;
  for (std::size_t i = first_; i < first_ + count_; ++i) n += runs_[i].sacked;  // neighbours were joined
  return n;
}

Seq Flight::hole_end() const noexcept {
  Seq from = start_;
  for (std::size_t i = first_; i < first_ + count_ && !runs_[i].sacked; ++i) from = runs_[i].end;
  return from;
}

SeqRange Flight::next_lost() const noexcept {
  SeqRange range{end(), end()};
  if (lost_ == 0) return range;
  std::size_t i = first_;
  while (!runs_[i].lost) ++i;
  range.start = i == first_ ? start_ : runs_[i - 1].end;
  while (i < first_ + std::size_t{count_} && runs_[i].lost) range.end = runs_[i++].end;
  return range;
}

void Flight::on_sent_again(Seq from, Seq end, Stamp at) noexcept {
  DCHECK(start_ <= from && from < end && end <= this->end());
  Span span = isolate({from, end}, 2);
  if (span.first == span.last) return;  // no room: stays marked as it is, and goes again
  for (std::size_t i = span.first; i < span.last; ++i) {
    const Seq start = i == first_ ? start_ : runs_[i - 1].end;
    forget(runs_[i], runs_[i].end - start);
  }
  if (span.first > first_ && runs_[span.first - 1].sent == at && runs_[span.first - 1].is_like({.resent = true}))
    --span.first;  // goes on where the last copy ended
  runs_[span.first] = Run{.end = end, .sent = at, .resent = true};
  erase(span.first + 1, span.last);
}

void Flight::append_when_full(Seq end, Stamp at) noexcept {
  if (make_room(1)) {
    runs_[first_ + count_] = Run{end, at};
    ++count_;
    return;
  }
  // The reserves of sack() and on_sent_again() leave a last run that left once or is lost. Too late a time makes a loss be
  // noticed later; what is lost goes once more than it must.
  Run& last = runs_[first_ + count_ - 1u];
  DCHECK(!last.sacked);
  if (last.lost) lost_ += end - last.end;
  last.end = end;
  last.sent = at;
}

/// Makes the ends of `range` ends of runs, if `reserve` runs stay free.   Returns: the runs in it; none if there is no room.
Flight::Span Flight::isolate(SeqRange range, std::size_t reserve) noexcept {
  if (!make_room(2 + reserve)) return {0, 0};
  const std::size_t first = split(range.start);
  return {first, split(range.end)};
}

/// Returns: the run that begins at `at`.   Requires: room for one more.
std::size_t Flight::split(Seq at) noexcept {
  std::size_t i = first_;
  Seq start = start_;
  for (; i < first_ + std::size_t{count_} && runs_[i].end <= at; ++i) start = runs_[i].end;
  if (start == at) return i;
  std::move_backward(runs_.begin() + static_cast<std::ptrdiff_t>(i), runs_.begin() + first_ + count_,
                     runs_.begin() + first_ + count_ + 1);
  ++count_;
  runs_[i].end = at;
  return i + 1;
}

bool Flight::make_room(std::size_t wanted) noexcept {
  if (first_ + count_ + wanted <= runs_.size()) return true;
  shift_to_front();
  // A quarter of the list at a time, so that this is rare: what left closely together gets one time.
  const std::size_t few = runs_.size() * 3 / 4;
  const std::uint32_t all = end() - start_;
  for (const std::uint32_t bytes : {all / 16, all / 4, all}) {
    if (count_ + wanted <= few) break;
    merge_small(bytes);
  }
  return count_ + wanted <= runs_.size();
}

void Flight::shift_to_front() noexcept {
  if (first_ == 0) return;
  std::move(runs_.begin() + first_, runs_.begin() + first_ + count_, runs_.begin());
  first_ = 0;
}

/// Joins neighbours of the same kind that have no more than `bytes` together. The latest of their times holds for all.
void Flight::merge_small(std::uint32_t bytes) noexcept {
  std::size_t kept = 0;
  Seq start = start_;
  for (std::size_t i = 0; i < count_; ++kept) {
    Run run = runs_[i++];
    for (; i < count_ && run.is_like(runs_[i]) && runs_[i].end - start <= bytes; ++i) {
      run.end = runs_[i].end;
      if (static_cast<std::int32_t>(runs_[i].sent - run.sent) > 0) run.sent = runs_[i].sent;
    }
    runs_[kept] = run;
    start = run.end;
  }
  count_ = static_cast<std::uint16_t>(kept);
}

/// What was sacked, and what is sacked beside it, is one run: its times say nothing any more.
void Flight::join_sacked(Span span) noexcept {
  if (span.first > first_ && runs_[span.first - 1].sacked) --span.first;
  if (span.last < first_ + std::size_t{count_} && runs_[span.last].sacked) ++span.last;
  runs_[span.first].end = runs_[span.last - 1].end;
  erase(span.first + 1, span.last);
}

void Flight::erase(std::size_t first, std::size_t last) noexcept {
  if (first >= last) return;
  std::move(runs_.begin() + static_cast<std::ptrdiff_t>(last), runs_.begin() + first_ + count_,
            runs_.begin() + static_cast<std::ptrdiff_t>(first));
  count_ = static_cast<std::uint16_t>(count_ - (last - first));
}

}  // namespace tcp
