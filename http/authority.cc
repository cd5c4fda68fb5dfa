#include "http/authority.h"

#include <cstddef>

#include "engine/text.h"
#include "http/chars.h"

namespace http {
namespace {

constexpr std::size_t host_bytes_max = 255;  // RFC 3986 3.2.2: what DNS can carry

/// The h16 group at the front of `text`: 1 to 4 hexadecimal digits, or 0 when there is none.
std::size_t h16_bytes(std::string_view text) noexcept {
  std::size_t n = 0;
  while (n < text.size() && n < 5 && hex_value(text[n]) >= 0) ++n;
  return n <= 4 ? n : 0;
}

/// port = *DIGIT. A number that TCP cannot carry is refused: readers would cut it to 16 bits, or not.
bool is_port(std::string_view text) noexcept { return text.empty() || (text.size() <= 5 && engine::parse_number(text, 65'535)); }

std::optional<Authority> with_port(std::string_view host, std::string_view rest) noexcept {
  if (rest.empty()) return Authority{host, {}};
  if (rest.front() != ':' || host.empty() || !is_port(rest.substr(1))) return std::nullopt;
  return Authority{host, rest.substr(1)};
}

}  // namespace

bool is_ipv6_address(std::string_view text) noexcept {
  int groups = 0;
  bool compressed = false;
  if (text.starts_with("::")) {
    compressed = true;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    if (text.find(':') == std::string_view::npos && text.find('.') != std::string_view::npos) {  // ls32 as IPv4address
      if (!engine::parse_ipv4(text)) return false;
      groups += 2;
      break;
    }
    const std::size_t n = h16_bytes(text);
    if (n == 0) return false;
    ++groups;
    text.remove_prefix(n);
    if (text.empty()) break;
    if (text.front() != ':') return false;
    text.remove_prefix(1);
    if (text.empty()) return false;  // "1:"
    if (text.front() == ':') {
      if (compressed) return false;
      compressed = true;
      text.remove_prefix(1);
    }
  }
  return compressed ? groups <= 7 : groups == 8;
}

std::optional<Authority> parse_authority(std::string_view text) noexcept {
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos || !is_ipv6_address(text.substr(1, close - 1))) return std::nullopt;
    return with_port(text.substr(0, close + 1), text.substr(close + 1));
  }
  std::size_t end = 0;
  while (end < text.size() && is<CharClass::host>(text[end])) ++end;
  if (end > host_bytes_max) return std::nullopt;
  return with_port(text.substr(0, end), text.substr(end));
}

}  // namespace http
