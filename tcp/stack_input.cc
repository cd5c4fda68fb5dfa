// Received packets: parsed for a whole burst, looked up with prefetch, given to the machine.
#include <algorithm>

#include "engine/checksum.h"
#include "engine/link.h"
#include "tcp/options.h"
#include "tcp/stack.h"

namespace tcp {

using engine::Packet;

namespace {

/// Whether this is a SYN, and can only be later than the connection that rests in TIME-WAIT.   Spec: RFC 6191 2.
bool is_new_incarnation(const TimeWaitEntry& entry, const Segment& syn) noexcept {
  if (!syn.flags.syn() || syn.flags.ack() || syn.flags.fin()) return false;
  if (syn.options.has_timestamps) {
    if (!entry.timestamps_ok) return true;
    const auto later = static_cast<std::int32_t>(syn.options.ts_val - entry.ts_recent);
    if (later != 0) return later > 0;
  }
  return entry.rcv_nxt <= syn.seq;  // RFC 9293 MAY-2
}

}  // namespace

void Stack::on_burst(engine::Burst& packets, Instant now) noexcept {
  now_ = now;
  std::array<Parsed, engine::Burst::capacity> parsed;
  std::array<Drop, engine::Burst::capacity> verdicts;
  const auto mbufs = packets.mbufs();
  for (std::size_t i = 0; i < mbufs.size(); ++i) {
    if (i + 2 < mbufs.size()) __builtin_prefetch(rte_pktmbuf_mtod(mbufs[i + 2], const void*));
    Packet packet{mbufs[i]};
    verdicts[i] = parse(packet, parsed[i]);
    static_cast<void>(std::move(packet).release());  // still the burst's
    if (verdicts[i] == Drop::none) table_.prefetch(parsed[i].hash);
  }
  for (std::size_t i = 0; i < mbufs.size(); ++i) {
    if (verdicts[i] != Drop::none) continue;
    const std::uint32_t candidate = table_.candidate(parsed[i].hash);
    if (candidate == no_index) continue;
    const auto* tcb = reinterpret_cast<const char*>(&tcbs_[candidate]);
    __builtin_prefetch(tcb);
    __builtin_prefetch(tcb + 64);
  }
  std::size_t i = 0;
  packets.drain([&](Packet packet) noexcept {
    const std::size_t at = i++;
    counters_.segments_received.add();
    if (verdicts[at] != Drop::none) return drop(std::move(packet), verdicts[at]);
    if (parsed[at].is_icmp_error) [[unlikely]]
      return on_icmp_error(std::move(packet), parsed[at], now);
    process(std::move(packet), parsed[at], now);
  });
  deliver_events(now);
  spent_.clear();
  if (touched_.size() > touched_max / 2) flush_output(now);
}

/// Requires: a checked IPv4 header of 20 bytes, the packet cut to its total length.
Drop Stack::parse(const Packet& packet, Parsed& out) const noexcept {
  constexpr std::size_t ip_bytes = sizeof(engine::Ipv4Header);
  const auto first = packet.first_segment();
  if (first.size() < ip_bytes + sizeof(engine::TcpHeader)) return Drop::truncated;
  const auto ip = packet.header_at<engine::Ipv4Header>(0);
  out.is_icmp_error = ip.protocol != engine::protocol_tcp;
  if (out.is_icmp_error) [[unlikely]]
    return parse_error(packet, out);
  const auto tcp = packet.header_at<engine::TcpHeader>(ip_bytes);
  const std::size_t header_bytes = tcp.header_bytes();
  if (header_bytes < sizeof tcp || first.size() < ip_bytes + header_bytes) return Drop::truncated;
  const auto tcp_bytes = static_cast<std::uint16_t>(packet.bytes() - ip_bytes);
  if (!packet.l4_checksum_verified()) {
    engine::InetSum sum = engine::sum_from(packet, ip_bytes);
    sum.add(engine::be16::from_raw(engine::pseudo_header_sum(ip.src, ip.dst, engine::protocol_tcp, tcp_bytes).fold()));
    if (sum.fold() != 0xffff) return Drop::bad_checksum;
  }
  Segment& s = out.segment;
  s.flags.bits = tcp.flags;
  s.is_congestion_experienced = (ip.dscp_ecn & 3) == 3;
  s.options = tcp::Options{};
  if (header_bytes != sizeof tcp &&
      !parse_options(first.subspan(ip_bytes + sizeof tcp, header_bytes - sizeof tcp), s.flags.syn(), s.options))
    return Drop::bad_options;
  s.seq = Seq{tcp.seq.host()};
  s.ack = Seq{tcp.ack.host()};
  s.window = tcp.window.host();
  s.text_bytes = static_cast<std::uint32_t>(tcp_bytes - header_bytes);
  out.text_offset = static_cast<std::uint16_t>(ip_bytes + header_bytes);
  out.tuple = {ip.src, ip.dst, tcp.src_port, tcp.dst_port};
  out.hash = hash(out.tuple);
  return Drop::none;
}

void Stack::process(Packet packet, Parsed& parsed, Instant now) noexcept {
  std::uint32_t id = table_.find(parsed.hash, [&](std::uint32_t i) noexcept { return tcbs_[i].tuple == parsed.tuple; });
  if (id != no_index && (tcbs_[id].state == State::closed || tcbs_[id].state == State::time_wait)) [[unlikely]] {
    flush_output(now);  // ended earlier in this turn: it leaves the tables now, so that what follows finds TIME-WAIT, or nothing
    id = no_index;
  }
  if (id != no_index) [[likely]]
    return on_connection(id, std::move(packet), parsed, now);
  if (TimeWaitEntry* entry = time_wait_.find(parsed.tuple, parsed.hash))
    return on_time_wait(*entry, std::move(packet), parsed, now);
  if (shard_.hand_over(packet, parsed.tuple)) return;  // a wrong queue costs one hop, never a connection
  on_stranger(std::move(packet), parsed, now);
}

void Stack::on_connection(ConnId id, Packet packet, Parsed& parsed, Instant now) noexcept {
  Outbox& out = touch(id);
  Tcb& tcb = tcbs_[id];
  Segment& segment = parsed.segment;
  if (segment.text_bytes == 0) {
    segment.text = {};
    const Verdict verdict = machine_.on_segment(tcb, segment, now, out);
    return verdict.is_dropped() ? drop(std::move(packet), verdict.why) : consume(std::move(packet));
  }
  // The text as slices, one per mbuf of the chain; each takes over its mbuf.
  std::array<engine::Slice, slices_per_packet> slices;
  if (packet.get()->nb_segs > slices_per_packet) return drop(std::move(packet), Drop::chain_too_long);
  const Arrived arrived{segment.seq, segment.text_bytes, segment.flags, packet.port()};
  std::size_t n = 0;
  std::size_t skip = parsed.text_offset;
  for (rte_mbuf* m = std::move(packet).release(); m != nullptr;) {
    rte_mbuf* next = std::exchange(m->next, nullptr);
    m->nb_segs = 1;
    m->pkt_len = m->data_len;
    slices[n++] = engine::Slice::of_mbuf(m, {rte_pktmbuf_mtod_offset(m, const std::byte*, skip), m->data_len - skip});
    skip = 0;
    m = next;
  }
  segment.text = {slices.data(), n};
  const Verdict verdict = machine_.on_segment(tcb, segment, now, out);
  if (verdict.is_dropped()) {
    counters_.drops[engine::index_of(verdict.why)].add();
    shard_.counters().dropped.add();
    if (counters_.examples.is_due(engine::index_of(verdict.why), now)) [[unlikely]]
      keep_example(verdict.why, parsed, arrived);
  } else {
    shard_.counters().consumed.add();
  }
}

/// SEGMENT ARRIVES in TIME-WAIT.   Spec: RFC 9293 3.10.7.4; RFC 6191; RFC 1337.
void Stack::on_time_wait(TimeWaitEntry& entry, Packet packet, Parsed& parsed, Instant now) noexcept {
  const Segment& s = parsed.segment;
  if (s.flags.rst()) return drop(std::move(packet), Drop::reset_in_time_wait);
  if (is_new_incarnation(entry, s) && snapshot_->listeners.find(local_of(parsed.tuple)) != listener_none) {
    // A new connection over the old tuple, certainly later than the old one: ours starts above what the old one sent.
    const Seq iss = max(entry.snd_nxt + 65'535, isn_.isn(parsed.tuple, now));
    time_wait_.remove(entry);
    counters_.time_wait_recycled.add();
    return on_syn(std::move(packet), parsed, iss, now);
  }
  SegmentOut ack;
  ack.seq = entry.snd_nxt;
  ack.ack = entry.rcv_nxt;
  ack.window = entry.window_field;
  ack.flags.bits = Flags::ack_bit;
  if (entry.timestamps_ok) {
    ack.options.has_timestamps = true;
    ack.options.ts_val = entry.ts_offset + Machine::clock_ms(now);
    ack.options.ts_ecr = entry.ts_recent;
  }
  if (s.flags.fin()) time_wait_.restart(entry, now);
  // An ACK for anything but an exact ACK of ours: two TIME-WAITs must not answer each other for ever.
  if (s.length() != 0 || s.seq != entry.rcv_nxt) emit_bare(parsed.tuple, ack);
  consume(std::move(packet));
}

void Stack::drop(Packet packet, Drop why) noexcept {
  const std::size_t reason = engine::index_of(why);
  counters_.drops[reason].add();
  shard_.counters().dropped.add();
  if (counters_.examples.is_due(reason, now_)) [[unlikely]]
    counters_.examples.record(reason, now_, packet.port(), engine::PacketStart::ipv4, packet.first_segment(), packet.bytes());
  if (!spent_.full()) spent_.push(std::move(packet));
}

/// A segment whose packet is gone: its headers, without options, as they were.
void Stack::keep_example(Drop why, const Parsed& parsed, const Arrived& arrived) noexcept {
  constexpr std::size_t header_bytes = sizeof(engine::Ipv4Header) + sizeof(engine::TcpHeader);
  const engine::FourTuple& t = parsed.tuple;
  const auto total = static_cast<std::uint16_t>(std::min<std::size_t>(header_bytes + arrived.text_bytes, UINT16_MAX));
  std::array<std::byte, header_bytes> headers;
  engine::store(headers.data(),
                engine::Ipv4Header{0x45, 0, engine::be16{total}, {}, {}, 0, engine::protocol_tcp, {}, t.remote, t.local});
  engine::store(headers.data() + sizeof(engine::Ipv4Header), engine::TcpHeader{t.remote_port,
                                                                               t.local_port,
                                                                               engine::be32{arrived.seq.value()},
                                                                               engine::be32{parsed.segment.ack.value()},
                                                                               0x50,
                                                                               arrived.flags.bits,
                                                                               engine::be16{parsed.segment.window},
                                                                               {},
                                                                               {}});
  counters_.examples.record(engine::index_of(why), now_, arrived.port, engine::PacketStart::ipv4, headers, total);
}

void Stack::consume(Packet packet) noexcept {
  shard_.counters().consumed.add();
  if (!spent_.full()) spent_.push(std::move(packet));  // freed in bulk
}

}  // namespace tcp
