#include "engine/neighbor.h"

#include <algorithm>

namespace engine {

Neighbors::~Neighbors() {
  for (std::uint32_t head : heads_)
    for (std::uint32_t i = head; i != no_index; i = pending_[i].next) {
      for (std::uint8_t k = 0; k < pending_[i].held_count; ++k) context_.counters.drop(Drop::stopping, pending_[i].port);
      rte_pktmbuf_free_bulk(pending_[i].held.data(), pending_[i].held_count);
    }
}

void Neighbors::send(Packet&& packet, PortId port, Ipv4 address, Instant now) noexcept {
  const auto neighbor = context_.table.find(port, address);
  if (neighbor && (neighbor->permanent || now - neighbor->confirmed < unusable_after)) [[likely]] {
    if (!neighbor->permanent && now - neighbor->confirmed > confirm_after) [[unlikely]]
      confirm(*neighbor, now);
    return context_.link.send_ipv4(std::move(packet), port, neighbor->mac);
  }
  hold(std::move(packet), port, address, now);
}

/// The table does not have it: wait with the others, or go at once if we know what the control thread is about to write.
void Neighbors::hold(Packet&& packet, PortId port, Ipv4 address, Instant now) noexcept {
  std::uint32_t index = find_pending(port, address);
  if (index == no_index) {
    index = add_pending(port, address);
    if (index == no_index) return context_.counters.drop(Drop::arp_pending_full, port, packet);
    request(pending_[index], now, mac_broadcast);
  }
  Pending& pending = pending_[index];
  if (pending.resolved) return context_.link.send_ipv4(std::move(packet), port, pending.mac);
  pending.refresh = false;
  if (pending.held_count == held_per_neighbor || held_ == context_.held_max)
    return context_.counters.drop(Drop::arp_hold_full, port, packet);
  pending.held[pending.held_count++] = std::move(packet).release();
  ++held_;
}

void Neighbors::confirm(const Neighbor& neighbor, Instant now) noexcept {
  if (find_pending(neighbor.port, neighbor.address) != no_index) return;
  const std::uint32_t index = add_pending(neighbor.port, neighbor.address);
  if (index == no_index) return;  // later: every packet asks again
  pending_[index].refresh = true;
  request(pending_[index], now, neighbor.mac);
}

void Neighbors::request(Pending& pending, Instant now, const MacAddress& dst) noexcept {
  ++pending.requests;
  pending.next_request = now + request_interval;
  Packet packet = context_.mempool.allocate();
  char* at = packet ? rte_pktmbuf_append(packet.get(), sizeof(ArpPacket)) : nullptr;
  if (at == nullptr) return;  // the retry will ask again
  context_.counters.originated.add();
  const Ipv4 source = config_->port(pending.port).source_for(pending.address);
  store(reinterpret_cast<std::byte*>(at), make_arp_request(context_.link.port_info(pending.port).mac, source, pending.address));
  context_.link.send(std::move(packet), pending.port, dst, ether_type_arp);
}

void Neighbors::on_arp(Packet&& packet, PortId port, Instant now) noexcept {
  if (packet.first_segment().size() < sizeof(ArpPacket))
    return context_.counters.drop(Drop::arp_malformed, port, packet, PacketStart::arp);
  const auto arp = packet.header_at<ArpPacket>(0);
  if (const Drop why = check_arp(arp); why != Drop::none) return context_.counters.drop(why, port, packet, PacketStart::arp);
  const PortConfig& config = config_->port(port);
  const Ipv4 sender{arp.sender}, target{arp.target};
  const bool for_us = config.answers(target);
  // RFC 826: an existing entry is updated by any ARP packet of its address; a new one is made when the packet is for us. Nobody
  // outside the link's subnets can have a say (and nobody can claim one of our own addresses).
  const bool is_credible = !sender.is_zero() && config.is_connected(sender) && !config.answers(sender);
  if (is_credible && (for_us || context_.table.find(port, sender) || find_pending(port, sender) != no_index))
    learn(port, sender, arp.sender_mac, now);
  if (arp.operation == arp_reply) {
    if (!is_credible) return context_.counters.drop(Drop::arp_unsolicited, port, packet, PacketStart::arp);
    context_.counters.consumed.add();
    return;
  }
  if (!for_us) return context_.counters.drop(Drop::arp_not_ours, port, packet, PacketStart::arp);
  context_.counters.consumed.add();
  context_.counters.originated.add();
  packet.trim_to(sizeof(ArpPacket));
  packet.clear_offloads();
  store(packet.data(), make_arp_reply(arp, context_.link.port_info(port).mac));
  context_.link.send(std::move(packet), port, arp.sender_mac, ether_type_arp);
}

void Neighbors::learn(PortId port, Ipv4 address, const MacAddress& mac, Instant now) noexcept {
  // News only when there is any: a flood of replies must not fill the ring.
  const auto known = context_.table.find(port, address);
  const bool is_news = !known || (!known->permanent && (known->mac != mac || now - known->confirmed > confirm_after / 2));
  if (is_news && !context_.news.try_push({port, address, mac})) context_.counters.drops.count(Drop::control_ring_full, port);
  const std::uint32_t index = find_pending(port, address);
  if (index == no_index) return;
  Pending& pending = pending_[index];
  pending.mac = mac;
  pending.resolved = true;
  pending.resolved_at = now;
  send_held(pending);
}

void Neighbors::send_held(Pending& pending) noexcept {
  for (std::uint8_t i = 0; i < pending.held_count; ++i)
    context_.link.send_ipv4(Packet{pending.held[i]}, pending.port, pending.mac);
  held_ -= pending.held_count;
  pending.held_count = 0;
}

void Neighbors::give_up(std::uint32_t index, Instant now) noexcept {
  Pending& pending = pending_[index];
  for (std::uint8_t i = 0; i < pending.held_count; ++i) {
    const Packet packet{pending.held[i]};
    context_.counters.drop(Drop::arp_unresolved, pending.port, packet);
    if (unresolved_ != nullptr) unresolved_->on_unresolved(packet, now);
  }
  held_ -= pending.held_count;
  pending.held_count = 0;
  erase_pending(index);
}

/// One pending neighbor.   Returns: true if it was erased.
bool Neighbors::step(std::uint32_t index, Instant now) noexcept {
  Pending& pending = pending_[index];
  const auto known = context_.table.find(pending.port, pending.address);
  const bool is_fresh = known && (known->permanent || now - known->confirmed < confirm_after);
  if (is_fresh) {
    pending.mac = known->mac;
    send_held(pending);
    return erase_pending(index), true;
  }
  if (pending.resolved) {  // the control thread has not written it yet; if it never does, the next packet starts over
    if (now - pending.resolved_at < 2 * request_interval) return false;
    return erase_pending(index), true;
  }
  if (now < pending.next_request) return false;
  if (pending.requests == requests_max) return give_up(index, now), true;
  request(pending, now, mac_broadcast);
  return false;
}

void Neighbors::on_time(Instant now) noexcept {
  if (pending_.used() == 0 || now - polled_ < poll_interval) return;
  polled_ = now;
  for (std::uint32_t& head : heads_)
    for (std::uint32_t index = head; index != no_index;) {
      const std::uint32_t next = pending_[index].next;  // before it may go
      step(index, now);
      index = next;
    }
}

std::optional<Instant> Neighbors::next_deadline() const noexcept {
  if (pending_.used() == 0) return std::nullopt;
  return polled_ + poll_interval;
}

std::uint32_t Neighbors::find_pending(PortId port, Ipv4 address) const noexcept {
  if (pending_.used() == 0) return no_index;
  std::uint32_t index = heads_[bucket(port, address)];
  while (index != no_index && !(pending_[index].address == address && pending_[index].port == port)) index = pending_[index].next;
  return index;
}

std::uint32_t Neighbors::add_pending(PortId port, Ipv4 address) noexcept {
  std::uint32_t& head = heads_[bucket(port, address)];
  const std::uint32_t index = pending_.allocate();
  if (index == no_index) return no_index;
  pending_[index].port = port;
  pending_[index].address = address;
  pending_[index].next = head;
  return head = index;
}

void Neighbors::erase_pending(std::uint32_t index) noexcept {
  std::uint32_t* link = &heads_[bucket(pending_[index].port, pending_[index].address)];
  while (*link != index) link = &pending_[*link].next;
  *link = pending_[index].next;
  pending_.release(index);
}

}  // namespace engine
