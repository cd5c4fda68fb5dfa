// The transmission control block: two cache lines for an established connection, and a cold block while data is outstanding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "engine/flow.h"
#include "engine/timer_wheel.h"
#include "tcp/cubic.h"
#include "tcp/flight.h"
#include "tcp/prr.h"
#include "tcp/rack.h"
#include "tcp/recv_queue.h"
#include "tcp/rto.h"
#include "tcp/send_queue.h"
#include "tcp/seq.h"
#include "tcp/state.h"

namespace tcp {

using engine::Instant;
using Tick = engine::TimerWheel::Tick;

/// The timers of a connection; at most one of each runs.
enum class Timer : std::uint8_t {
  retransmit,   // RFC 6298, or the zero-window probe of RFC 9293 3.8.6.1
  delayed_ack,  // RFC 9293 3.8.6.3
  life,         // keep-alive, FIN-WAIT-2 of an abandoned connection
  count_
};

/// What the retransmission timer is about.
enum class Alarm : std::uint8_t {
  timeout,  // RFC 6298
  probe,    // of the tail, RFC 8985 7
  reorder,  // what was overtaken is not lost before it expires, RFC 8985 6.2
};

/// What a congestion response changed, until it is known whether there was a reason for it.   Spec: RFC 4015.
struct Undo {
  std::uint32_t cwnd = 0, ssthresh = 0;  // before
  std::uint32_t first_resent_at = 0;     // our timestamp on the first retransmission: an older echo answers the original
  std::uint32_t resent = 0;              // bytes sent again and not reported to have come twice
  bool is_armed = false;
  bool has_resent = false;
  bool is_echo_known = false;  // the first acceptable ACK after the retransmission was looked at
};

/// State while text is outstanding, queued, or lost. Comes from a smaller slab, goes back when all is acknowledged.
struct Cold {
  explicit Cold(Seq start) noexcept : queue{start}, recover{start}, flight{start} {}

  enum class Phase : std::uint8_t {
    open,
    recovery,  // fast recovery, RFC 6675 5 or RFC 6582
    loss,      // after a timeout, until what was sent before is acknowledged
  };
  SendQueue queue;
  Phase phase = Phase::open;
  bool is_timing = false;  // a round trip is being measured
  std::uint8_t dup_acks = 0;
  Alarm alarm = Alarm::timeout;
  bool is_probing = false;     // a probe of the tail is out: tail
  bool probe_is_copy = false;  // and was no new text
  Seq recover;                 // RFC 6675 RecoveryPoint, RFC 6582 recover
  Seq tail{};                  // RFC 8985 7.2, TLP.end_seq
  Seq timed_end{};             // the ACK of this ends the measurement
  Instant timed_at{};
  Rack rack;
  Prr prr;
  Undo undo;
  CubicState cubic;
  Flight flight;
};

struct Tcb {
  static constexpr std::uint16_t untouched = 0xfff;

  enum Flag : std::uint32_t {
    passive = 1,        // opened by a listener
    timestamps_ok = 2,  // RFC 7323 3.2: both sides sent the option
    sack_ok = 4,        // RFC 2018 2
    fin_queued = 8,     // the application closed: FIN follows the last byte
    fin_sent = 16,
    app_gone = 32,        // the application has left: text is discarded, no events
    app_knows = 64,       // an `accepted` or `connected` event was delivered
    send_blocked = 128,   // the application could not queue all it had
    leaving = 256,        // over, and out of the tables
    unread = 512,         // over, but the application has not read all: `closed` follows when it has
    released = 1024,      // its cell is freed at the end of the turn
    syn_resent = 2048,    // SYN or SYN-ACK went more than once: its round trip is ambiguous (Karn)
    reorders = 1 << 12,   // the path was seen to reorder: RFC 8985 6.2
    ecn_ok = 1 << 13,     // RFC 3168 6.1.1: both sides know ECN
    ecn_echo = 1 << 14,   // CE was received, and no CWR since: our ACKs carry ECE
    ecn_cwr = 1 << 15,    // the next new text carries CWR
    half_open = 1 << 16,  // has a place among half_open_max
    shrunk = 1 << 17,     // segments were made smaller in case the path takes no larger ones; not proved yet
  };

  // --- first line: identity, sequence space
  engine::FourTuple tuple;
  std::uint32_t flags = 0;
  State state = State::closed;
  std::uint8_t shifts = 0;  // window scale: low 4 bits theirs (for snd_wnd), high 4 bits ours
  std::uint16_t mss = 536;  // effective: what one segment to the peer may carry, options of established segments deducted
  Seq snd_una, snd_nxt;
  std::uint16_t snd_wnd_field = 0;      // as received, unscaled: see snd_wnd()
  std::uint16_t max_snd_wnd_field = 0;  // largest so far: RFC 5961 5.2, RFC 9293 3.8.6.2.1
  Seq snd_wl1, snd_wl2;
  Seq rcv_nxt, rcv_adv;  // rcv_adv: right edge of what we advertised; RCV.WND = rcv_adv - rcv_nxt
  Seq last_ack_sent;     // RFC 7323 4.3
  std::uint32_t ts_recent = 0;
  std::uint32_t ts_offset = 0;  // our timestamps start here: RFC 7323 7.1
  Tick active_at = 0;           // last segment from the peer
  // --- second line: congestion, timers, queues
  std::uint32_t cwnd = 0, ssthresh = 0;  // bytes
  Rto rto;
  Tick deadlines[3] = {};                  // by Timer, valid where timers_armed says so
  std::uint8_t backoff : 4 = 0;            // doublings of the RTO: kept until a round trip is measured (Karn)
  std::uint8_t expiries : 4 = 0;           // in a row, without progress; keep-alive probes while nothing is outstanding
  std::uint8_t timers_armed : 4 = 0;       // bit per Timer
  std::uint8_t ack_segments : 4 = 0;       // text segments received since the last ACK was sent, at most 15
  std::uint16_t touched : 12 = untouched;  // place in the turn's list of touched connections
  std::uint16_t quick_acks : 4 = 0;        // ACKs still to be sent at once
  std::uint32_t cold = engine::no_index;
  RecvQueue received;
  std::uint32_t reassembly = engine::no_index;
  std::uint32_t cookie = 0;          // the application's name for the connection
  std::uint16_t rcv_buffer_kib = 0;  // how much we are willing to hold for the application
  std::uint16_t promised_mbufs = 0;  // charged for the advertised window
  std::uint16_t grow_kib = 0;        // consumed since grow_at
  std::uint16_t grow_at = 0;         // low bits of a Tick: enough for a round trip
  std::uint8_t answers : 4 = 0;      // sent in the present period: Machine::may_answer
  std::uint8_t answers_period : 4 = 0;
  std::uint16_t listener = 0xffff;  // of the snapshot it was accepted under

  [[nodiscard]] bool has(Flag f) const noexcept { return (flags & f) != 0; }
  void set(Flag f) noexcept { flags |= f; }
  void clear(Flag f) noexcept { flags &= ~static_cast<std::uint32_t>(f); }

  [[nodiscard]] std::uint8_t snd_shift() const noexcept { return shifts & 15; }
  [[nodiscard]] std::uint8_t rcv_shift() const noexcept { return shifts >> 4; }
  [[nodiscard]] std::uint32_t snd_wnd() const noexcept { return std::uint32_t{snd_wnd_field} << snd_shift(); }
  [[nodiscard]] std::uint32_t max_snd_wnd() const noexcept { return std::uint32_t{max_snd_wnd_field} << snd_shift(); }
  [[nodiscard]] std::uint32_t rcv_wnd() const noexcept { return rcv_adv - rcv_nxt; }
  /// Sent and not acknowledged, SYN and FIN included.
  [[nodiscard]] std::uint32_t flight() const noexcept { return snd_nxt - snd_una; }

  void arm(Timer t, Tick at) noexcept {
    deadlines[static_cast<std::size_t>(t)] = at;
    timers_armed = (timers_armed | 1u << static_cast<unsigned>(t)) & 15;
  }
  void disarm(Timer t) noexcept { timers_armed = timers_armed & ~(1u << static_cast<unsigned>(t)) & 15; }
  [[nodiscard]] bool is_armed(Timer t) const noexcept { return (timers_armed >> static_cast<unsigned>(t) & 1) != 0; }
  [[nodiscard]] Tick deadline(Timer t) const noexcept { return deadlines[static_cast<std::size_t>(t)]; }
};
static_assert(offsetof(Tcb, cwnd) == 64, "the lines are as the comments say");
static_assert(sizeof(Tcb) <= 128 && alignof(Tcb) <= 64);

}  // namespace tcp
