#include "engine/text.h"

#include <charconv>
#include <fmt/format.h>

namespace engine {

std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t max) noexcept {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

std::optional<Ipv4> parse_ipv4(std::string_view text) noexcept {
  std::uint32_t value = 0;
  for (int part = 0; part < 4; ++part) {
    const std::size_t dot = part < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos || dot == 0 || dot > 3) return std::nullopt;
    if (dot > 1 && text[0] == '0') return std::nullopt;
    const auto octet = parse_number(text.substr(0, dot), 255);
    if (!octet) return std::nullopt;
    value = value << 8 | static_cast<std::uint32_t>(*octet);
    text.remove_prefix(part < 3 ? dot + 1 : dot);
  }
  return Ipv4{value};
}

std::optional<Cidr> parse_cidr(std::string_view text) noexcept {
  const std::size_t slash = text.find('/');
  const auto address = parse_ipv4(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) return Cidr{*address, 32};
  const auto length = parse_number(text.substr(slash + 1), 32);
  if (!length || text.size() - slash > 3) return std::nullopt;
  return Cidr{*address, static_cast<std::uint8_t>(*length)};
}

std::optional<SocketAddress> parse_socket_address(std::string_view text) noexcept {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto address = parse_ipv4(text.substr(0, colon));
  const auto port = parse_number(text.substr(colon + 1), 65'535);
  if (!address || !port || *port == 0) return std::nullopt;
  return SocketAddress{*address, static_cast<std::uint16_t>(*port)};
}

std::optional<MacAddress> parse_mac(std::string_view text) noexcept {
  if (text.size() != 17) return std::nullopt;
  MacAddress mac;
  for (std::size_t i = 0; i < 6; ++i) {
    const char* at = text.data() + i * 3;
    const auto [end, error] = std::from_chars(at, at + 2, mac.bytes[i], 16);
    if (error != std::errc{} || end != at + 2 || (i < 5 && at[2] != ':')) return std::nullopt;
  }
  return mac;
}

std::string to_string(Ipv4 a) {
  return fmt::format("{}.{}.{}.{}", a.value >> 24, a.value >> 16 & 255, a.value >> 8 & 255, a.value & 255);
}
std::string to_string(const Cidr& cidr) { return fmt::format("{}/{}", to_string(cidr.address), cidr.length); }
std::string to_string(const SocketAddress& a) { return fmt::format("{}:{}", to_string(a.address), a.port); }
std::string to_string(const MacAddress& mac) {
  const auto& b = mac.bytes;
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", b[0], b[1], b[2], b[3], b[4], b[5]);
}

}  // namespace engine
