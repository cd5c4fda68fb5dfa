// Why TCP lost, refused or ignored a segment.
#pragma once

#include "engine/drop.h"

namespace tcp {

enum class Drop : std::uint8_t {
  none,
  truncated,
  bad_checksum,
  bad_options,
  no_connection,
  no_listener,
  connections_full,
  half_open_full,
  account_full,
  draining,
  bad_syn,
  bad_ack,
  no_ack,
  reset_not_exact,
  reset_in_time_wait,
  unexpected_syn,
  paws,
  outside_window,
  duplicate,
  out_of_order_full,
  after_close,
  chain_too_long,
  icmp_not_believed,
  count_,
};

inline constexpr auto drop_info = std::to_array<engine::ReasonInfo<Drop>>({
    {Drop::none, "tcp", "none", "not dropped"},
    {Drop::truncated, "tcp", "truncated", "shorter than its header, or a data offset below 5 (RFC 9293 3.1)"},
    {Drop::bad_checksum, "tcp", "bad_checksum", "checksum wrong (RFC 9293 MUST-3)"},
    {Drop::bad_options, "tcp", "bad_options", "an option with an impossible length"},
    {Drop::no_connection, "tcp", "no_connection", "belongs to no connection: answered with RST"},
    {Drop::no_listener, "tcp", "no_listener", "SYN to a port where nobody listens: answered with RST"},
    {Drop::connections_full, "tcp", "connections_full", "SYN refused: max_connections reached"},
    {Drop::half_open_full, "tcp", "half_open_full",
     "SYN over a tuple in TIME-WAIT refused: half_open_max handshakes are under way"},
    {Drop::account_full, "tcp", "account_full", "segment or SYN refused: packet memory (engine.buffers) is used up"},
    {Drop::draining, "tcp", "draining", "SYN refused with RST: the instance is stopping"},
    {Drop::bad_syn, "tcp", "bad_syn", "SYN with RST or FIN, or from port 0"},
    {Drop::bad_ack, "tcp", "bad_ack", "acknowledges what was never sent, or is too old (RFC 5961 5.2)"},
    {Drop::no_ack, "tcp", "no_ack", "no ACK flag on an established connection (RFC 9293 3.10.7.4, fifth)"},
    {Drop::reset_not_exact, "tcp", "reset_not_exact",
     "RST that is not exactly at RCV.NXT: challenged if it lies in the window (RFC 5961 3.2)"},
    {Drop::reset_in_time_wait, "tcp", "reset_in_time_wait", "RST in TIME-WAIT: ignored (RFC 1337)"},
    {Drop::unexpected_syn, "tcp", "unexpected_syn", "SYN on an established connection: challenged (RFC 5961 4.2)"},
    {Drop::paws, "tcp", "paws", "older timestamp than the last one (RFC 7323 5.3)"},
    {Drop::outside_window, "tcp", "outside_window", "beyond the window that we advertised"},
    {Drop::duplicate, "tcp", "duplicate", "text that was received before"},
    {Drop::out_of_order_full, "tcp", "out_of_order_full", "out-of-order text beyond what a connection may hold"},
    {Drop::after_close, "tcp", "after_close", "text after we closed and stopped listening: discarded"},
    {Drop::chain_too_long, "tcp", "chain_too_long", "a packet in more mbufs than expected"},
    {Drop::icmp_not_believed, "tcp", "icmp_not_believed",
     "ICMP error about no segment that is outstanding, or one that changes nothing (RFC 5927)"},
});
static_assert(engine::is_indexed_by_id(drop_info));

}  // namespace tcp
