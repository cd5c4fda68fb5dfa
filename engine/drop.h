// Why the engine lost a packet. The counter of a reason is the only way to lose one; every reason has a name and a sentence.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine/check.h"
#include "engine/counters.h"
#include "engine/ids.h"

namespace engine {

/// Number of an enumerator; `count_` is the last of each of our counted enums.
template <typename E>
[[nodiscard]] constexpr std::size_t index_of(E e) noexcept {
  return static_cast<std::size_t>(e);
}

/// A row of a table of reasons.
template <typename E>
struct ReasonInfo {
  E id;
  std::string_view layer, name, help;
};

template <typename E, std::size_t N>
[[nodiscard]] constexpr bool is_indexed_by_id(const std::array<ReasonInfo<E>, N>& table) noexcept {
  for (std::size_t i = 0; i < N; ++i)
    if (index_of(table[i].id) != i || table[i].name.empty() || table[i].help.empty()) return false;
  return N == index_of(E::count_);
}

enum class Drop : std::uint8_t {
  none,
  frame_truncated,
  not_for_this_mac,
  unknown_ether_type,
  vlan_unexpected,
  arp_malformed,
  arp_not_ours,
  arp_unsolicited,
  arp_pending_full,
  arp_hold_full,
  arp_unresolved,
  control_ring_full,
  ip_truncated,
  ip_bad_version,
  ip_bad_header_length,
  ip_bad_total_length,
  ip_bad_checksum,
  ip_martian_source,
  ip_martian_destination,
  ip_options,
  ip_fragment_for_us,
  forwarding_disabled,
  ttl_expired,
  no_route,
  route_unreachable,
  route_blackhole,
  output_to_self,
  needs_fragmentation,
  broadcast_not_forwarded,
  icmp_malformed,
  icmp_not_answered,
  icmp_rate_limited,
  protocol_unreachable,
  port_unreachable,
  handover_full,
  mbufs_exhausted,
  tx_full,
  tx_refused,
  stopping,
  count_,
};

inline constexpr auto drop_info = std::to_array<ReasonInfo<Drop>>({
    {Drop::none, "ip", "none", "not dropped"},
    {Drop::frame_truncated, "port", "frame_truncated", "frame shorter than an Ethernet header"},
    {Drop::not_for_this_mac, "port", "not_for_this_mac",
     "unicast frame for another MAC address (a flooding switch, promiscuous mode)"},
    {Drop::unknown_ether_type, "port", "unknown_ether_type", "neither IPv4 nor ARP, for example IPv6 or LLDP"},
    {Drop::vlan_unexpected, "port", "vlan_unexpected", "802.1Q tag on a port without VLAN sub-ports"},
    {Drop::arp_malformed, "arp", "arp_malformed",
     "not Ethernet and IPv4, unknown operation, or a multicast or zero sender (RFC 826)"},
    {Drop::arp_not_ours, "arp", "arp_not_ours", "ARP request for an address that is not ours"},
    {Drop::arp_unsolicited, "arp", "arp_unsolicited", "ARP from a sender outside the port's subnets"},
    {Drop::arp_pending_full, "arp", "arp_pending_full", "too many neighbors being resolved at once"},
    {Drop::arp_hold_full, "arp", "arp_hold_full", "the hold queue of an unresolved neighbor was full; the newest packet goes"},
    {Drop::arp_unresolved, "arp", "arp_unresolved", "no answer to three ARP requests"},
    {Drop::control_ring_full, "arp", "control_ring_full", "news for the control thread lost, its ring was full"},
    {Drop::ip_truncated, "ip", "ip_truncated", "shorter than its header or its total length (RFC 1812 5.2.2)"},
    {Drop::ip_bad_version, "ip", "ip_bad_version", "version is not 4"},
    {Drop::ip_bad_header_length, "ip", "ip_bad_header_length", "header length below 20 bytes"},
    {Drop::ip_bad_total_length, "ip", "ip_bad_total_length", "total length below header length"},
    {Drop::ip_bad_checksum, "ip", "ip_bad_checksum", "header checksum wrong"},
    {Drop::ip_martian_source, "ip", "ip_martian_source",
     "source is multicast, broadcast, loopback, 0/8 or class E (RFC 1812 5.3.7)"},
    {Drop::ip_martian_destination, "ip", "ip_martian_destination", "destination is loopback, 0/8 or class E (RFC 1812 5.3.7)"},
    {Drop::ip_options, "ip", "ip_options", "IP options in a packet for us or to be forwarded: not processed"},
    {Drop::ip_fragment_for_us, "ip", "ip_fragment_for_us", "fragment addressed to us: reassembly is not built"},
    {Drop::forwarding_disabled, "ip", "forwarding_disabled", "not addressed to us and [forwarding] is off"},
    {Drop::ttl_expired, "ip", "ttl_expired", "time to live reached zero"},
    {Drop::no_route, "ip", "no_route", "no route to the destination"},
    {Drop::route_unreachable, "ip", "route_unreachable", "the route says unreachable"},
    {Drop::route_blackhole, "ip", "route_blackhole", "the route says blackhole"},
    {Drop::output_to_self, "ip", "output_to_self", "a packet of ours addressed to one of our own addresses"},
    {Drop::needs_fragmentation, "ip", "needs_fragmentation", "larger than the MTU of its port"},
    {Drop::broadcast_not_forwarded, "ip", "broadcast_not_forwarded",
     "broadcast, multicast or link-local destination: not forwarded"},
    {Drop::icmp_malformed, "icmp", "icmp_malformed", "ICMP message truncated or with a wrong checksum"},
    {Drop::icmp_not_answered, "icmp", "icmp_not_answered", "ICMP message to which there is nothing to answer"},
    {Drop::icmp_rate_limited, "icmp", "icmp_rate_limited", "ICMP error not sent: rate limit"},
    {Drop::protocol_unreachable, "ip", "protocol_unreachable", "no such protocol here"},
    {Drop::port_unreachable, "ip", "port_unreachable", "UDP to us: no service"},
    {Drop::handover_full, "shard", "handover_full", "the ring to the owning worker was full"},
    {Drop::mbufs_exhausted, "shard", "mbufs_exhausted", "no mbuf for a packet of our own"},
    {Drop::tx_full, "port", "tx_full", "the driver took no more packets"},
    {Drop::tx_refused, "port", "tx_refused", "the driver cannot send this packet: offloads or segments beyond its limits"},
    {Drop::stopping, "shard", "stopping", "held while the engine stopped"},
});
static_assert(is_indexed_by_id(drop_info));

/// Counters of one shard, per port and reason. What has no port (PortId::none) is counted beside them.
class DropCounters {
 public:
  void count(Drop why, PortId port = PortId{0}, std::uint64_t n = 1) noexcept { counters_[row(port)][index_of(why)].add(n); }
  [[nodiscard]] std::uint64_t get(Drop why, PortId port) const noexcept { return counters_[row(port)][index_of(why)].get(); }
  [[nodiscard]] std::uint64_t total(Drop why) const noexcept {
    std::uint64_t sum = 0;
    for (const auto& port : counters_) sum += port[index_of(why)].get();
    return sum;
  }

 private:
  [[nodiscard]] static constexpr std::size_t row(PortId port) noexcept { return std::min<std::size_t>(port.value, ports_max); }
  std::array<std::array<Counter, index_of(Drop::count_)>, ports_max + 1> counters_{};
};

}  // namespace engine
