#include "engine/tx.h"

#include <algorithm>
#include <bit>

namespace engine {

static_assert(Tx::lane_packets == MbufLimits{}.tx_lane_packets, "the budget counts what a lane can hold");

Tx::Tx(ShardId self, std::vector<Lane> lanes, Handover& handover, Mempool& mempool, ShardCounters& counters)
    : self_{self}, handover_{handover}, mempool_{mempool}, counters_{counters} {
  for (const Lane& lane : lanes) lanes_.push_back(Queue{lane, {}, 0});
}

Tx::~Tx() {
  for (Queue& queue : lanes_) {
    for (std::uint16_t i = 0; i < queue.count; ++i) counters_.drop(Drop::stopping, queue.port->info().id);
    rte_pktmbuf_free_bulk(queue.frames.data(), queue.count);
  }
}

void Tx::send(PortId port, Packet&& frame) noexcept {
  Queue& queue = lanes_[port.value];
  if (frame.is_chain() && !queue.port->info().capabilities.tx_multi_segs) [[unlikely]] {
    Packet copy = linearize(std::move(frame), port);
    if (!copy) return;
    frame = std::move(copy);
  }
  if (queue.owner != self_) {
    frame.set_port(port);
    if (!handover_.try_push(self_, queue.owner, Handover::Kind::transmit, frame))
      return counters_.drop(Drop::handover_full, port, frame, PacketStart::ethernet);
    counters_.handed_out.add();
    bells_ |= std::uint64_t{1} << queue.owner.value;
    return;
  }
  if (queue.count == lane_packets) [[unlikely]] {
    flush(queue);
    if (queue.count == lane_packets) return counters_.drop(Drop::tx_full, port, frame, PacketStart::ethernet);
  }
  queue.frames[queue.count++] = std::move(frame).release();
  if (queue.count == Burst::capacity) flush(queue);
}

/// The chain in one mbuf, for drivers that would send the first segment only.
Packet Tx::linearize(Packet chain, PortId port) noexcept {
  Packet copy = mempool_.allocate();
  const std::size_t bytes = chain.bytes();
  if (!copy || bytes > rte_pktmbuf_tailroom(copy.get())) {
    counters_.drop(Drop::mbufs_exhausted, port, chain, PacketStart::ethernet);
    return Packet{};
  }
  char* to = rte_pktmbuf_append(copy.get(), static_cast<std::uint16_t>(bytes));
  const void* from = rte_pktmbuf_read(chain.get(), 0, static_cast<std::uint32_t>(bytes), to);
  if (from != to) std::memcpy(to, from, bytes);
  copy.get()->ol_flags = chain.get()->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK;
  copy.get()->tx_offload = chain.get()->tx_offload;
  counters_.linearized.add();
  return copy;
}

void Tx::flush(Queue& queue) noexcept {
  std::uint64_t bytes = 0;
  for (std::uint16_t i = 0; i < queue.count; ++i) bytes += queue.frames[i]->pkt_len;  // before the driver owns them
  std::uint16_t taken = 0;
  const std::uint16_t ready = queue.port->prepare(queue.queue, queue.frames.data(), queue.count);
  if (ready != 0) taken = queue.port->transmit(queue.queue, queue.frames.data(), ready);
  std::uint16_t gone = taken;
  if (taken == ready && ready < queue.count) [[unlikely]] {  // the next one would block the queue for ever
    bytes -= queue.frames[ready]->pkt_len;
    const Packet refused{queue.frames[gone++]};
    counters_.drop(Drop::tx_refused, queue.port->info().id, refused, PacketStart::ethernet);
  }
  const auto left = static_cast<std::uint16_t>(queue.count - gone);
  for (std::uint16_t i = 0; i < left; ++i) bytes -= queue.frames[gone + i]->pkt_len;
  std::copy_n(queue.frames.begin() + gone, left, queue.frames.begin());
  queue.count = left;
  counters_.tx.add(taken);
  PortCounters& port = counters_.ports[queue.port->info().id.value];
  port.tx_packets.add(taken);
  port.tx_bytes.add(bytes);
}

void Tx::flush() noexcept {
  for (Queue& queue : lanes_)
    if (queue.count != 0) flush(queue);
  for (; bells_ != 0; bells_ &= bells_ - 1) handover_.ring_bell(ShardId{static_cast<std::uint16_t>(std::countr_zero(bells_))});
}

std::uint64_t Tx::held() const noexcept {
  std::uint64_t sum = 0;
  for (const Queue& queue : lanes_) sum += queue.count;
  return sum;
}

}  // namespace engine
