// ICMP errors about our own TCP segments: which segment, and what went wrong.   Spec: RFC 792, RFC 1191 4, RFC 1122 3.2.2.
#pragma once

#include <optional>
#include <span>

#include "engine/byteorder.h"
#include "engine/flow.h"
#include "engine/wire.h"

namespace engine {

struct IcmpTcpError {
  static constexpr std::uint8_t unreachable = 3, time_exceeded = 11, parameter_problem = 12;              // types
  static constexpr std::uint8_t protocol_unreachable = 2, port_unreachable = 3, needs_fragmentation = 4;  // codes of unreachable
  std::uint8_t type, code;
  std::uint16_t next_hop_mtu;   // of needs_fragmentation; 0 from a router that does not know RFC 1191
  FourTuple tuple;              // of our connection
  std::uint32_t seq;            // of the segment
  std::uint16_t segment_bytes;  // total length of its packet
};

/// Reads an ICMP message; neither its checksum nor whether the segment is ours is checked.   `packet`: from the IPv4 header,
/// which was checked.   Returns: nothing if it is no error, or not about TCP.
[[nodiscard]] inline std::optional<IcmpTcpError> read_tcp_error(std::span<const std::byte> packet) noexcept {
  constexpr std::size_t ports_and_seq = 8;  // all that RFC 792 promises of the quoted segment
  const std::size_t icmp_at = load<Ipv4Header>(packet).header_bytes();
  const std::size_t quote_at = icmp_at + sizeof(IcmpHeader);
  if (packet.size() < quote_at + sizeof(Ipv4Header)) return {};
  const auto icmp = load<IcmpHeader>(packet.subspan(icmp_at));
  if (icmp.type != IcmpTcpError::unreachable && icmp.type != IcmpTcpError::time_exceeded &&
      icmp.type != IcmpTcpError::parameter_problem)
    return {};
  const auto ip = load<Ipv4Header>(packet.subspan(quote_at));
  const std::size_t segment_at = quote_at + ip.header_bytes();
  if (ip.protocol != protocol_tcp || ip.fragment_offset() != 0 || ip.header_bytes() < sizeof ip) return {};
  if (packet.size() < segment_at + ports_and_seq) return {};
  const auto ports = packet.subspan(segment_at);
  return IcmpTcpError{.type = icmp.type,
                      .code = icmp.code,
                      .next_hop_mtu = load<be16>(packet.subspan(quote_at - 2)).host(),
                      .tuple = {ip.dst, ip.src, load<be16>(ports.subspan(2)), load<be16>(ports)},
                      .seq = load<be32>(ports.subspan(4)).host(),
                      .segment_bytes = ip.total_length.host()};
}

}  // namespace engine
