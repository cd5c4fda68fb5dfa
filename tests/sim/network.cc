#include "tests/sim/network.h"

#include <rte_mbuf.h>

#include <algorithm>
#include <cstring>

#include "engine/check.h"
#include "engine/wire.h"

namespace sim {

namespace {
constexpr std::size_t full_frame_bytes = 1514;  // in which a queue is measured, whatever comes
}  // namespace

LinkPort::LinkPort(Network& network, engine::PortInfo info, std::vector<engine::Mempool*> mempools)
    : network_{network}, mempools_{std::move(mempools)}, queues_(mempools_.size()) {
  info_ = std::move(info);
  network.attach(*this);
}

bool LinkPort::has_frames() const noexcept {
  return std::any_of(queues_.begin(), queues_.end(), [](const auto& q) { return !q.empty(); });
}

void LinkPort::deliver(const std::string& frame) {
  if (is_cut) return;
  ++delivered;
  // A queue chosen by bytes of the addresses and ports, but not by our Toeplitz: what drivers do that claim to spread.
  std::size_t queue = 0;
  if (queues_.size() > 1 && frame.size() >= 38) {
    std::uint32_t h = 0;
    for (std::size_t i = 26; i < 38; ++i) h = h * 31 + static_cast<unsigned char>(frame[i]);
    queue = h % queues_.size();
  }
  queues_[queue].push_back(frame);
}

std::uint16_t LinkPort::receive(std::uint16_t queue, rte_mbuf** mbufs, std::uint16_t room) noexcept {
  std::uint16_t n = 0;
  for (; n < room && !queues_[queue].empty(); ++n) {
    rte_mbuf* m = rte_pktmbuf_alloc(mempools_[queue]->packets());
    CHECK(m != nullptr);  // the budget covers what a host can hold
    const std::string& frame = queues_[queue].front();
    char* to = rte_pktmbuf_append(m, static_cast<std::uint16_t>(frame.size()));
    CHECK(to != nullptr);
    std::memcpy(to, frame.data(), frame.size());
    mbufs[n] = m;
    queues_[queue].pop_front();
  }
  return n;
}

std::uint16_t LinkPort::transmit(std::uint16_t, rte_mbuf** mbufs, std::uint16_t count) noexcept {
  for (std::uint16_t i = 0; i < count; ++i) {
    std::string frame;
    for (const rte_mbuf* m = mbufs[i]; m != nullptr; m = m->next) frame.append(rte_pktmbuf_mtod(m, const char*), m->data_len);
    CHECK(frame.size() == mbufs[i]->pkt_len);
    if (frame.size() < 60) frame.resize(60, '\0');  // Ethernet pads
    if (!is_cut) network_.send(*this, std::move(frame));
  }
  rte_pktmbuf_free_bulk(mbufs, count);
  return count;
}

void Network::send(const LinkPort& from, std::string frame) {
  engine::EthernetHeader header;
  std::memcpy(static_cast<void*>(&header), frame.data(), sizeof header);
  for (LinkPort* port : ports_)
    if (port != &from && (header.dst.is_multicast() || port->info().mac == header.dst)) carry(*port, frame);
}

void Network::carry(LinkPort& to, const std::string& frame) {
  ++frames;
  const Faults& f = to.faults;
  if (random_.chance(f.loss)) {
    ++to.lost;
    return;
  }
  Instant at = now_;
  if (f.bits_per_second != 0) {
    const auto serial_of = [&](std::size_t bytes) {
      return Duration{static_cast<std::int64_t>(bytes * 8 * 1'000'000'000 / f.bits_per_second)};
    };
    const Duration serial = serial_of(frame.size());
    if (to.line_free_ < now_) to.line_free_ = now_;
    if (to.line_free_ - now_ > serial_of(full_frame_bytes) * static_cast<std::int64_t>(f.queue_frames)) {
      ++to.lost;
      return;
    }
    at = to.line_free_ += serial;
  }
  at += f.delay + Duration{f.jitter.count() == 0
                               ? 0
                               : static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(f.jitter.count())))};
  if (random_.chance(f.reorder)) at += f.reorder_by;
  std::string copy = frame;
  // One bit behind the Ethernet header of an IPv4 frame: what IP's and TCP's checksums must catch. ARP has none (its frame check
  // sequence is the link's), so it is spared.
  const bool is_ipv4 = copy[12] == 0x08 && copy[13] == 0x00;
  if (is_ipv4 && random_.chance(f.corrupt))
    copy[14 + random_.below(copy.size() - 14)] ^= static_cast<char>(1u << random_.below(8));
  if (random_.chance(f.duplicate)) flights_.push({at + 50us, order_++, &to, copy});
  flights_.push({at, order_++, &to, std::move(copy)});
}

/// Turns at the present instant until nobody has work.
void Network::settle() {
  for (bool worked = true; worked;) {
    worked = false;
    for (Host* host : hosts_) worked |= host->turn(now_);
  }
}

bool Network::run(Duration limit, const std::function<bool()>& done) {
  const Instant end = now_ + limit;
  for (;;) {
    settle();
    if (done()) return true;
    std::optional<Instant> next;
    if (!flights_.empty()) next = flights_.top().at;
    for (const Host* host : hosts_)
      if (const auto deadline = host->next_deadline(now_); deadline && (!next || *deadline < *next)) next = deadline;
    if (!next || *next > end) return now_ = std::max(now_, end), false;
    now_ = std::max(*next, now_ + 1us);
    while (!flights_.empty() && flights_.top().at <= now_) {
      flights_.top().to->deliver(flights_.top().frame);
      flights_.pop();
    }
  }
}

}  // namespace sim
