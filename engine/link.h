// The last step of a packet: checksums that the port does not compute, the Ethernet header, and out.
#pragma once

#include "engine/checksum.h"
#include "engine/packet.h"
#include "engine/shard_counters.h"
#include "engine/tx.h"

namespace engine {

/// Asks for an IPv4 header checksum and a TCP checksum at transmission, by the port or in software. The packet starts at the IPv4
/// header; its TCP checksum field holds the folded, not complemented pseudo-header sum.
inline void want_tcp_checksums(Packet& packet, std::uint16_t ip_header_bytes, std::uint16_t tcp_header_bytes) noexcept {
  rte_mbuf* m = packet.get();
  m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM;
  m->tx_offload = 0;
  m->l2_len = sizeof(EthernetHeader);
  m->l3_len = ip_header_bytes;
  m->l4_len = tcp_header_bytes;
}

/// The sum of a packet's bytes from `offset` on, through all its segments.
[[nodiscard]] InetSum sum_from(const Packet& packet, std::size_t offset) noexcept;

class Link {
 public:
  Link(Tx& tx, ShardCounters& counters) noexcept : tx_{tx}, counters_{counters} {}

  /// Sends an IPv4 packet (data at its header) to `dst` on `port`.
  void send_ipv4(Packet&& packet, PortId port, const MacAddress& dst) noexcept;
  /// Sends what follows an Ethernet header of the given type.
  void send(Packet&& payload, PortId port, const MacAddress& dst, be16 ether_type) noexcept;

  [[nodiscard]] const PortInfo& port_info(PortId port) const noexcept { return tx_.port_info(port); }

 private:
  Tx& tx_;
  ShardCounters& counters_;
};

}  // namespace engine
