#include "bench/macro/packet_port.h"

#include <rte_mbuf.h>

#include <cstring>

#include "engine/checksum.h"

namespace bench {

using engine::be16;
using engine::EthernetHeader;
using engine::Ipv4Header;

namespace {
constexpr engine::Ipv4 source{10, 9, 0, 2};
constexpr std::uint8_t ttl = 64;
}  // namespace

SourcePort::SourcePort(const PeerContext& context, const std::vector<engine::Ipv4>& destinations) : PeerPort{context} {
  const auto ip_bytes = static_cast<std::uint16_t>(frame_.size() - sizeof(EthernetHeader));
  Ipv4Header ip{0x45, 0, be16{ip_bytes}, {}, {}, ttl, engine::protocol_udp, {}, source.wire(), {}};
  for (const engine::Ipv4 destination : destinations) {
    ip.dst = destination.wire();
    ip.checksum = be16{};
    engine::InetSum sum;
    sum.add(std::as_bytes(std::span{&ip, 1}));
    flows_.push_back({ip.dst, sum.checksum()});
  }
  engine::store(frame_.data(), EthernetHeader{info_.mac, peer_mac(source), engine::ether_type_ipv4});
  engine::store(frame_.data() + sizeof(EthernetHeader), ip);
}

std::uint16_t SourcePort::produce(rte_mbuf** mbufs, std::uint16_t room) noexcept {
  if (rte_pktmbuf_alloc_bulk(mempool_.packets(), mbufs, room) != 0) return 0;
  for (std::uint16_t i = 0; i < room; ++i) {
    char* at = rte_pktmbuf_append(mbufs[i], static_cast<std::uint16_t>(frame_.size()));
    std::memcpy(at, frame_.data(), frame_.size());
    const Flow& flow = flows_[next_];
    if (++next_ == flows_.size()) next_ = 0;
    auto& ip = *reinterpret_cast<Ipv4Header*>(at + sizeof(EthernetHeader));
    ip.dst = flow.dst;
    ip.checksum = flow.ip_checksum;
  }
  return room;
}

void SourcePort::consume(const rte_mbuf*) noexcept { faults_.note("a packet back to where it came from"); }

void SinkPort::consume(const rte_mbuf* frame) noexcept {
  ++packets_;
  const char* at = rte_pktmbuf_mtod(frame, const char*);
  Ipv4Header ip;
  std::memcpy(static_cast<void*>(&ip), at + sizeof(EthernetHeader), sizeof ip);
  if (ip.ttl != ttl - 1 || frame->pkt_len != 60) faults_.note("a forwarded packet of another TTL or length");
  if (!thorough_) return;
  EthernetHeader ethernet;
  std::memcpy(static_cast<void*>(&ethernet), at, sizeof ethernet);
  if (ethernet.src != info_.mac || ethernet.dst != peer_mac(gateway_of_(engine::Ipv4{ip.dst})))
    faults_.note("a packet to a wrong next hop");
  if (engine::inet_sum(std::as_bytes(std::span{&ip, 1})) != 0xffff) faults_.note("a wrong IP checksum");
}

}  // namespace bench
