// Timers of a connection, RFC 9293 3.10.8 and what has been added since.
#include <algorithm>

#include "tcp/machine.h"

namespace tcp {

std::optional<Tick> Machine::next_deadline(const Tcb& tcb) noexcept {
  std::optional<Tick> earliest;
  for (std::size_t i = 0; i < static_cast<std::size_t>(Timer::count_); ++i) {
    if (!tcb.is_armed(static_cast<Timer>(i))) continue;
    if (!earliest || static_cast<std::int32_t>(tcb.deadlines[i] - *earliest) < 0) earliest = tcb.deadlines[i];
  }
  return earliest;
}

void Machine::on_timer(Tcb& tcb, Timer timer, Instant now, Outbox& out) noexcept {
  tcb.disarm(timer);
  switch (timer) {
    case Timer::retransmit: {
      if (tcb.state == State::syn_sent || tcb.state == State::syn_received) return on_syn_timeout(tcb, out);
      Cold* cold = this->cold(tcb);
      if (cold != nullptr && !cold->queue.empty() && tcb.snd_wnd_field == 0) {
        // RFC 9293 3.8.6.1: probed as long as the peer answers; a peer that is gone is noticed by its silence. After CLOSE the
        // end comes when probes are farther apart than fin_wait_2, answered or not: nobody waits for a window that stays closed.
        const auto silence =
            static_cast<std::int32_t>(engine::TimerWheel::floor_tick(now) - tcb.active_at) * engine::TimerWheel::tick;
        if (silence > (tcb.has(Tcb::app_gone) ? config_->fin_wait_2 : Rto::max * 5)) return end(tcb, CloseReason::timeout, out);
        back_off(tcb);
        out.probe = true;
        return;
      }
      if (tcb.flight() != 0 && cold != nullptr && cold->alarm == Alarm::probe) return on_probe_timeout(*cold, out);
      if (tcb.flight() != 0 && cold != nullptr && cold->alarm == Alarm::reorder) {
        arm_retransmission(tcb, cold, now);
        return detect_losses(tcb, *cold, {}, now, out);
      }
      if (tcb.flight() != 0) return on_retransmission_timeout(tcb, now, out);
      out.may_send = out.override_silly_window = true;  // RFC 9293 3.8.6.2.1 (4)
      return;
    }
    case Timer::delayed_ack:
      return out.ack();
    case Timer::life:
      return on_life_timer(tcb, now, out);
    case Timer::count_:
      return;
  }
}

void Machine::on_syn_timeout(Tcb& tcb, Outbox& out) noexcept {
  const std::uint8_t limit = tcb.has(Tcb::passive) ? syn_ack_retries : syn_retries;
  if (tcb.expiries >= limit) return end(tcb, CloseReason::timeout, out);
  counters_.timeouts.add();
  ++tcb.expiries;
  back_off(tcb);
  out.syn = true;
}

/// RFC 6298 5.5.
void Machine::back_off(Tcb& tcb) noexcept { tcb.backoff = std::min(tcb.backoff + 1, Rto::doublings_max) & 15; }

void Machine::on_life_timer(Tcb& tcb, Instant now, Outbox& out) noexcept {
  if (tcb.has(Tcb::app_gone)) {
    // The application left fin_wait_2 ago. If all we sent was taken, only the peer's FIN is missing: forgotten as Linux does.
    // Else the retransmission timer decides.
    if (tcb.state == State::fin_wait_2) return end(tcb, CloseReason::finished, out);
    return tcb.arm(Timer::life, ticks_after(now, config_->fin_wait_2));
  }
  if (config_->keepalive == Duration::zero()) return;
  // RFC 1122 4.2.3.6: probes only after a long silence with nothing outstanding. The timer is lazy: activity does not touch it.
  const Duration idle = static_cast<std::int32_t>(engine::TimerWheel::floor_tick(now) - tcb.active_at) * engine::TimerWheel::tick;
  if (idle < config_->keepalive || tcb.flight() != 0) {
    if (tcb.flight() == 0) tcb.expiries = 0;
    const Duration left = std::max(config_->keepalive - idle, Duration{1s});
    return tcb.arm(Timer::life, ticks_after(now, left));
  }
  if (tcb.expiries >= keepalive_probes) return end(tcb, CloseReason::timeout, out);
  ++tcb.expiries;
  out.keepalive = true;
  tcb.arm(Timer::life, ticks_after(now, keepalive_interval));
}

std::uint32_t Machine::timestamp(const Tcb& tcb, Instant now) const noexcept { return tcb.ts_offset + clock_ms(now); }

}  // namespace tcp
