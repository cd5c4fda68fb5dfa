// ARP, RFC 826: what a packet says, and packets of our own. Pure functions; engine/neighbor.h decides when.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "engine/drop.h"
#include "engine/wire.h"

namespace engine {

/// Why this ARP packet must not be processed, or Drop::none.   Spec: RFC 826; RFC 5227 for a zero sender (a probe: answered, not
/// learned).
[[nodiscard]] constexpr Drop check_arp(const ArpPacket& arp) noexcept {
  if (arp.hardware != be16{1} || arp.protocol != ether_type_ipv4 || arp.hardware_bytes != 6 || arp.protocol_bytes != 4)
    return Drop::arp_malformed;
  if (arp.operation != arp_request && arp.operation != arp_reply) return Drop::arp_malformed;
  if (arp.sender_mac.is_multicast() || arp.sender_mac.is_zero()) return Drop::arp_malformed;
  const Ipv4 sender{arp.sender};
  if (sender.is_multicast() || sender.is_limited_broadcast()) return Drop::arp_malformed;
  return Drop::none;
}

[[nodiscard]] constexpr ArpPacket make_arp_request(const MacAddress& our_mac, Ipv4 our_address, Ipv4 target) noexcept {
  return {be16{1}, ether_type_ipv4, 6, 4, arp_request, our_mac, our_address.wire(), MacAddress{}, target.wire()};
}

/// The answer to a request for one of our addresses.
[[nodiscard]] constexpr ArpPacket make_arp_reply(const ArpPacket& request, const MacAddress& our_mac) noexcept {
  return {be16{1}, ether_type_ipv4, 6, 4, arp_reply, our_mac, request.target, request.sender_mac, request.sender};
}

}  // namespace engine
