#include "engine/link.h"

#include "engine/checksum.h"

namespace engine {

InetSum sum_from(const Packet& packet, std::size_t offset) noexcept {
  InetSum sum;
  bool is_odd = false;
  for (const rte_mbuf* segment = packet.get(); segment != nullptr; segment = segment->next) {
    if (offset >= segment->data_len) {
      offset -= segment->data_len;
      continue;
    }
    const std::span bytes{rte_pktmbuf_mtod_offset(segment, const std::byte*, offset), segment->data_len - offset};
    if (is_odd)
      sum.add_at_odd_offset(bytes);
    else
      sum.add(bytes);
    is_odd ^= (bytes.size() & 1) != 0;
    offset = 0;
  }
  return sum;
}

namespace {

/// Does in software what was asked for and `port` cannot do.
void finish_checksums(Packet& packet, const PortCapabilities& port) noexcept {
  rte_mbuf* m = packet.get();
  if ((m->ol_flags & RTE_MBUF_F_TX_TCP_CKSUM) != 0 && !port.tx_tcp_checksum) {
    auto& tcp = packet.rewrite<TcpHeader>(m->l3_len);
    tcp.checksum = sum_from(packet, m->l3_len).checksum();  // the field holds the pseudo-header's sum
    m->ol_flags &= ~RTE_MBUF_F_TX_TCP_CKSUM;
  }
  if ((m->ol_flags & RTE_MBUF_F_TX_IP_CKSUM) != 0 && !port.tx_ip_checksum) {
    auto& ip = packet.rewrite<Ipv4Header>(0);
    ip.checksum = be16{};
    InetSum sum;
    sum.add(std::as_bytes(std::span{&ip, 1}));
    ip.checksum = sum.checksum();
    m->ol_flags &= ~RTE_MBUF_F_TX_IP_CKSUM;
  }
  if ((m->ol_flags & (RTE_MBUF_F_TX_TCP_CKSUM | RTE_MBUF_F_TX_IP_CKSUM)) == 0) m->ol_flags &= ~RTE_MBUF_F_TX_IPV4;
}

}  // namespace

void Link::send_ipv4(Packet&& packet, PortId port, const MacAddress& dst) noexcept {
  if ((packet.get()->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK) != 0) finish_checksums(packet, tx_.port_info(port).capabilities);
  send(std::move(packet), port, dst, ether_type_ipv4);
}

void Link::send(Packet&& payload, PortId port, const MacAddress& dst, be16 ether_type) noexcept {
  store(payload.push_front(sizeof(EthernetHeader)), EthernetHeader{dst, tx_.port_info(port).mac, ether_type});
  payload.set_port(port);
  tx_.send(port, std::move(payload));
}

}  // namespace engine
