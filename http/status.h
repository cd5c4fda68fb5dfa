// Status codes and their reason phrases, RFC 9110 15.
#pragma once

#include <cstdint>
#include <string_view>

namespace http {

/// "Not Found"; "" for a code that nobody registered. The phrase is for people only (RFC 9112 4).
[[nodiscard]] std::string_view reason_phrase(std::uint16_t status) noexcept;

/// May a response with this status have a body or a Content-Length of its own? RFC 9110 6.4.1 and 8.6.
[[nodiscard]] constexpr bool has_content(std::uint16_t status) noexcept {
  return status >= 200 && status != 204 && status != 304;
}

}  // namespace http
