// host [ ":" port ], as in a Host field and in an absolute-form target. RFC 3986 3.2, RFC 9110 7.2.
#pragma once

#include <optional>
#include <string_view>

namespace http {

/// `host`: as received, an IPv6 address with its brackets. `port`: digits, or empty.
struct Authority {
  std::string_view host, port;
};

/// Errors: nullopt for anything but (letters, digits, "-._")* or "[IPv6]", at most 255 bytes, then ":" and 0 to 65535 or nothing.
/// Userinfo, percent triplets, sub-delims, zone identifiers and IPvFuture are refused (http/chars.h says why). An empty host is
/// valid when nothing at all stands there: a client whose target has no authority sends an empty Host (RFC 9112 3.2).
[[nodiscard]] std::optional<Authority> parse_authority(std::string_view text) noexcept;

/// IPv6address of RFC 3986 3.2.2, without brackets.
[[nodiscard]] bool is_ipv6_address(std::string_view text) noexcept;

}  // namespace http
