// Addresses and numbers as people write them. Control path only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/wire.h"

namespace engine {

/// A prefix with the address it was written with: "198.18.0.1/24" keeps .1 (a port's own address and its network).
struct Cidr {
  Ipv4 address;
  std::uint8_t length = 32;
  [[nodiscard]] constexpr std::uint32_t mask() const noexcept { return length == 0 ? 0 : ~std::uint32_t{0} << (32 - length); }
  [[nodiscard]] constexpr Ipv4 network() const noexcept { return Ipv4{address.value & mask()}; }
  [[nodiscard]] constexpr Ipv4 broadcast() const noexcept { return Ipv4{address.value | ~mask()}; }
  [[nodiscard]] constexpr bool contains(Ipv4 a) const noexcept { return (a.value & mask()) == network().value; }
  friend constexpr auto operator<=>(const Cidr&, const Cidr&) noexcept = default;
};

struct SocketAddress {
  Ipv4 address;
  std::uint16_t port = 0;
  friend constexpr auto operator<=>(const SocketAddress&, const SocketAddress&) noexcept = default;
};

/// Decimal digits only, the whole text, at most `max`.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t max = UINT64_MAX) noexcept;
/// Dotted quad of four decimal parts without leading zeros (inet_aton's other forms mean different things to different readers).
[[nodiscard]] std::optional<Ipv4> parse_ipv4(std::string_view text) noexcept;
/// "A.B.C.D/N"; without "/N" a /32.
[[nodiscard]] std::optional<Cidr> parse_cidr(std::string_view text) noexcept;
/// "A.B.C.D:PORT", PORT 1 to 65535.
[[nodiscard]] std::optional<SocketAddress> parse_socket_address(std::string_view text) noexcept;
/// "aa:bb:cc:dd:ee:ff".
[[nodiscard]] std::optional<MacAddress> parse_mac(std::string_view text) noexcept;

[[nodiscard]] std::string to_string(Ipv4 address);
[[nodiscard]] std::string to_string(const Cidr& cidr);
[[nodiscard]] std::string to_string(const SocketAddress& address);
[[nodiscard]] std::string to_string(const MacAddress& mac);

}  // namespace engine
