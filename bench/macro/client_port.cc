#include "bench/macro/client_port.h"

#include <rte_mbuf.h>

#include <algorithm>
#include <array>
#include <bit>
#include <fmt/format.h>

#include "engine/check.h"
#include "tcp/segment.h"

namespace bench {

using engine::be16;

namespace {

constexpr std::uint8_t fin = tcp::Flags::fin_bit, syn = tcp::Flags::syn_bit, rst = tcp::Flags::rst_bit, ack = tcp::Flags::ack_bit,
                       psh = tcp::Flags::psh_bit;
constexpr unsigned index_bits_max = 14;
constexpr std::uint32_t first_port = 1u << index_bits_max, ports = 65'536 - first_port;
constexpr unsigned launched_at_once = 8;
constexpr std::string_view status_line = "HTTP/1.1 200 OK\r\n";

}  // namespace

ClientPort::ClientPort(const PeerContext& context, Options options)
    : TcpPeerPort{context},
      options_{std::move(options)},
      index_bits_{std::min(index_bits_max, static_cast<unsigned>(std::bit_width(options_.connections - 1)))},
      groups_{(options_.connections + (1u << index_bits_) - 1) >> index_bits_},
      connections_(options_.connections) {
  CHECK(options_.connections >= 1 && options_.connections <= connections_max);
  due_.reserve(connections_.size());
  later_.reserve(connections_.size());
}

/// Another address or port each time, so that a connection's tuple comes back as late as possible: TIME-WAIT is as full as with
/// many clients.
void ClientPort::choose_tuple(std::uint32_t index) noexcept {
  Connection& c = connections_[index];
  const std::uint32_t turn = c.turn++;
  const std::uint32_t rotations = addresses / groups_;
  const std::uint32_t slot = index & ((1u << index_bits_) - 1);
  c.address = static_cast<std::uint16_t>((index >> index_bits_) + groups_ * (turn % rotations));
  c.port = static_cast<std::uint16_t>(first_port + ((turn / rotations % (ports >> index_bits_)) << index_bits_) + slot);
}

Segment ClientPort::segment(const Connection& c, std::uint8_t flags) const noexcept {
  return {engine::Ipv4{first_address + c.address}.wire(),
          engine::Ipv4{10, 0, 0, 1}.wire(),
          be16{c.port},
          be16{80},
          c.snd_nxt,
          c.rcv_nxt,
          flags,
          c.ts_recent};
}

/// Requires: somebody is due.
std::uint32_t ClientPort::take_due() noexcept {
  if (due_.empty()) std::swap(due_, later_);
  std::swap(due_[random_.below(due_.size())], due_.back());
  const std::uint32_t index = due_.back();
  due_.pop_back();
  return index;
}

std::uint16_t ClientPort::produce(rte_mbuf** mbufs, std::uint16_t room) noexcept {
  for (unsigned i = 0; i < launched_at_once && started_ < connections_.size(); ++i) later_.push_back(started_++);
  std::uint16_t n = 0;
  while (n < room && !(due_.empty() && later_.empty())) mbufs[n++] = next_frame(take_due());
  return n;
}

rte_mbuf* ClientPort::next_frame(std::uint32_t index) noexcept {
  Connection& c = connections_[index];
  rte_mbuf* m = nullptr;
  switch (c.state) {
    case State::closed:
      choose_tuple(index);
      c.snd_nxt = isn_ += 64'000;
      c.rcv_nxt = c.ts_recent = c.got = 0;
      m = build(segment(c, syn), "");
      c.snd_nxt += 1;
      c.state = State::syn_sent;
      return m;
    case State::open:
      c.got = 0;
      m = build(segment(c, ack | psh), options_.request);
      c.snd_nxt += static_cast<std::uint32_t>(options_.request.size());
      c.state = State::waiting;
      return m;
    case State::closing:
      m = build(segment(c, fin | ack), "");
      c.snd_nxt += 1;
      if (options_.close == Close::client) {
        c.state = State::fin_sent;
        return m;
      }
      c.state = State::closed;  // the server's last ACK is nobody's business
      ++connections_done_;
      later_.push_back(index);
      return m;
    case State::last_ack:
      m = build(segment(c, ack), "");
      c.state = State::closed;
      ++connections_done_;
      later_.push_back(index);
      return m;
    case State::syn_sent:
    case State::waiting:
    case State::fin_sent:
      break;
  }
  CHECK(false);  // these wait for the server
}

void ClientPort::on_segment(const Seen& seen) noexcept {
  const std::uint32_t address = engine::Ipv4{seen.ip.dst}.value - first_address;
  const std::uint32_t slot = seen.tcp.dst_port.host() & ((1u << index_bits_) - 1);
  const std::uint32_t index = address % groups_ << index_bits_ | slot;
  if (address >= addresses || index >= connections_.size()) return faults_.note("a segment to nobody");
  Connection& c = connections_[index];
  if (seen.has(rst)) return faults_.note("a reset");
  if (c.state == State::closed || c.port != seen.tcp.dst_port.host() || c.address != address) {
    // The ACK of a FIN that ended a connection before.
    if (options_.close != Close::server || seen.text_bytes != 0 || seen.tcp.flags != ack) faults_.note("a late segment");
    return;
  }
  if (seen.tcp.ack.host() != c.snd_nxt) return faults_.note("not all that was sent is acknowledged");
  c.ts_recent = seen.ts_val;
  if (c.state == State::syn_sent) {
    if (seen.tcp.flags != (syn | ack)) return faults_.note("another answer to SYN than SYN-ACK");
    c.rcv_nxt = seen.tcp.seq.host() + 1;
    c.state = State::open;
    return later_.push_back(index);
  }
  if (seen.tcp.seq.host() != c.rcv_nxt) return faults_.note("out of order, or sent twice");
  on_text(index, seen);
}

void ClientPort::on_text(std::uint32_t index, const Seen& seen) noexcept {
  Connection& c = connections_[index];
  const bool has_fin = seen.has(fin);
  c.rcv_nxt += seen.text_bytes + (has_fin ? 1 : 0);
  if (c.state == State::fin_sent) {
    if (seen.text_bytes != 0) return faults_.note("text after the response");
    if (!has_fin) return;  // an ACK of our FIN before the server's
    c.state = State::last_ack;
    return later_.push_back(index);
  }
  if (c.state != State::waiting) return faults_.note("a segment that nobody asked for");
  if (seen.text_bytes != 0 && c.got == 0) check_response(seen);
  c.got += seen.text_bytes;
  if (response_bytes_ == 0 || c.got < response_bytes_) {
    if (seen.text_bytes != 0) faults_.note("a response in several segments");  // all cases have short ones
    if (has_fin) faults_.note("a response cut short");
    return;
  }
  if (c.got > response_bytes_) return faults_.note("a response of another length");
  on_response(index, has_fin);
}

void ClientPort::on_response(std::uint32_t index, bool has_fin) noexcept {
  Connection& c = connections_[index];
  if (options_.close == Close::server) {
    if (!has_fin) return;  // it is on its way
    c.state = State::closing;
  } else {
    if (has_fin) return faults_.note("a connection closed");
    c.state = options_.close == Close::client ? State::closing : State::open;
  }
  ++responses_;
  later_.push_back(index);
}

void ClientPort::check_warm() noexcept {
  const bool all = std::all_of(connections_.begin(), connections_.end(), [&](const Connection& c) {
    return c.turn > (options_.close == Close::nobody ? 0 : 1) && (c.state != State::syn_sent || options_.close != Close::nobody);
  });
  if (!all) faults_.note("a connection that was never opened");
}

void ClientPort::check_response(const Seen& seen) noexcept {
  std::array<char, status_line.size()> start;
  const void* at = rte_pktmbuf_read(seen.frame, seen.text_offset, start.size(), start.data());
  if (at == nullptr || std::string_view{static_cast<const char*>(at), start.size()} != status_line)
    return faults_.note("another response than 200");
  if (!thorough_) return;
  const std::string text = text_of(seen);
  const std::size_t head_end = text.find("\r\n\r\n");
  const bool closes = text.find("\r\nConnection: close\r\n") < head_end;
  if (head_end == std::string::npos || text.substr(head_end + 4) != options_.body ||
      text.find(fmt::format("\r\nContent-Length: {}\r\n", options_.body.size())) > head_end ||
      text.find("\r\nDate: ") > head_end || closes != (options_.close == Close::server))
    return faults_.note("a response that is not the expected one");
  if (response_bytes_ == 0) response_bytes_ = seen.text_bytes;
}

}  // namespace bench
