#include "bench/macro/origin_port.h"

#include <rte_mbuf.h>

#include <algorithm>

#include "tcp/segment.h"

namespace bench {

namespace {
constexpr std::uint8_t fin = tcp::Flags::fin_bit, syn = tcp::Flags::syn_bit, rst = tcp::Flags::rst_bit, ack = tcp::Flags::ack_bit,
                       psh = tcp::Flags::psh_bit;
constexpr std::uint32_t isn = 1000;
}  // namespace

std::uint16_t OriginPort::produce(rte_mbuf** mbufs, std::uint16_t room) noexcept {
  const auto n = static_cast<std::uint16_t>(std::min<std::size_t>(room, due_.size() - next_));
  for (std::uint16_t i = 0; i < n; ++i) {
    const Answer& answer = due_[next_++];
    mbufs[i] = build(answer.segment, answer.with_text ? std::string_view{response_} : std::string_view{});
  }
  if (next_ == due_.size()) {
    due_.clear();
    next_ = 0;
  }
  return n;
}

/// Without state: all that an answer needs is in the segment.
void OriginPort::on_segment(const Seen& seen) noexcept {
  Segment s{
      seen.ip.dst, seen.ip.src, seen.tcp.dst_port, seen.tcp.src_port, seen.tcp.ack.host(), seen.tcp.seq.host() + seen.text_bytes,
      ack,         seen.ts_val};
  if (seen.has(rst)) return faults_.note("a reset to a server");
  if (seen.has(syn)) {
    s.seq = isn;
    s.ack += 1;
    s.flags = syn | ack;
    return due_.push_back({s, false});
  }
  if (seen.has(fin)) return faults_.note("a server's connection closed");
  if (seen.text_bytes == 0) return;
  check_request(seen);
  s.flags = ack | psh;
  due_.push_back({s, true});
}

void OriginPort::check_request(const Seen& seen) noexcept {
  char last[4];
  const void* at = rte_pktmbuf_read(seen.frame, seen.text_offset + seen.text_bytes - 4, 4, last);
  if (at == nullptr || std::string_view{static_cast<const char*>(at), 4} != "\r\n\r\n")
    return faults_.note("a request to a server in several segments");
  if (!thorough_) return;
  const std::string text = text_of(seen);
  const std::string_view sent{client_request_};
  const std::string_view line = sent.substr(0, sent.find("\r\n") + 2);
  std::string_view rest = sent.substr(line.size());
  bool is_right = text.starts_with(line) && text.find("\r\nVia: ") != std::string::npos &&
                  text.find("\r\nX-Forwarded-For: ") != std::string::npos;
  for (std::size_t end; (end = rest.find("\r\n")) != 0; rest.remove_prefix(end + 2))  // every field line that the client sent
    is_right = is_right && text.find(rest.substr(0, end + 2)) != std::string::npos;
  if (!is_right) faults_.note("a request to a server that is not the client's");
}

}  // namespace bench
