#include "engine/icmp.h"

#include <algorithm>

#include "engine/checksum.h"

namespace engine {

namespace {

constexpr std::uint8_t type_echo_reply = 0, type_unreachable = 3, type_source_quench = 4, type_redirect = 5, type_echo = 8,
                       type_time_exceeded = 11, type_parameter_problem = 12;

constexpr bool is_error_type(std::uint8_t type) noexcept {
  return type == type_unreachable || type == type_source_quench || type == type_redirect || type == type_time_exceeded ||
         type == type_parameter_problem;
}

struct TypeCode {
  std::uint8_t type, code;
};
constexpr TypeCode type_code(IcmpError error) noexcept {
  switch (error) {
    case IcmpError::net_unreachable:
      return {type_unreachable, 0};
    case IcmpError::host_unreachable:
      return {type_unreachable, 1};
    case IcmpError::protocol_unreachable:
      return {type_unreachable, 2};
    case IcmpError::port_unreachable:
      return {type_unreachable, 3};
    case IcmpError::fragmentation_needed:
      return {type_unreachable, 4};
    case IcmpError::ttl_exceeded:
      return {type_time_exceeded, 0};
  }
  return {};
}

}  // namespace

bool may_send_error_about(const Ipv4Header& ip, std::span<const std::byte> next) noexcept {
  const Ipv4 src{ip.src}, dst{ip.dst};
  if (ip.fragment_offset() != 0) return false;
  if (dst.is_multicast() || dst.is_limited_broadcast() || dst.is_class_e()) return false;
  if (src.is_zero() || src.is_multicast() || src.is_limited_broadcast() || src.is_loopback() || src.is_class_e() ||
      src.is_this_network())
    return false;
  if (ip.protocol == protocol_icmp) return !next.empty() && !is_error_type(std::to_integer<std::uint8_t>(next[0]));
  return true;
}

void Icmp::on_packet(Packet&& packet, bool local, Instant now) noexcept {
  ShardCounters& counters = context_.counters;
  const auto ip = packet.header_at<Ipv4Header>(0);
  const std::size_t header_bytes = ip.header_bytes();
  const PortId port = packet.port();
  if (packet.first_segment().size() < header_bytes + sizeof(IcmpHeader)) return counters.drop(Drop::icmp_malformed, port, packet);
  if (sum_from(packet, header_bytes).fold() != 0xffff) return counters.drop(Drop::icmp_malformed, port, packet);
  const auto icmp = packet.header_at<IcmpHeader>(header_bytes);
  // RFC 1122 3.2.2.6: an echo to a broadcast address may be ignored, and is.
  if (icmp.type != type_echo || icmp.code != 0 || !local) return counters.drop(Drop::icmp_not_answered, port, packet);

  auto& reply = packet.rewrite<Ipv4Header>(0);
  reply.src = ip.dst;
  reply.dst = ip.src;
  reply.ttl = 64;
  auto& header = packet.rewrite<IcmpHeader>(header_bytes);
  header.type = type_echo_reply;
  header.checksum =
      update_checksum(header.checksum, be16{std::uint16_t{type_echo} << 8}, be16{std::uint16_t{type_echo_reply} << 8});
  reply.checksum = be16{};
  reply.checksum = be16::from_raw(static_cast<std::uint16_t>(~inet_sum(packet.first_segment().first(header_bytes))));
  packet.clear_offloads();
  counters.consumed.add();
  context_.output.send(std::move(packet), now);
}

void Icmp::send_error(IcmpError error, const Packet& about, Instant now, std::uint16_t mtu) noexcept {
  const auto ip = about.header_at<Ipv4Header>(0);
  const std::size_t header_bytes = ip.header_bytes();
  if (!may_send_error_about(ip, about.first_segment().subspan(std::min(header_bytes, about.first_segment().size())))) return;
  if (context_.output.is_broadcast(Ipv4{ip.src})) return;  // RFC 1812 4.3.2.7: not about a source that is not one host
  if (!errors_.try_take(now)) return not_sent(Drop::icmp_rate_limited, about);
  // RFC 1812 4.3.2.4: the source is an address of the port through which the error leaves; for an unnumbered way, of the arrival.
  Ipv4 source = context_.output.source_for(Ipv4{ip.src});
  if (source.is_zero() && !config_->port(about.port()).addresses.empty())
    source = config_->port(about.port()).addresses.front().address;
  if (source.is_zero()) return;

  constexpr std::size_t headers = sizeof(Ipv4Header) + sizeof(IcmpHeader);
  const std::size_t quoted = std::min<std::size_t>({ip.total_length.host(), about.bytes(), quoted_packet_bytes - headers});
  Packet packet = context_.mempool.allocate();
  char* to = packet ? rte_pktmbuf_append(packet.get(), static_cast<std::uint16_t>(headers + quoted)) : nullptr;
  if (to == nullptr) return not_sent(Drop::mbufs_exhausted, about);
  auto* at = reinterpret_cast<std::byte*>(to);
  const void* from = rte_pktmbuf_read(about.get(), 0, static_cast<std::uint32_t>(quoted), at + headers);
  if (from != at + headers) std::memcpy(at + headers, from, quoted);

  const auto [type, code] = type_code(error);
  store(at + sizeof(Ipv4Header), IcmpHeader{type, code, be16{}, be16{}, be16{mtu}});
  const be16 icmp_checksum =
      be16::from_raw(static_cast<std::uint16_t>(~inet_sum({at + sizeof(Ipv4Header), sizeof(IcmpHeader) + quoted})));
  store(at + sizeof(Ipv4Header), IcmpHeader{type, code, icmp_checksum, be16{}, be16{mtu}});
  Ipv4Header header{0x45,
                    0xc0,
                    be16{static_cast<std::uint16_t>(headers + quoted)},
                    be16{next_id_++},
                    be16{0},
                    64,
                    protocol_icmp,
                    be16{},
                    source.wire(),
                    ip.src};  // precedence 6: RFC 1812 4.3.2.5
  header.checksum = be16::from_raw(static_cast<std::uint16_t>(~inet_sum(std::as_bytes(std::span{&header, 1}))));
  store(at, header);
  context_.output.send(std::move(packet), now);
}

/// An error that was due: the packet it is about is counted by who drops it.
void Icmp::not_sent(Drop why, const Packet& about) noexcept {
  context_.counters.drops.count(why, about.port());
  context_.counters.example(why, about.port(), about);
}

void Icmp::on_unresolved(const Packet& packet, Instant now) noexcept {
  if (packet.port().value >= config_->ports.size())
    return;  // our own, even if its source is ours no longer: it came from no port
  const auto ip = packet.header_at<Ipv4Header>(0);
  for (const PortConfig& port : config_->ports)
    if (port.answers(Ipv4{ip.src})) return;  // our own packet: nobody to tell
  send_error(IcmpError::host_unreachable, packet, now);
}

}  // namespace engine
