// What TCP counts per shard. One writer, any reader.
#pragma once

#include <array>

#include "engine/counters.h"
#include "engine/drop_examples.h"
#include "tcp/drop.h"
#include "tcp/state.h"

namespace tcp {

struct Counters {
  engine::Counter segments_received, segments_sent;
  engine::Counter accepted, opened, connect_failed;
  engine::Counter retransmitted_segments, timeouts, fast_recoveries, zero_window_probes;
  engine::Counter resets_sent, resets_received, challenge_acks;
  engine::Counter pure_acks_sent;
  engine::Counter time_wait_reused;                                           // oldest entry given up because the table was full
  engine::Counter time_wait_recycled;                                         // a new SYN took over its tuple, RFC 6191
  engine::Counter ports_exhausted;                                            // connect() without a free local port
  engine::Counter account_refusals;                                           // a window or a send that the account did not grant
  engine::Counter time_wait;                                                  // gauge
  std::array<engine::Counter, engine::index_of(State::count_)> connections;   // gauges by state
  std::array<engine::Counter, engine::index_of(CloseReason::count_)> closed;  // by reason
  std::array<engine::Counter, engine::index_of(Drop::count_)> drops;
  engine::DropExamples examples{engine::index_of(Drop::count_)};
};

}  // namespace tcp
