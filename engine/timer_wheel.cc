#include "engine/timer_wheel.h"

#include <algorithm>

namespace engine {

TimerWheel::TimerWheel(std::uint32_t capacity, Instant start) : nodes_{capacity}, now_{floor_tick(start)} {}

void TimerWheel::arm(std::uint32_t index, Tick deadline) noexcept {
  Node& node = nodes_[index];
  if (node.slot != unarmed) {
    if (node.deadline == deadline) return;
    unlink(index);
  }
  const auto ahead = static_cast<std::int32_t>(deadline - now_);
  node.deadline = ahead < 0 ? now_ : ahead > static_cast<std::int32_t>(horizon) ? now_ + horizon : deadline;
  link(index);
}

void TimerWheel::cancel(std::uint32_t index) noexcept {
  if (nodes_[index].slot != unarmed) unlink(index);
}

/// The slot is chosen by the highest bit in which the deadline differs from the present: a timer sits on the level on which its
/// digit is the first that is still to come, and moves down when the wheel reaches that digit.
void TimerWheel::link(std::uint32_t index) noexcept {
  Node& node = nodes_[index];
  const std::uint32_t differing = node.deadline ^ now_;
  const int level = differing == 0 ? 0 : (31 - std::countl_zero(differing)) / slot_bits;
  const std::uint32_t slot = static_cast<std::uint32_t>(level) * slots + (node.deadline >> (level * slot_bits) & (slots - 1));
  node.slot = static_cast<std::uint16_t>(slot + 1);
  node.prev = 0;
  node.next = head(slot);
  if (node.next != 0) nodes_[node.next - 1].prev = index + 1;
  head(slot) = index + 1;
  occupied_[slot / 64] |= std::uint64_t{1} << (slot % 64);
  ++armed_;
}

void TimerWheel::unlink(std::uint32_t index) noexcept {
  Node& node = nodes_[index];
  const std::uint32_t slot = node.slot - 1u;
  if (node.next != 0) nodes_[node.next - 1].prev = node.prev;
  if (node.prev != 0)
    nodes_[node.prev - 1].next = node.next;
  else if (head(slot) = node.next; node.next == 0)
    occupied_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
  node.slot = unarmed;
  --armed_;
}

/// Takes the timers of the present slot of `level` down to where they belong now.
void TimerWheel::cascade(int level) noexcept {
  const std::uint32_t slot = static_cast<std::uint32_t>(level) * slots + (now_ >> (level * slot_bits) & (slots - 1));
  while (head(slot) != 0) {
    const std::uint32_t index = head(slot) - 1;
    unlink(index);
    link(index);
  }
}

/// Ticks from now_ to the next tick at which something happens: a slot of level 0 with timers, or a cascade. At least 1.
std::uint32_t TimerWheel::ticks_to_next_slot() const noexcept {
  const std::uint32_t digit = now_ & (slots - 1);
  for (std::uint32_t d = digit + 1; d < slots;) {
    const std::uint64_t bits = occupied_[d / 64] >> (d % 64);
    if (bits != 0) return d + static_cast<std::uint32_t>(std::countr_zero(bits)) - digit;
    d = (d / 64 + 1) * 64;
  }
  return slots - digit;
}

std::uint32_t TimerWheel::pop_due(Tick target) noexcept {
  for (;;) {
    if (const std::uint32_t first = head(now_ & (slots - 1)); first != 0) {
      const std::uint32_t index = first - 1;
      unlink(index);
      return index;
    }
    const std::uint32_t left = target - now_;
    if (static_cast<std::int32_t>(left) <= 0) return no_index;
    if (armed_ == 0) {
      now_ = target;
      return no_index;
    }
    now_ += std::min(left, ticks_to_next_slot());
    for (int level = levels - 1; level > 0; --level)  // from the top: a timer may fall through several levels
      if ((now_ & ((1u << (level * slot_bits)) - 1)) == 0) cascade(level);
  }
}

/// A lower bound. On each level the first occupied slot after the present digit holds its earliest timers; only the top level
/// wraps.
std::uint32_t TimerWheel::ticks_to_next_timer() const noexcept {
  if (heads_[now_ & (slots - 1)] != 0) return 0;
  std::uint32_t best = horizon;
  for (int level = 0; level < levels; ++level) {
    const std::uint32_t shift = static_cast<std::uint32_t>(level) * slot_bits;
    for (std::uint32_t step = 1; step < slots; ++step) {
      const std::uint32_t slot = static_cast<std::uint32_t>(level) * slots + (((now_ >> shift) + step) & (slots - 1));
      if ((occupied_[slot / 64] >> (slot % 64) & 1) == 0) continue;
      best = std::min(best, (((now_ >> shift) + step) << shift) - now_);
      break;
    }
  }
  return best;
}

std::optional<Instant> TimerWheel::next_deadline(Instant now) const noexcept {
  if (armed_ == 0) return std::nullopt;
  const auto ahead =
      static_cast<std::int32_t>(now_ + ticks_to_next_timer() - floor_tick(now));  // now_ is 32 bits of a longer count
  if (ahead <= 0) return now;
  const Duration::rep whole_ticks = now.time_since_epoch().count() >> tick_bits << tick_bits;
  return Instant{Duration{whole_ticks} + ahead * tick};
}

}  // namespace engine
