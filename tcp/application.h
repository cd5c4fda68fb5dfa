// The seam between TCP and what uses it: events once per burst, calls in between.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "engine/time.h"
#include "tcp/listeners.h"
#include "tcp/snapshot.h"
#include "tcp/state.h"

namespace tcp {

/// A connection of this shard. Valid until its `closed` event, or until the application closed or aborted it.
using ConnId = std::uint32_t;

/// What happened to a connection during a burst, folded: several bits may be set.
struct Event {
  ConnId connection;
  std::uint32_t cookie;  // the application's name for it; 0 with `accepted` until it sets one
  std::uint8_t what;     // Outbox::accepted, connected, readable, peer_closed, writable, closed
  CloseReason reason;    // with `closed`
  ListenerId listener;   // with `accepted`
  [[nodiscard]] bool is(std::uint8_t bit) const noexcept { return (what & bit) != 0; }
};

class Application {
 public:
  virtual ~Application() = default;
  virtual void on_events(std::span<const Event> events, engine::Instant now) noexcept = 0;
  /// Once per turn, before segments are built.   Returns: whether there was work.
  virtual bool on_time(engine::Instant now) noexcept = 0;
  [[nodiscard]] virtual std::optional<engine::Instant> next_deadline(engine::Instant now) const noexcept = 0;
  virtual void adopt(const Snapshot& snapshot, engine::Instant now) noexcept = 0;
};

}  // namespace tcp
