#include "bench/macro/peer_port.h"

#include <rte_mbuf.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/check.h"
#include "engine/checksum.h"
#include "engine/link.h"
#include "tcp/segment.h"

namespace bench {

using engine::be16;
using engine::be32;
using engine::EthernetHeader;
using engine::Ipv4Header;
using engine::TcpHeader;

namespace {

constexpr std::size_t tcp_at = sizeof(EthernetHeader) + sizeof(Ipv4Header);
// A SYN: MSS, SACK permitted, timestamps, window scale; all others: timestamps. Where the two timestamps lie in each.
constexpr std::array<std::uint8_t, 20> syn_options{2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7};
constexpr std::array<std::uint8_t, 12> options{1, 1, 8, 10};
constexpr std::size_t syn_timestamps_at = 8, timestamps_at = 4;

}  // namespace

PeerPort::PeerPort(const PeerContext& context) : mempool_{context.mempool}, meter_{context.meter} { info_ = context.info; }

std::uint16_t PeerPort::receive(std::uint16_t, rte_mbuf** mbufs, std::uint16_t room) noexcept {
  const Metered metered{meter_};
  return produce(mbufs, std::min(room, burst_max));
}

std::uint16_t PeerPort::transmit(std::uint16_t, rte_mbuf** mbufs, std::uint16_t count) noexcept {
  const Metered metered{meter_};
  for (std::uint16_t i = 0; i < count; ++i) consume(mbufs[i]);
  rte_pktmbuf_free_bulk(mbufs, count);
  return count;
}

rte_mbuf* TcpPeerPort::build(const Segment& s, std::string_view text) noexcept {
  const bool is_syn = (s.flags & tcp::Flags::syn_bit) != 0;
  const std::size_t option_bytes = is_syn ? syn_options.size() : options.size();
  rte_mbuf* m = rte_pktmbuf_alloc(mempool_.packets());
  CHECK(m != nullptr);
  const std::size_t total = tcp_at + sizeof(TcpHeader) + option_bytes + text.size();
  auto* at = reinterpret_cast<std::byte*>(rte_pktmbuf_append(m, static_cast<std::uint16_t>(total)));
  engine::store(at, EthernetHeader{info_.mac, peer_mac(engine::Ipv4{s.src}), engine::ether_type_ipv4});
  const auto ip_bytes = static_cast<std::uint16_t>(total - sizeof(EthernetHeader));
  Ipv4Header ip{0x45,   0,     be16{ip_bytes}, be16{}, be16{engine::ipv4_dont_fragment}, 64, engine::protocol_tcp,
                be16{}, s.src, s.dst};
  const auto offset = static_cast<std::uint8_t>((sizeof(TcpHeader) + option_bytes) / 4 << 4);
  TcpHeader header{s.src_port, s.dst_port, be32{s.seq}, be32{s.ack}, offset, s.flags, be16{0xffff}, be16{}, be16{}};
  std::byte* const option_at = at + tcp_at + sizeof header;
  std::memcpy(option_at, is_syn ? syn_options.data() : options.data(), option_bytes);
  std::byte* const timestamps = option_at + (is_syn ? syn_timestamps_at : timestamps_at);
  engine::store(timestamps, be32{++packets_ >> 8});  // a tick in 256 packets: some hundred microseconds
  engine::store(timestamps + 4, be32{s.ts_ecr});
  std::memcpy(option_at + option_bytes, text.data(), text.size());
  engine::store(at + tcp_at, header);
  if (is_offloading()) {
    m->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
  } else {
    ip.checksum = be16::from_raw(static_cast<std::uint16_t>(~engine::inet_sum(std::as_bytes(std::span{&ip, 1}))));
    const std::size_t tcp_bytes = total - tcp_at;
    auto sum = engine::pseudo_header_sum(s.src, s.dst, engine::protocol_tcp, static_cast<std::uint16_t>(tcp_bytes));
    sum.add({at + tcp_at, tcp_bytes});
    header.checksum = sum.checksum();
    engine::store(at + tcp_at, header);
  }
  engine::store(at + sizeof(EthernetHeader), ip);
  return m;
}

void TcpPeerPort::consume(const rte_mbuf* frame) noexcept {
  const char* at = rte_pktmbuf_mtod(frame, const char*);
  Seen seen;
  std::memcpy(static_cast<void*>(&seen.ip), at + sizeof(EthernetHeader), sizeof seen.ip);
  std::memcpy(static_cast<void*>(&seen.tcp), at + tcp_at, sizeof seen.tcp);
  seen.frame = frame;
  seen.text_offset = static_cast<std::uint32_t>(tcp_at + seen.tcp.header_bytes());
  seen.text_bytes = frame->pkt_len - seen.text_offset;
  be32 ts_val{};
  const char* const option_at = at + tcp_at + sizeof(TcpHeader);
  std::memcpy(static_cast<void*>(&ts_val), option_at + (seen.has(tcp::Flags::syn_bit) ? syn_timestamps_at : timestamps_at), 4);
  seen.ts_val = ts_val.host();
  if (seen.ip.total_length.host() + sizeof(EthernetHeader) != frame->pkt_len) faults_.note("a packet of another length");
  if (thorough_) check_headers(seen);
  on_segment(seen);
}

void TcpPeerPort::check_headers(const Seen& seen) noexcept {
  const rte_mbuf* m = seen.frame;
  EthernetHeader ethernet;
  std::memcpy(static_cast<void*>(&ethernet), rte_pktmbuf_mtod(m, const char*), sizeof ethernet);
  if (ethernet.src != info_.mac || ethernet.dst != peer_mac(engine::Ipv4{seen.ip.dst})) faults_.note("a wrong MAC address");
  if (seen.ip.version_ihl != 0x45 || seen.ip.protocol != engine::protocol_tcp) faults_.note("not a TCP packet");
  if (!seen.has(tcp::Flags::syn_bit | tcp::Flags::rst_bit) && seen.tcp.header_bytes() != sizeof(TcpHeader) + options.size())
    faults_.note("a segment with other options than timestamps");
  const auto tcp_bytes = static_cast<std::uint16_t>(m->pkt_len - tcp_at);
  const auto pseudo = engine::pseudo_header_sum(seen.ip.src, seen.ip.dst, engine::protocol_tcp, tcp_bytes);
  if (is_offloading()) {
    constexpr std::uint64_t orders = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM;
    if ((m->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK) != orders || m->l2_len != sizeof(EthernetHeader) ||
        m->l3_len != sizeof(Ipv4Header) || seen.tcp.checksum != be16::from_raw(pseudo.fold()))
      faults_.note("checksums ordered in a wrong way");
    return;
  }
  if (engine::inet_sum(std::as_bytes(std::span{&seen.ip, 1})) != 0xffff) faults_.note("a wrong IP checksum");
  engine::Packet packet{const_cast<rte_mbuf*>(m)};  // on loan, for a moment
  engine::InetSum sum = engine::sum_from(packet, tcp_at);
  static_cast<void>(std::move(packet).release());
  sum.add(be16::from_raw(pseudo.fold()));
  if (sum.fold() != 0xffff) faults_.note("a wrong TCP checksum");
}

std::string TcpPeerPort::text_of(const Seen& seen) {
  std::string text(seen.text_bytes, '\0');
  const void* from = rte_pktmbuf_read(seen.frame, seen.text_offset, seen.text_bytes, text.data());
  if (from != nullptr && from != text.data()) std::memcpy(text.data(), from, text.size());
  return text;
}

}  // namespace bench
