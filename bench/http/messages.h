// The messages that the HTTP benchmarks read and write.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "bench/support/flows.h"

namespace bench {

/// The reference request: Host, User-Agent, Accept.
inline constexpr std::string_view small_request =
    "GET /index.html HTTP/1.1\r\n"
    "Host: www.example.com\r\n"
    "User-Agent: penstock-load/0.1 (x86_64; linux-gnu; rv:1)\r\n"
    "Accept: text/html\r\n\r\n";
static_assert(small_request.size() >= 125 && small_request.size() <= 135);

inline constexpr std::string_view browser_request =
    "GET /shop/articles/1234?color=blue&size=42&ref=start HTTP/1.1\r\n"
    "Host: www.example.com\r\n"
    "Connection: keep-alive\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Referer: https://www.example.com/shop/\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Accept-Language: de-DE,de;q=0.9,en;q=0.8\r\n"
    "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; consent=1\r\n"
    "Cache-Control: max-age=0\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "Sec-Fetch-Mode: navigate\r\n\r\n";
static_assert(browser_request.size() >= 580 && browser_request.size() <= 620);

inline constexpr std::string_view server_response =
    "HTTP/1.1 200 OK\r\n"
    "Server: nginx/1.22.1\r\n"
    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
    "Content-Type: text/html\r\n"
    "Content-Length: 615\r\n"
    "Last-Modified: Sat, 05 Nov 1994 08:49:37 GMT\r\n"
    "Connection: keep-alive\r\n"
    "ETag: \"6405e3ad-267\"\r\n"
    "Accept-Ranges: bytes\r\n\r\n";

inline constexpr std::string_view date = "Sun, 06 Nov 1994 08:49:37 GMT";

/// Copies of one message where mbufs would lie, in a random order: more than the first cache holds.
class Messages {
 public:
  static constexpr std::size_t count = 512;
  explicit Messages(std::string_view message) : bytes_(count * stride), size_{message.size()} {
    for (std::size_t i = 0; i < count; ++i) std::copy(message.begin(), message.end(), at(i));
  }
  /// The i-th in the order of reading.
  [[nodiscard]] std::string_view operator[](std::size_t i) const noexcept {
    return {bytes_.data() + order_[i] * stride + text_offset, size_};
  }

 private:
  static constexpr std::size_t stride = 2432, text_offset = 128 + 66;  // an mbuf with headroom; headers with timestamps
  [[nodiscard]] char* at(std::size_t i) noexcept { return bytes_.data() + i * stride + text_offset; }
  std::vector<std::uint32_t> order_ = make_order(count, 1);
  std::vector<char> bytes_;
  std::size_t size_;
};

}  // namespace bench
