// The only exit of the machine: what it wants, collected over a turn. Segments are built once per connection, when the turn ends
// and the application has had its say, so that an ACK rides on the answer.
#pragma once

#include <algorithm>
#include <cstdint>

#include "tcp/seq.h"
#include "tcp/state.h"

namespace tcp {

struct Outbox {
  // Events for the application.
  static constexpr std::uint8_t accepted = 1, connected = 2, readable = 4, peer_closed = 8, writable = 16, closed = 32;

  std::uint8_t events = 0;
  CloseReason reason = CloseReason::none;  // with `closed`
  std::uint8_t acks_now = 0;
  bool ack_soon = false;               // the delayed ACK timer shall run
  bool may_send = false;               // queue, window or congestion window changed
  bool syn = false;                    // SYN or SYN-ACK is due
  bool retransmit = false;             // the first outstanding segment is due again, whatever the windows say
  bool override_silly_window = false;  // send what fits, however small
  bool probe = false;                  // into a closed window
  bool loss_probe = false;             // the end of what is outstanding, RFC 8985 7.3
  bool keepalive = false;
  bool reset = false;  // RST with the sequence numbers below
  bool reset_has_ack = false;
  bool enter_time_wait = false;
  bool has_shrunk = false;  // smaller segments arrive where larger ones did not
  Seq reset_seq, reset_ack;
  SeqRange dsack{};  // arrived twice, RFC 2883: the next ACK says so; empty: nothing

  /// An ACK is due at once; one for all that asks for it in this turn.
  void ack() noexcept { acks_now = std::max<std::uint8_t>(acks_now, 1); }
  /// One more than there would be: a peer without SACK counts them (RFC 5681 3.2).
  void duplicate_ack() noexcept { acks_now = static_cast<std::uint8_t>(std::min(acks_now + 1, 64)); }
  void event(std::uint8_t e) noexcept { events |= e; }
  void close(CloseReason why) noexcept {
    events |= closed;
    reason = why;
  }
};
static_assert(sizeof(Outbox) <= 32);

}  // namespace tcp
