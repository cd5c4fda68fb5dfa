// Segments into packets: one header mbuf, and references to the queued bytes.
#include <algorithm>

#include "engine/checksum.h"
#include "engine/link.h"
#include "tcp/options.h"
#include "tcp/stack.h"

namespace tcp {

using engine::Packet;

namespace {
/// Up to here text is copied behind the header: cheaper than a second mbuf, for us and for the NIC.
constexpr std::uint32_t copy_at_most = 256;  // bytes
}  // namespace

std::uint16_t Stack::advertised_mss(const Tcb& tcb) noexcept {
  const std::uint16_t mtu = shard_.output().mtu_for(engine::Ipv4{tcb.tuple.remote});
  return static_cast<std::uint16_t>((mtu == 0 ? 576 : mtu) - headers_bytes);  // no route: 576 is what everybody takes, MUST-15
}

bool Stack::emit(Tcb& tcb, const SegmentOut& segment) noexcept {
  Packet packet = shard_.mempool().allocate();
  if (!packet) return shard_.counters().drops.count(engine::Drop::mbufs_exhausted, engine::PortId::none()), false;
  const auto header_bytes =
      static_cast<std::uint16_t>(sizeof(engine::Ipv4Header) + sizeof(engine::TcpHeader) + options_length(segment.options));
  rte_pktmbuf_append(packet.get(), header_bytes);
  if (segment.text_bytes != 0 && !append_text(packet, tcb, segment))
    return shard_.counters().drops.count(engine::Drop::mbufs_exhausted, engine::PortId::none()), false;
  send_headers(std::move(packet), tcb.tuple, segment, header_bytes);
  return true;
}

/// Text from the send queue: short text and bytes that are not in an mbuf are copied, the rest is referred to.
bool Stack::append_text(Packet& packet, const Tcb& tcb, const SegmentOut& segment) noexcept {
  bool ok = true;
  const bool copy_all = segment.text_bytes <= copy_at_most;
  machine_.cold(tcb)->queue.visit(machine_.store(), segment.seq, segment.text_bytes,
                                  [&](const engine::Slice& slice, std::uint32_t offset, std::uint32_t length) noexcept {
                                    if (!ok) return;
                                    if (copy_all || !slice.is_mbuf())
                                      ok = append_copy(packet, slice.bytes().subspan(offset, length));
                                    else
                                      ok = append_reference(packet, slice.share(offset, length));
                                  });
  return ok;
}

bool Stack::append_copy(Packet& packet, std::span<const std::byte> bytes) noexcept {
  while (!bytes.empty()) {
    rte_mbuf* last = rte_pktmbuf_lastseg(packet.get());
    std::uint16_t room = RTE_MBUF_DIRECT(last) ? rte_pktmbuf_tailroom(last) : std::uint16_t{0};
    if (room == 0) {
      rte_mbuf* more = shard_.mempool().allocate_raw();
      if (more == nullptr) return false;
      last->next = more;
      ++packet.get()->nb_segs;
      continue;
    }
    room = static_cast<std::uint16_t>(std::min<std::size_t>(room, bytes.size()));
    std::memcpy(rte_pktmbuf_mtod_offset(last, std::byte*, last->data_len), bytes.data(), room);
    last->data_len = static_cast<std::uint16_t>(last->data_len + room);
    packet.get()->pkt_len += room;
    bytes = bytes.subspan(room);
  }
  return true;
}

bool Stack::append_reference(Packet& packet, const engine::Slice& part) noexcept {
  rte_mbuf* reference = shard_.mempool().refer(part);
  if (reference == nullptr) return false;
  rte_pktmbuf_lastseg(packet.get())->next = reference;
  ++packet.get()->nb_segs;
  packet.get()->pkt_len += part.size();
  return true;
}

void Stack::emit_bare(const engine::FourTuple& tuple, const SegmentOut& segment) noexcept {
  Packet packet = shard_.mempool().allocate();
  if (!packet) return shard_.counters().drops.count(engine::Drop::mbufs_exhausted, engine::PortId::none());
  const auto header_bytes =
      static_cast<std::uint16_t>(sizeof(engine::Ipv4Header) + sizeof(engine::TcpHeader) + options_length(segment.options));
  rte_pktmbuf_append(packet.get(), header_bytes);
  send_headers(std::move(packet), tuple, segment, header_bytes);
}

void Stack::send_headers(Packet packet, const engine::FourTuple& tuple, const SegmentOut& s,
                         std::uint16_t header_bytes) noexcept {
  constexpr std::size_t ip_bytes = sizeof(engine::Ipv4Header);
  const auto total = static_cast<std::uint16_t>(packet.bytes());
  std::byte* at = packet.data();
  // RFC 1191 3. What every path takes goes without DF.
  const bool dont_fragment = config_.pmtud && total > PathMtus::smallest;
  engine::store(
      at, engine::Ipv4Header{0x45, s.is_ecn_capable ? std::uint8_t{2} : std::uint8_t{0}, engine::be16{total},
                             engine::be16{ip_id_++}, engine::be16{dont_fragment ? engine::ipv4_dont_fragment : std::uint16_t{0}},
                             64, engine::protocol_tcp, engine::be16{}, tuple.local, tuple.remote});
  const auto tcp_bytes = static_cast<std::uint16_t>(header_bytes - ip_bytes);
  const auto sum =
      engine::pseudo_header_sum(tuple.local, tuple.remote, engine::protocol_tcp, static_cast<std::uint16_t>(total - ip_bytes));
  engine::store(at + ip_bytes,
                engine::TcpHeader{tuple.local_port, tuple.remote_port, engine::be32{s.seq.value()}, engine::be32{s.ack.value()},
                                  static_cast<std::uint8_t>(tcp_bytes / 4 << 4), s.flags.bits, engine::be16{s.window},
                                  engine::be16::from_raw(sum.fold()), engine::be16{}});
  write_options(s.options, at + ip_bytes + sizeof(engine::TcpHeader));
  engine::want_tcp_checksums(packet, ip_bytes, tcp_bytes);
  counters_.segments_sent.add();
  shard_.output().send(std::move(packet), now_);
}

}  // namespace tcp
