// The states of RFC 9293 3.3.2, and why a connection ended.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "engine/drop.h"

namespace tcp {

enum class State : std::uint8_t {
  closed,
  listen,
  syn_sent,
  syn_received,
  established,
  fin_wait_1,
  fin_wait_2,
  close_wait,
  closing,
  last_ack,
  time_wait,
  count_
};

/// Lower case, with underscores: as metrics and `penstock connections` name them.
[[nodiscard]] constexpr std::string_view name(State state) noexcept {
  constexpr std::array<std::string_view, engine::index_of(State::count_)> names{
      "closed",     "listen",     "syn_sent", "syn_received", "established", "fin_wait_1",
      "fin_wait_2", "close_wait", "closing",  "last_ack",     "time_wait"};
  return names[engine::index_of(state)];
}

/// SYN was acknowledged by the peer and its SYN was seen.
[[nodiscard]] constexpr bool is_synchronized(State s) noexcept { return s >= State::established; }
/// We may still send text.
[[nodiscard]] constexpr bool may_send_text(State s) noexcept { return s == State::established || s == State::close_wait; }
/// The peer may still send text.
[[nodiscard]] constexpr bool may_receive_text(State s) noexcept {
  return s == State::established || s == State::fin_wait_1 || s == State::fin_wait_2;
}

/// Why a connection is gone.
enum class CloseReason : std::uint8_t {
  none,
  finished,  // both sides closed and all was acknowledged
  reset,     // the peer sent RST
  refused,   // RST in answer to our SYN
  timeout,   // retransmissions or keep-alive probes without an answer
  aborted,   // by us
  count_
};

[[nodiscard]] constexpr std::string_view name(CloseReason reason) noexcept {
  constexpr std::array<std::string_view, engine::index_of(CloseReason::count_)> names{"none",    "finished", "reset",
                                                                                      "refused", "timeout",  "aborted"};
  return names[engine::index_of(reason)];
}

}  // namespace tcp
