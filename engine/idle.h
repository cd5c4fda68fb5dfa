// What a shard does when there is nothing to do: spin for a moment, then sleep until a packet, a bell or a deadline.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/handover.h"
#include "engine/ids.h"
#include "engine/qsbr.h"
#include "engine/time.h"

namespace engine {

enum class PollMode : std::uint8_t { adaptive, busy };

/// Receive interrupts of one queue, by a driver that has them.
class RxInterrupt {
 public:
  virtual ~RxInterrupt() = default;
  /// Adds the queue to the epoll instance of the calling shard.   Returns: false if the driver cannot.
  [[nodiscard]] virtual bool add_to(int epoll_fd) noexcept = 0;
  virtual void enable() noexcept = 0;
  virtual void disable() noexcept = 0;
};

class Idle {
 public:
  static constexpr Duration spin = 20us;                      // after the last work: the next packet is often near
  static constexpr Duration nap_min = 10us, nap_max = 100us;  // without interrupts: bounds of what polling late may cost
  static constexpr Duration sleep_max = 100ms;                // with interrupts
  static constexpr Duration alert = 10ms;  // after an interrupt that brought nothing: its packet may be on the way

  Idle(PollMode mode, ShardId self, Handover& handover, Qsbr& qsbr) noexcept;
  Idle(const Idle&) = delete;
  Idle& operator=(const Idle&) = delete;
  ~Idle();

  /// On the shard's own thread, before its loop. `interrupts`: one per RX queue, or empty if any queue has none.
  void start(std::vector<RxInterrupt*> interrupts);

  /// After a turn. `deadline()` says when there is work again in any case; `look_again()` is called between the announcement of
  /// sleep and sleep itself: if it finds work, there is no sleep.   Returns: true if it slept.
  template <typename D, typename F>
  bool after(bool worked, Instant now, D&& deadline, F&& look_again) noexcept {
    if (worked || mode_ == PollMode::busy) {
      idle_since_.reset();
      nap_ = nap_min;
      interrupted_ = false;
      return false;
    }
    if (interrupted_) {
      interrupted_ = false;
      alert_until_ = now + alert;
    }
    if (!idle_since_) idle_since_ = now;
    if (now - *idle_since_ < spin) return false;
    const Duration wait = allowed(now, deadline());
    if (wait <= Duration::zero()) return false;
    announce();
    const bool quiet = !look_again();
    if (quiet)
      sleep(wait);
    else
      idle_since_.reset();
    finish();
    return quiet;
  }
  [[nodiscard]] bool has_interrupts() const noexcept { return !interrupts_.empty(); }

 private:
  [[nodiscard]] Duration allowed(Instant now, std::optional<Instant> deadline) noexcept;
  void announce() noexcept;
  void sleep(Duration wait) noexcept;
  void finish() noexcept;

  PollMode mode_;
  ShardId self_;
  Handover& handover_;
  Qsbr& qsbr_;
  std::vector<RxInterrupt*> interrupts_;
  int epoll_fd_ = -1;
  std::optional<Instant> idle_since_;
  Duration nap_ = nap_min;
  bool interrupted_ = false;  // the last sleep ended by an interrupt of a queue
  Instant alert_until_{};
};

}  // namespace engine
