// TIME-WAIT in a table of its own: small entries, first in, first out; when it is full the oldest goes.   Spec: RFC 9293 3.6.1.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/flow.h"
#include "engine/flow_table.h"
#include "engine/slab.h"
#include "engine/time.h"
#include "tcp/seq.h"
#include "tcp/tcb.h"

namespace tcp {

/// What must be remembered of a connection that is over.
struct TimeWaitEntry {
  engine::FourTuple tuple;
  Seq snd_nxt, rcv_nxt;
  std::uint32_t ts_recent = 0, ts_offset = 0;
  std::uint32_t hash_low = 0, hash_high = 0;
  engine::TimerWheel::Tick expires = 0;
  std::uint32_t older = engine::no_index, newer = engine::no_index;
  std::uint16_t window_field = 0;
  bool timestamps_ok = false;
};
static_assert(sizeof(TimeWaitEntry) <= 64);

class TimeWait {
 public:
  TimeWait(std::uint32_t capacity, engine::Duration duration) : entries_{capacity}, table_{capacity}, duration_{duration} {}

  void set_duration(engine::Duration duration) noexcept { duration_ = duration; }
  /// Takes over from `tcb`.   Returns: true if the oldest entry had to go for it.
  bool add(const Tcb& tcb, std::uint64_t hash, engine::Instant now) noexcept;
  [[nodiscard]] TimeWaitEntry* find(const engine::FourTuple& tuple, std::uint64_t hash) noexcept;
  /// The entry's time starts again (RFC 9293 3.10.7.4: a retransmitted FIN).
  void restart(TimeWaitEntry& entry, engine::Instant now) noexcept;
  void remove(TimeWaitEntry& entry) noexcept;
  /// Forgets what has expired, at most `budget` entries.   Returns: how many.
  std::uint32_t expire(engine::Instant now, std::uint32_t budget) noexcept;
  [[nodiscard]] std::optional<engine::Instant> next_deadline(engine::Instant now) const noexcept;
  [[nodiscard]] std::uint32_t size() const noexcept { return entries_.used(); }

 private:
  void unlink(std::uint32_t index) noexcept;
  void link_newest(std::uint32_t index) noexcept;
  void erase(std::uint32_t index) noexcept;

  engine::Slab<TimeWaitEntry> entries_;
  engine::FlowTable table_;
  engine::Duration duration_;
  std::uint32_t oldest_ = engine::no_index, newest_ = engine::no_index;
};

}  // namespace tcp
