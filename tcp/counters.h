// What TCP counts per shard. One writer, any reader.
#pragma once

#include <array>
#include <string_view>

#include "engine/counters.h"
#include "engine/drop_examples.h"
#include "tcp/drop.h"
#include "tcp/state.h"

namespace tcp {

struct Counters {  // what only grows is explained by counter_info
  engine::Counter segments_received, segments_sent;
  engine::Counter accepted, opened, connect_failed;
  engine::Counter retransmitted_segments, timeouts, fast_recoveries, zero_window_probes;
  engine::Counter loss_probes, undone_recoveries, dsacks_received, ecn_reductions;
  engine::Counter path_mtu_reductions;
  engine::Counter syn_cookies_sent, syn_cookies_received;
  engine::Counter resets_sent, resets_received, challenge_acks;
  engine::Counter pure_acks_sent, time_wait_reused, time_wait_recycled, ports_exhausted, account_refusals;
  engine::Counter time_wait;                                                  // gauge
  std::array<engine::Counter, engine::index_of(State::count_)> connections;   // gauges by state
  std::array<engine::Counter, engine::index_of(CloseReason::count_)> closed;  // by reason
  std::array<engine::Counter, engine::index_of(Drop::count_)> drops;
  engine::DropExamples examples{engine::index_of(Drop::count_)};
};

/// What users see of a counter, as penstock_tcp_NAME_total and in the views.
struct CounterInfo {
  std::string_view name;
  engine::Counter Counters::*value;
  std::string_view help;
};
inline constexpr auto counter_info = std::to_array<CounterInfo>({
    {"accepted", &Counters::accepted, "Connections opened by clients"},
    {"opened", &Counters::opened, "Connections opened to servers"},
    {"connect_failures", &Counters::connect_failed,
     "Connections to servers that could not even be tried: no route, port or room"},
    {"received_segments", &Counters::segments_received, "Segments received"},
    {"sent_segments", &Counters::segments_sent, "Segments sent"},
    {"retransmitted_segments", &Counters::retransmitted_segments, "Segments sent again"},
    {"timeouts", &Counters::timeouts, "Retransmission timeouts (RFC 6298)"},
    {"fast_recoveries", &Counters::fast_recoveries, "Losses repaired without a timeout (RFC 8985, RFC 6582)"},
    {"loss_probes", &Counters::loss_probes, "Probes of the tail: sent when no ACK came for two round trips (RFC 8985)"},
    {"undone_recoveries", &Counters::undone_recoveries, "Recoveries taken back because nothing was lost (RFC 4015)"},
    {"dsacks_received", &Counters::dsacks_received, "Reports of peers that something arrived twice (RFC 2883)"},
    {"ecn_reductions", &Counters::ecn_reductions, "Windows reduced because the path marked congestion (RFC 3168)"},
    {"path_mtu_reductions", &Counters::path_mtu_reductions, "Segments made smaller for a path (RFC 1191, RFC 4821)"},
    {"zero_window_probes", &Counters::zero_window_probes, "Probes of a closed window"},
    {"pure_acks_sent", &Counters::pure_acks_sent, "Segments sent only to acknowledge"},
    {"syn_cookies_sent", &Counters::syn_cookies_sent, "SYNs answered with a cookie: half_open_max reached (RFC 4987)"},
    {"syn_cookies_received", &Counters::syn_cookies_received, "Connections that a returned cookie opened"},
    {"resets_sent", &Counters::resets_sent, "RST sent"},
    {"resets_received", &Counters::resets_received, "RST received and believed"},
    {"challenge_acks", &Counters::challenge_acks, "Challenge ACKs sent (RFC 5961)"},
    {"time_wait_reused", &Counters::time_wait_reused, "TIME-WAIT entries given up because the table was full"},
    {"time_wait_recycled", &Counters::time_wait_recycled, "TIME-WAIT entries taken over by a new SYN (RFC 6191)"},
    {"ports_exhausted", &Counters::ports_exhausted, "Connections to servers without a free local port"},
    {"account_refusals", &Counters::account_refusals, "Windows and sends that packet memory did not allow"},
});

}  // namespace tcp
