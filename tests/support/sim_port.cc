#include "tests/support/sim_port.h"

#include <algorithm>

#include "engine/check.h"

namespace support {

namespace {

/// Where each segment ends: at the cuts, and wherever the data room is used up.
std::vector<std::size_t> segment_ends(std::size_t bytes, std::span<const std::size_t> cuts, std::size_t room) {
  std::vector<std::size_t> ends;
  std::size_t at = 0;
  const auto add_part = [&](std::size_t end) {
    do ends.push_back(at = std::min(end, at + room));
    while (at < end);
  };
  for (const std::size_t cut : cuts) add_part(std::min(cut, bytes));
  if (ends.empty() || at < bytes) add_part(bytes);
  return ends;
}

}  // namespace

engine::Packet make_packet(engine::Mempool& mempool, std::span<const std::byte> bytes, std::span<const std::size_t> cuts) {
  engine::Packet head;
  std::size_t begin = 0;
  for (const std::size_t end : segment_ends(bytes.size(), cuts, mempool.data_room_bytes())) {
    engine::Packet segment = mempool.allocate();
    CHECK(segment);
    char* to = rte_pktmbuf_append(segment.get(), static_cast<std::uint16_t>(end - begin));
    CHECK(to != nullptr);
    if (end != begin) std::memcpy(to, bytes.data() + begin, end - begin);
    begin = end;
    if (head)
      CHECK(rte_pktmbuf_chain(head.get(), std::move(segment).release()) == 0);
    else
      head = std::move(segment);
  }
  return head;
}

Bytes bytes_of(const engine::Packet& packet) {
  Bytes all;
  for (const rte_mbuf* m = packet.get(); m != nullptr; m = m->next) {
    const auto* data = rte_pktmbuf_mtod(m, const std::byte*);
    all.insert(all.end(), data, data + m->data_len);
  }
  return all;
}

SimPort::SimPort(engine::PortInfo info, std::vector<engine::Mempool*> mempools) : queues_(mempools.size()) {
  info_ = std::move(info);
  for (std::size_t i = 0; i < mempools.size(); ++i) queues_[i].mempool = mempools[i];
  info_.rx_queues = info_.tx_queues = static_cast<std::uint16_t>(queues_.size());
}

void SimPort::deliver(std::uint16_t queue, engine::Packet packet) {
  const std::scoped_lock lock{mutex_};
  queues_[queue].waiting.push_back(std::move(packet));
}

void SimPort::deliver(std::uint16_t queue, std::span<const std::byte> frame, std::span<const std::size_t> cuts) {
  deliver(queue, make_packet(*queues_[queue].mempool, frame, cuts));
}

std::vector<engine::Packet> SimPort::take_sent() {
  const std::scoped_lock lock{mutex_};
  std::vector<engine::Packet> all;
  for (Queue& queue : queues_) {
    std::move(queue.sent.begin(), queue.sent.end(), std::back_inserter(all));
    queue.sent.clear();
  }
  return all;
}

std::vector<Bytes> SimPort::take_sent_bytes() {
  std::vector<Bytes> all;
  for (const engine::Packet& packet : take_sent()) all.push_back(bytes_of(packet));
  return all;
}

std::size_t SimPort::waiting() const {
  const std::scoped_lock lock{mutex_};
  std::size_t sum = 0;
  for (const Queue& queue : queues_) sum += queue.waiting.size();
  return sum;
}

std::uint16_t SimPort::receive(std::uint16_t queue, rte_mbuf** mbufs, std::uint16_t room) noexcept {
  const std::scoped_lock lock{mutex_};
  auto& waiting = queues_[queue].waiting;
  const auto n = static_cast<std::uint16_t>(std::min<std::size_t>(room, waiting.size()));
  for (std::uint16_t i = 0; i < n; ++i) {
    mbufs[i] = std::move(waiting.front()).release();
    waiting.pop_front();
  }
  return n;
}

std::uint16_t SimPort::prepare(std::uint16_t /*queue*/, rte_mbuf** mbufs, std::uint16_t count) noexcept {
  if (!refuses) return count;
  return static_cast<std::uint16_t>(std::find_if(mbufs, mbufs + count, [&](const rte_mbuf* m) { return refuses(*m); }) - mbufs);
}

std::uint16_t SimPort::transmit(std::uint16_t queue, rte_mbuf** mbufs, std::uint16_t count) noexcept {
  const std::scoped_lock lock{mutex_};
  const auto n = static_cast<std::uint16_t>(std::min<std::size_t>(count, tx_room));
  if (tx_room != unlimited) tx_room -= n;
  for (std::uint16_t i = 0; i < n; ++i) queues_[queue].sent.emplace_back(mbufs[i]);
  return n;
}

}  // namespace support
