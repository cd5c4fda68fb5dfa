// A hierarchical timing wheel (Varghese and Lauck, 1987): one timer per index, 16 bytes each, O(1) to arm, cancel and expire.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>

#include "engine/region.h"
#include "engine/slab.h"
#include "engine/time.h"

namespace engine {

/// Timers are indices of somebody else's slab. Deadlines are rounded up to a tick; a timer never fires early.
class TimerWheel {
 public:
  static constexpr int tick_bits = 17;  // 131 us: RFC 6298's clock granularity G
  static constexpr Duration tick{std::int64_t{1} << tick_bits};
  using Tick = std::uint32_t;  // wraps after 6.5 days; compared by signed difference

  explicit TimerWheel(std::uint32_t capacity, Instant start = Instant{});

  /// Ticks completed at `t`.
  [[nodiscard]] static constexpr Tick floor_tick(Instant t) noexcept {
    return static_cast<Tick>(static_cast<std::uint64_t>(t.time_since_epoch().count()) >> tick_bits);
  }
  /// The first tick that is not before `t`.
  [[nodiscard]] static constexpr Tick ceil_tick(Instant t) noexcept { return floor_tick(t + (tick - Duration{1})); }

  /// Arms `index`, armed or not. Deadlines farther than `horizon` are cut to it: the owner re-arms.
  void arm(std::uint32_t index, Tick deadline) noexcept;
  void cancel(std::uint32_t index) noexcept;
  [[nodiscard]] bool is_armed(std::uint32_t index) const noexcept { return nodes_[index].slot != unarmed; }
  /// Requires: is_armed(index).
  [[nodiscard]] Tick deadline(std::uint32_t index) const noexcept { return nodes_[index].deadline; }

  /// Calls f(index) for each timer due at `now`, at most `budget` of them; the rest stays due. `f` may arm and cancel any timer.
  /// Returns: timers fired.
  template <typename F>
  std::uint32_t advance(Instant now, std::uint32_t budget, F&& f) noexcept {
    const Tick target = floor_tick(now);
    std::uint32_t fired = 0;
    while (fired < budget) {
      const std::uint32_t index = pop_due(target);
      if (index == no_index) break;
      ++fired;
      f(index);
    }
    return fired;
  }

  /// When the next timer may be due; never late, possibly early (a timer of a far level moves down first). Not before `now`.
  /// Nothing if no timer is armed.
  [[nodiscard]] std::optional<Instant> next_deadline(Instant now) const noexcept;
  [[nodiscard]] std::uint32_t armed() const noexcept { return armed_; }

  static constexpr Tick horizon = 1u << 30;

 private:
  static constexpr int slot_bits = 8, levels = 4;
  static constexpr std::uint32_t slots = 1u << slot_bits;
  static constexpr std::uint16_t unarmed = 0;  // zeroed memory is a wheel without timers
  struct Node {
    std::uint32_t next, prev;  // indices + 1 within a slot's list; 0 is the end
    Tick deadline;
    std::uint16_t slot;  // level * slots + slot + 1
    std::uint16_t spare;
  };
  static_assert(sizeof(Node) == 16);

  [[nodiscard]] std::uint32_t pop_due(Tick target) noexcept;
  void link(std::uint32_t index) noexcept;
  void unlink(std::uint32_t index) noexcept;
  void cascade(int level) noexcept;
  [[nodiscard]] std::uint32_t& head(std::uint32_t slot) noexcept { return heads_[slot]; }
  [[nodiscard]] std::uint32_t ticks_to_next_slot() const noexcept;
  [[nodiscard]] std::uint32_t ticks_to_next_timer() const noexcept;

  Region<Node> nodes_;
  std::array<std::uint32_t, levels * slots> heads_{};          // index + 1, or 0
  std::array<std::uint64_t, levels * slots / 64> occupied_{};  // a bit per slot with timers
  Tick now_;                                                   // every slot before it is empty; its own slot may hold due timers
  std::uint32_t armed_ = 0;
};

}  // namespace engine
