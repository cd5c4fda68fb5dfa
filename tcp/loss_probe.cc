// Tail loss probe: when ACKs stay away, the end of what is outstanding goes again before the retransmission timeout, so that its
// ACK shows what is lost.   Spec: RFC 8985 7.
#include <algorithm>

#include "tcp/congestion.h"
#include "tcp/machine.h"

namespace tcp {

namespace {
constexpr Duration delayed_ack_max = 200ms;  // RFC 8985 7.2 TLP.max_ack_delay: what a peer may take to answer a single segment

/// 7.2.
Duration probe_timeout(const Tcb& tcb) noexcept {
  const Duration round_trips = std::max<Duration>(2 * tcb.rto.srtt(), 2 * engine::TimerWheel::tick);
  return tcb.flight() <= tcb.mss ? round_trips + delayed_ack_max : round_trips;
}

/// 7.2: only where SACK can answer it, and not while something else recovers.
bool may_probe(const Tcb& tcb, const Cold& cold) noexcept {
  if (!tcb.has(Tcb::sack_ok) || cold.phase != Cold::Phase::open || cold.is_probing || cold.flight.sacked() != 0) return false;
  return tcb.rto.has_sample() && tcb.backoff == 0 && tcb.snd_wnd_field != 0 && !cold.flight.empty();
}
}  // namespace

/// Starts the retransmission timer anew: for a probe if one is due before the timeout.
void Machine::arm_retransmission(Tcb& tcb, Cold* cold, Instant now) noexcept {
  const Duration timeout = rto(tcb);
  Duration after = timeout;
  if (cold != nullptr) {
    cold->alarm = Alarm::timeout;
    if (const Duration probe = probe_timeout(tcb); probe < timeout && may_probe(tcb, *cold)) {
      cold->alarm = Alarm::probe;
      after = probe;
    }
  }
  tcb.arm(Timer::retransmit, ticks_after(now, after));
}

/// 7.2: the probe of the tail waits for the last segment, the timeout does not.
void Machine::put_off_probe(Tcb& tcb, Cold& cold, Instant now) noexcept {
  if (cold.alarm == Alarm::reorder) return;
  const Duration probe = probe_timeout(tcb);
  if (!may_probe(tcb, cold)) return;
  const Duration left = std::max(Duration::zero(), rto(tcb) - duration_of(stamp(now) - cold.flight.first_sent()));
  if (probe >= left && cold.alarm == Alarm::timeout) return;
  cold.alarm = probe < left ? Alarm::probe : Alarm::timeout;
  tcb.arm(Timer::retransmit, ticks_after(now, std::min(probe, left)));
}

/// 7.3: new text if there is some, else the last segment again.
void Machine::on_probe_timeout(Cold& cold, Outbox& out) noexcept {
  counters_.loss_probes.add();
  cold.is_probing = true;
  cold.alarm = Alarm::timeout;
  out.loss_probe = true;
}

/// 7.4. A probe that was acknowledged with what came after it, and did not arrive twice, repaired a loss that nothing else
/// noticed.
void Machine::on_ack_of_probe(Tcb& tcb, Cold& cold, const Segment& seg, const News& news) noexcept {
  if (!cold.is_probing || seg.ack < cold.tail) return;
  cold.is_probing = false;
  if (!cold.probe_is_copy || news.dsack.end == cold.tail || cold.phase != Cold::Phase::open) return;
  if (cold.tail < seg.ack) {
    algorithm().on_loss(tcb, cold, std::min(tcb.flight(), tcb.cwnd));
    tcb.cwnd = tcb.ssthresh;
  }
}

}  // namespace tcp
