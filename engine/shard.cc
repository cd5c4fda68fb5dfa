#include "engine/shard.h"

#include <algorithm>
#include <bit>

#include "engine/icmp_error.h"

namespace engine {

namespace {

constexpr std::size_t news_slots = 1024;

/// The flow that a TCP packet, or an ICMP error about one, belongs to.
FourTuple tuple_of(const Packet& packet) noexcept {
  const auto ip = packet.header_at<Ipv4Header>(0);
  if (ip.protocol == protocol_icmp) [[unlikely]]
    if (const auto error = read_tcp_error(packet.first_segment())) return error->tuple;
  const auto ports = packet.header_at<std::array<be16, 2>>(sizeof(Ipv4Header));
  return {ip.src, ip.dst, ports[0], ports[1]};
}

}  // namespace

Shard::Shard(const Options& o, const Shared& shared, Mempool& mempool)
    : id_{o.id},
      shared_{shared},
      mempool_{mempool},
      news_{news_slots},
      rx_queues_{o.rx_queues},
      tx_{o.id, o.tx_lanes, shared.handover, mempool, counters_},
      link_{tx_, counters_},
      neighbors_{{shared.neighbors, news_, mempool, link_, counters_, o.arp_held_packets}},
      output_{shared.routes, neighbors_, link_, counters_},
      icmp_{{mempool, output_, counters_, o.icmp_errors_per_second}},
      ip_input_{shared.routes, neighbors_, icmp_, counters_},
      ip_forward_{shared.routes, output_, icmp_, link_, counters_},
      idle_{o.poll, o.id, shared.handover, shared.qsbr} {
  neighbors_.set_unresolved_handler(icmp_);
}

void Shard::adopt_snapshot(Instant now) noexcept {
  const std::uint64_t published = shared_.snapshots.published();
  if (published == adopted_) [[likely]]
    return;
  adopted_ = published;
  const Snapshot* current = shared_.snapshots.current();
  neighbors_.set_config(current->ip);
  output_.set_config(current->ip);
  icmp_.set_config(current->ip);
  ip_forward_.set_config(current->ip);
  handler_->adopt(*current, now);
}

bool Shard::turn(Instant now) noexcept {
  counters_.now = now;
  adopt_snapshot(now);
  bool worked = false;
  for (const RxQueue& queue : rx_queues_) worked |= receive(queue, now);
  if (shared_.handover.shards() > 1) worked |= receive_handed_over(now);
  neighbors_.on_time(now);
  worked |= handler_->on_time(now);
  output_.flush(now);
  tx_.flush();
  for (; bells_ != 0; bells_ &= bells_ - 1)
    shared_.handover.ring_bell(ShardId{static_cast<std::uint16_t>(std::countr_zero(bells_))});
  counters_.turns.add();
  if (now - audited_ >= 1s) {
    audited_ = now;
    audit();
  }
  shared_.qsbr.quiescent(id_);  // nothing read this turn is held beyond here
  return worked;
}

bool Shard::receive(const RxQueue& queue, Instant now) noexcept {
  const PortInfo& port = queue.port->info();
  bool worked = false;
  for (unsigned i = 0; i < bursts_per_queue; ++i) {
    const std::uint16_t n = frames_.fill(
        [&](rte_mbuf** mbufs, std::uint16_t room) noexcept { return queue.port->receive(queue.queue, mbufs, room); });
    if (n == 0) break;
    worked = true;
    std::uint64_t bytes = 0;
    for (const rte_mbuf* m : frames_.mbufs()) bytes += m->pkt_len;
    counters_.rx.add(n);
    counters_.ports[port.id.value].rx_packets.add(n);
    counters_.ports[port.id.value].rx_bytes.add(bytes);
    ip_input_.run(frames_, port, now, tcp_, transit_);
    if (!transit_.packets.empty()) ip_forward_.run(transit_, now);
    if (port.rss == RssMode::software) steer();
    if (!tcp_.empty()) handler_->on_burst(tcp_, now);
    tcp_.clear();
    if (n < Burst::capacity / 2) break;  // the queue is nearly empty: look at the others first
  }
  return worked;
}

/// Sends the packets of flows that other shards own to them. What stays is ours.
void Shard::steer() noexcept {
  tcp_.filter([&](Packet& packet) noexcept {
    // Too short for its ports: stays here, to be counted as malformed.
    if (packet.first_segment().size() >= sizeof(Ipv4Header) + 4) static_cast<void>(hand_over(packet, tuple_of(packet)));
  });
}

bool Shard::hand_over(Packet& packet, const FourTuple& tuple) noexcept {
  const ShardId owner = shared_.steering.owner(tuple);
  if (owner == id_) return false;
  if (shared_.handover.try_push(id_, owner, Handover::Kind::received, packet)) {
    counters_.handed_out.add();
    counters_.steered.add();
    bells_ |= std::uint64_t{1} << owner.value;
  } else {
    counters_.drop(Drop::handover_full, packet.port(), packet);
    packet = Packet{};
  }
  return true;
}

bool Shard::receive_handed_over(Instant now) noexcept {
  Burst burst;
  shared_.handover.pop(id_, Handover::Kind::received, burst);
  const bool has_received = !burst.empty();
  if (has_received) {
    counters_.handed_in.add(burst.size());
    handler_->on_burst(burst, now);
    burst.clear();
  }
  shared_.handover.pop(id_, Handover::Kind::transmit, burst);
  const bool has_frames = !burst.empty();
  counters_.handed_in.add(burst.size());
  burst.drain([&](Packet frame) noexcept {
    const PortId port = frame.port();
    tx_.send(port, std::move(frame));
  });
  return has_received || has_frames;
}

/// Conservation of packets, DESIGN rule 3: a difference is a bug and stays visible.
void Shard::audit() noexcept {
  counters_.held.set(neighbors_.held() + tx_.held());
  const std::uint64_t in = counters_.rx.get() + counters_.originated.get() + counters_.handed_in.get();
  const std::uint64_t out =
      counters_.tx.get() + counters_.consumed.get() + counters_.dropped.get() + counters_.handed_out.get() + counters_.held.get();
  counters_.unaccounted.set(in > out ? in - out : out - in);
}

std::optional<Instant> Shard::next_deadline(Instant now) const noexcept {
  auto earliest = handler_->next_deadline(now);
  const auto take = [&](std::optional<Instant> other) {
    if (other && (!earliest || *other < *earliest)) earliest = other;
  };
  take(neighbors_.next_deadline());
  if (tx_.held() != 0) take(now + 10us);  // a driver was full: soon again
  return earliest;
}

void Shard::run(const std::atomic<bool>& stop, const TscClock& clock, std::vector<RxInterrupt*> interrupts) {
  shared_.qsbr.online(id_);
  idle_.start(std::move(interrupts));
  std::uint64_t before = rte_rdtsc();
  while (!stop.load(std::memory_order_relaxed)) {
    const Instant now = clock.at(before);  // the only clock read on the data path
    const bool worked = turn(now);
    const std::uint64_t after = rte_rdtsc();
    (worked ? counters_.busy_cycles : counters_.idle_cycles).add(after - before);
    before = after;
    const auto deadline = [&]() noexcept { return next_deadline(now); };
    const auto look_again = [&]() noexcept {
      before = rte_rdtsc();  // the next turn is not before this one
      return stop.load(std::memory_order_relaxed) || turn(clock.at(before));
    };
    if (idle_.after(worked, now, deadline, look_again)) {
      counters_.sleeps.add();
      before = rte_rdtsc();
    }
  }
  audit();
  shared_.qsbr.offline(id_);
}

}  // namespace engine
