#include "tcp/time_wait.h"

namespace tcp {

using engine::no_index;

namespace {
std::uint64_t hash_of(const TimeWaitEntry& entry) noexcept { return std::uint64_t{entry.hash_high} << 32 | entry.hash_low; }
}  // namespace

bool TimeWait::add(const Tcb& tcb, std::uint64_t hash, engine::Instant now) noexcept {
  if (entries_.capacity() == 0) return true;
  const bool is_full = entries_.full();
  if (is_full) erase(oldest_);
  const std::uint32_t index = entries_.allocate();
  TimeWaitEntry& entry = entries_[index];
  entry.tuple = tcb.tuple;
  entry.snd_nxt = tcb.snd_nxt;
  entry.rcv_nxt = tcb.rcv_nxt;
  entry.ts_recent = tcb.ts_recent;
  entry.ts_offset = tcb.ts_offset;
  entry.timestamps_ok = tcb.has(Tcb::timestamps_ok);
  entry.window_field = static_cast<std::uint16_t>(tcb.rcv_wnd() >> tcb.rcv_shift());
  entry.hash_low = static_cast<std::uint32_t>(hash);
  entry.hash_high = static_cast<std::uint32_t>(hash >> 32);
  if (!table_.insert(hash, index)) {  // its neighbourhood in the table is full: as if the oldest had gone at once
    entries_.release(index);
    return true;
  }
  entry.expires = engine::TimerWheel::ceil_tick(now + duration_);
  link_newest(index);
  return is_full;
}

TimeWaitEntry* TimeWait::find(const engine::FourTuple& tuple, std::uint64_t hash) noexcept {
  if (entries_.used() == 0) return nullptr;
  const std::uint32_t index = table_.find(hash, [&](std::uint32_t i) noexcept { return entries_[i].tuple == tuple; });
  return index == no_index ? nullptr : &entries_[index];
}

void TimeWait::restart(TimeWaitEntry& entry, engine::Instant now) noexcept {
  const std::uint32_t index = table_.find(hash_of(entry), [&](std::uint32_t i) noexcept { return &entries_[i] == &entry; });
  unlink(index);
  entry.expires = engine::TimerWheel::ceil_tick(now + duration_);
  link_newest(index);
}

void TimeWait::remove(TimeWaitEntry& entry) noexcept {
  erase(table_.find(hash_of(entry), [&](std::uint32_t i) noexcept { return &entries_[i] == &entry; }));
}

std::uint32_t TimeWait::expire(engine::Instant now, std::uint32_t budget) noexcept {
  const engine::TimerWheel::Tick tick = engine::TimerWheel::floor_tick(now);
  std::uint32_t n = 0;
  for (; n < budget && oldest_ != no_index && static_cast<std::int32_t>(entries_[oldest_].expires - tick) <= 0; ++n)
    erase(oldest_);
  return n;
}

std::optional<engine::Instant> TimeWait::next_deadline(engine::Instant now) const noexcept {
  if (oldest_ == no_index) return std::nullopt;
  const auto ahead = static_cast<std::int32_t>(entries_[oldest_].expires - engine::TimerWheel::floor_tick(now));
  return now + std::max(ahead, 0) * engine::TimerWheel::tick;
}

void TimeWait::unlink(std::uint32_t index) noexcept {
  const TimeWaitEntry& entry = entries_[index];
  (entry.older == no_index ? oldest_ : entries_[entry.older].newer) = entry.newer;
  (entry.newer == no_index ? newest_ : entries_[entry.newer].older) = entry.older;
}

void TimeWait::link_newest(std::uint32_t index) noexcept {
  entries_[index].older = newest_;
  entries_[index].newer = no_index;
  (newest_ == no_index ? oldest_ : entries_[newest_].newer) = index;
  newest_ = index;
}

void TimeWait::erase(std::uint32_t index) noexcept {
  unlink(index);
  table_.erase(hash_of(entries_[index]), index);
  entries_.release(index);
}

}  // namespace tcp
