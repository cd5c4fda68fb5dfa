#include "bench/macro/peers.h"

#include <rte_mbuf.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "engine/checksum.h"
#include "tcp/segment.h"

namespace bench {

using engine::be16;
using engine::be32;

namespace {

constexpr std::uint8_t fin = tcp::Flags::fin_bit, syn = tcp::Flags::syn_bit, rst = tcp::Flags::rst_bit, ack = tcp::Flags::ack_bit,
                       psh = tcp::Flags::psh_bit;
constexpr std::size_t frame_headers = sizeof(engine::EthernetHeader) + sizeof(engine::Ipv4Header) + sizeof(engine::TcpHeader);

}  // namespace

PeerPort::PeerPort(engine::PortInfo info, engine::Mempool& mempool, Meter& meter)
    : mempool_{mempool}, engine_mac_{info.mac}, meter_{meter} {
  info_ = std::move(info);
}

std::uint16_t PeerPort::receive(std::uint16_t, rte_mbuf** mbufs, std::uint16_t room) noexcept {
  const Metered metered{meter_};
  const std::uint16_t n = produce(mbufs, std::min(room, burst_max));
  packets_in += n;
  return n;
}

std::uint16_t PeerPort::transmit(std::uint16_t, rte_mbuf** mbufs, std::uint16_t count) noexcept {
  const Metered metered{meter_};
  packets_out += count;
  for (std::uint16_t i = 0; i < count; ++i) {
    const char* at = rte_pktmbuf_mtod(mbufs[i], const char*) + sizeof(engine::EthernetHeader);
    Seen seen;
    std::memcpy(static_cast<void*>(&seen.ip), at, sizeof seen.ip);
    std::memcpy(static_cast<void*>(&seen.tcp), at + sizeof seen.ip, sizeof seen.tcp);
    seen.text_offset = static_cast<std::uint32_t>(sizeof(engine::EthernetHeader) + sizeof seen.ip + seen.tcp.header_bytes());
    seen.text_bytes = mbufs[i]->pkt_len - seen.text_offset;
    be32 ts{};
    const bool is_syn = (seen.tcp.flags & syn) != 0;
    // Our stack writes MSS first in a SYN, and two NOPs elsewhere.
    std::memcpy(static_cast<void*>(&ts), at + sizeof seen.ip + sizeof seen.tcp + (is_syn ? 8 : 4), sizeof ts);
    seen.ts_val = ts.host();
    seen.mbuf = mbufs[i];
    consume(seen);
  }
  rte_pktmbuf_free_bulk(mbufs, count);
  return count;
}

rte_mbuf* PeerPort::build(const Reply& r, std::string_view text, bool is_syn) noexcept {
  // A SYN: MSS, SACK permitted, timestamps, window scale; all others: timestamps.
  static constexpr std::array<std::uint8_t, 20> syn_options{2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7};
  static constexpr std::array<std::uint8_t, 12> options{1, 1, 8, 10};
  const std::size_t option_bytes = is_syn ? syn_options.size() : options.size();
  rte_mbuf* m = rte_pktmbuf_alloc(mempool_.packets());
  if (m == nullptr) std::abort();
  const std::size_t total = frame_headers + option_bytes + text.size();
  auto* at = reinterpret_cast<std::byte*>(rte_pktmbuf_append(m, static_cast<std::uint16_t>(total)));
  engine::store(at, engine::EthernetHeader{engine_mac_, {{2, 0, 0, 0, 0, 9}}, engine::ether_type_ipv4});
  engine::Ipv4Header ip{0x45,
                        0,
                        be16{static_cast<std::uint16_t>(total - sizeof(engine::EthernetHeader))},
                        be16{},
                        be16{0x4000},
                        64,
                        engine::protocol_tcp,
                        be16{},
                        r.src,
                        r.dst};
  ip.checksum = be16::from_raw(static_cast<std::uint16_t>(~engine::inet_sum(std::as_bytes(std::span{&ip, 1}))));
  engine::store(at + sizeof(engine::EthernetHeader), ip);
  std::byte* tcp_at = at + sizeof(engine::EthernetHeader) + sizeof ip;
  const std::size_t tcp_bytes = sizeof(engine::TcpHeader) + option_bytes + text.size();
  engine::TcpHeader header{r.src_port,
                           r.dst_port,
                           be32{r.seq},
                           be32{r.ack},
                           static_cast<std::uint8_t>((sizeof(engine::TcpHeader) + option_bytes) / 4 << 4),
                           r.flags,
                           be16{0xffff},
                           be16{},
                           be16{}};
  engine::store(tcp_at, header);
  std::byte* option_at = tcp_at + sizeof header;
  std::memcpy(option_at, is_syn ? syn_options.data() : options.data(), option_bytes);
  engine::store(option_at + (is_syn ? 8 : 4), be32{ts_++ >> 8});
  engine::store(option_at + (is_syn ? 12 : 8), be32{r.ts_ecr});
  std::memcpy(option_at + option_bytes, text.data(), text.size());
  engine::InetSum sum = engine::pseudo_header_sum(r.src, r.dst, engine::protocol_tcp, static_cast<std::uint16_t>(tcp_bytes));
  sum.add({tcp_at, tcp_bytes});
  header.checksum = sum.checksum();
  engine::store(tcp_at, header);
  return m;
}

ClientPort::ClientPort(engine::PortInfo info, engine::Mempool& mempool, Meter& meter, Options options)
    : PeerPort{std::move(info), mempool, meter}, options_{std::move(options)}, connections_(options_.connections) {
  due_.reserve(options_.connections);
}

engine::be32 ClientPort::address(std::uint32_t index) const noexcept {
  return engine::Ipv4{0x0a010000u + index / 16'384}.wire();  // 10.1.0.0/16: 16,384 connections an address
}

Reply ClientPort::reply(std::uint32_t index, std::uint8_t flags) const noexcept {
  const Connection& c = connections_[index];
  return {address(index), engine::Ipv4{10, 0, 0, 1}.wire(), be16{c.port}, be16{80}, c.snd_nxt, c.rcv_nxt, flags, c.ts_recent};
}

void ClientPort::make_due(std::uint32_t index) noexcept {
  due_.push_back(index);
  // Random order: what is in the cache is not what comes next.
  std::swap(due_.back(), due_[random_.below(due_.size())]);
}

std::uint16_t ClientPort::produce(rte_mbuf** mbufs, std::uint16_t room) noexcept {
  // Connections start a few at a time.
  for (int i = 0; i < 8 && started_ < connections_.size(); ++i) make_due(started_++);
  std::uint16_t n = 0;
  while (n < room && !due_.empty()) {
    const std::uint32_t index = due_.back();
    due_.pop_back();
    mbufs[n++] = next_frame(index);
  }
  return n;
}

rte_mbuf* ClientPort::next_frame(std::uint32_t index) noexcept {
  Connection& c = connections_[index];
  switch (c.state) {
    case State::closed: {
      // A connection's local ports: 16,384 connections share an address, each cycles through three of its 49,152 high ports.
      const auto slot = static_cast<std::uint16_t>(index % 16'384);
      c.port = static_cast<std::uint16_t>(c.port < 16'384 + slot ? 16'384 + slot
                                          : c.port >= 49'152     ? 16'384 + slot
                                                                 : c.port + 16'384);
      c.snd_nxt = isn_ += 64'000;  // later than the last connection of the same ports, as RFC 6528 has it: TIME-WAIT gives way
      c.rcv_nxt = c.ts_recent = c.got = 0;
      c.state = State::syn_sent;
      rte_mbuf* m = build(reply(index, syn), "", true);
      c.snd_nxt += 1;
      return m;
    }
    case State::open: {
      c.state = State::waiting;
      c.got = 0;
      rte_mbuf* m = build(reply(index, ack | psh), options_.request, false);
      c.snd_nxt += static_cast<std::uint32_t>(options_.request.size());
      return m;
    }
    case State::closing: {  // everything came, the server's FIN too: ours goes back with its ACK
      rte_mbuf* m = build(reply(index, fin | ack), "", false);
      c.snd_nxt += 1;
      c.state = State::closed;
      ++connections_done;
      make_due(index);  // the next connection of this client; the server's last ACK is nobody's business
      return m;
    }
    case State::syn_sent:
    case State::waiting:
      break;
  }
  return build(reply(index, ack), "", false);
}

void ClientPort::consume(const Seen& seen) noexcept {
  const std::uint32_t base = (engine::Ipv4{seen.ip.dst}.value - 0x0a010000u) * 16'384;
  const std::uint32_t index = base + (seen.tcp.dst_port.host() & 16'383u);
  if (index >= connections_.size()) return void(++unexpected);
  Connection& c = connections_[index];
  if ((seen.tcp.flags & rst) != 0) return void(++resets);
  if (seen.tcp.dst_port.host() != c.port || c.state == State::closed) return;  // the ACK of an old FIN
  c.ts_recent = seen.ts_val;
  if (c.state == State::syn_sent) {
    if ((seen.tcp.flags & syn) == 0) return void(++unexpected);
    c.rcv_nxt = seen.tcp.seq.host() + 1;
    c.state = State::open;
    return make_due(index);
  }
  if (seen.tcp.seq.host() != c.rcv_nxt) return void(++unexpected);
  c.rcv_nxt += seen.text_bytes;
  c.got += seen.text_bytes;
  const bool has_fin = (seen.tcp.flags & fin) != 0;
  if (has_fin) c.rcv_nxt += 1;
  if (response_bytes_ == 0 && seen.text_bytes != 0) response_bytes_ = learn_response_bytes(seen);
  if (c.state != State::waiting) return;
  if (options_.close_each) {
    if (!has_fin) return;
    ++responses;
    c.state = State::closing;
    return make_due(index);
  }
  if (c.got < response_bytes_ || seen.text_bytes == 0) return;
  ++responses;
  c.state = State::open;
  make_due(index);
}

/// Head and Content-Length of a response that came in one segment.
std::uint32_t ClientPort::learn_response_bytes(const Seen& seen) noexcept {
  std::vector<char> text(seen.text_bytes);
  const void* p = rte_pktmbuf_read(seen.mbuf, seen.text_offset, seen.text_bytes, text.data());
  const std::string_view response{static_cast<const char*>(p), seen.text_bytes};
  const std::size_t end = response.find("\r\n\r\n");
  const std::size_t length = response.find("Content-Length: ");
  if (!response.starts_with("HTTP/1.1 200") || end == std::string_view::npos || length == std::string_view::npos) std::abort();
  return static_cast<std::uint32_t>(end + 4 + std::strtoul(response.data() + length + 16, nullptr, 10));
}

OriginPort::OriginPort(engine::PortInfo info, engine::Mempool& mempool, Meter& meter, std::string response)
    : PeerPort{std::move(info), mempool, meter}, response_{std::move(response)} {}

void OriginPort::consume(const Seen& seen) noexcept {
  Reply r{
      seen.ip.dst, seen.ip.src, seen.tcp.dst_port, seen.tcp.src_port, seen.tcp.ack.host(), seen.tcp.seq.host() + seen.text_bytes,
      ack,         seen.ts_val};
  if ((seen.tcp.flags & rst) != 0) return;
  if ((seen.tcp.flags & syn) != 0) {
    r.seq = 1000;
    r.ack += 1;
    r.flags = syn | ack;
    return due_.push_back({r, true, false});
  }
  if ((seen.tcp.flags & fin) != 0) {
    r.ack += 1;
    r.flags = fin | ack;
    return due_.push_back({r, false, false});
  }
  if (seen.text_bytes == 0) return;
  ++requests;
  r.flags = ack | psh;
  due_.push_back({r, false, true});
}

std::uint16_t OriginPort::produce(rte_mbuf** mbufs, std::uint16_t room) noexcept {
  const auto n = static_cast<std::uint16_t>(std::min<std::size_t>(room, due_.size()));
  for (std::uint16_t i = 0; i < n; ++i) {
    const Answer& answer = due_[due_.size() - 1];
    mbufs[i] = build(answer.reply, answer.with_text ? std::string_view{response_} : std::string_view{}, answer.is_syn);
    due_.pop_back();
  }
  return n;
}

PacketPort::PacketPort(engine::PortInfo info, engine::Mempool& mempool, Meter& meter, std::vector<engine::Ipv4> destinations)
    : mempool_{mempool}, meter_{meter} {
  for (const engine::Ipv4 destination : destinations) {
    std::array<std::byte, 60> frame{};
    engine::store(frame.data(), engine::EthernetHeader{info.mac, {{2, 0, 0, 0, 0, 9}}, engine::ether_type_ipv4});
    engine::Ipv4Header ip{0x45,
                          0,
                          be16{46},
                          be16{},
                          be16{},
                          64,
                          engine::protocol_udp,
                          be16{},
                          engine::Ipv4{10, 9, 0, 2}.wire(),
                          destination.wire()};
    ip.checksum = be16::from_raw(static_cast<std::uint16_t>(~engine::inet_sum(std::as_bytes(std::span{&ip, 1}))));
    engine::store(frame.data() + sizeof(engine::EthernetHeader), ip);
    frames_.push_back(frame);
  }
  info_ = std::move(info);
}

std::uint16_t PacketPort::receive(std::uint16_t, rte_mbuf** mbufs, std::uint16_t room) noexcept {
  if (frames_.empty()) return 0;
  const Metered metered{meter_};
  const std::uint16_t n = std::min(room, PeerPort::burst_max);
  if (rte_pktmbuf_alloc_bulk(mempool_.packets(), mbufs, n) != 0) return 0;
  for (std::uint16_t i = 0; i < n; ++i) {
    std::memcpy(rte_pktmbuf_append(mbufs[i], 60), frames_[next_].data(), 60);
    if (++next_ == frames_.size()) next_ = 0;
  }
  return n;
}

std::uint16_t PacketPort::transmit(std::uint16_t, rte_mbuf** mbufs, std::uint16_t count) noexcept {
  const Metered metered{meter_};
  packets_out += count;
  rte_pktmbuf_free_bulk(mbufs, count);
  return count;
}

}  // namespace bench
