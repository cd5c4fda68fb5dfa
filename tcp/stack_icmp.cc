// ICMP errors about segments of ours. Anybody can send them: only one about a segment that is outstanding is looked at, and none
// ends a connection that is established.   Spec: RFC 1191, RFC 1122 4.2.3.9, RFC 5927.
#include "engine/checksum.h"
#include "engine/icmp_error.h"
#include "tcp/stack.h"

namespace tcp {

using engine::IcmpTcpError;
using engine::Packet;

/// An error as if it were the segment that it is about.
Drop Stack::parse_error(const Packet& packet, Parsed& out) const noexcept {
  const auto error = engine::read_tcp_error(packet.first_segment());
  if (!error) return Drop::truncated;
  if (engine::sum_from(packet, sizeof(engine::Ipv4Header)).fold() != 0xffff) return Drop::bad_checksum;
  out.tuple = error->tuple;
  out.hash = hash(out.tuple);
  return Drop::none;
}

void Stack::on_icmp_error(Packet packet, Parsed& parsed, Instant now) noexcept {
  const std::uint32_t id = table_.find(parsed.hash, [&](std::uint32_t i) noexcept { return tcbs_[i].tuple == parsed.tuple; });
  if (id == no_index && shard_.hand_over(packet, parsed.tuple)) return;
  const auto error = engine::read_tcp_error(packet.first_segment());
  if (id == no_index || !error) return drop(std::move(packet), Drop::icmp_not_believed);
  Tcb& tcb = tcbs_[id];
  const Seq seq{error->seq};
  // RFC 5927 4.1: what a blind attacker does not know.
  if (seq < tcb.snd_una || tcb.snd_nxt <= seq) return drop(std::move(packet), Drop::icmp_not_believed);
  const bool is_unreachable = error->type == IcmpTcpError::unreachable;
  if (is_unreachable && error->code == IcmpTcpError::needs_fragmentation) {
    if (!on_needs_fragmentation(id, *error, now)) return drop(std::move(packet), Drop::icmp_not_believed);
  } else if (tcb.state == State::syn_sent && is_unreachable) {
    machine_.on_unreachable(tcb, touch(id));
  } else {
    return drop(std::move(packet), Drop::icmp_not_believed);  // RFC 5927 5.2: the retransmission timer knows better
  }
  consume(std::move(packet));
}

/// Returns: false if it cannot be true, or is no news.
bool Stack::on_needs_fragmentation(ConnId id, const IcmpTcpError& error, Instant now) noexcept {
  Tcb& tcb = tcbs_[id];
  if (!config_.pmtud || error.segment_bytes <= PathMtus::smallest) return false;  // such a one went without DF
  std::uint16_t mtu = error.next_hop_mtu != 0 ? error.next_hop_mtu : PathMtus::plateau_below(error.segment_bytes);
  mtu = std::max(mtu, PathMtus::smallest);
  if (mtu >= error.segment_bytes) return false;
  path_mtus_.learn(engine::Ipv4{tcb.tuple.remote}, mtu, now);
  return machine_.on_path_mtu(tcb, mtu, touch(id));
}

}  // namespace tcp
