// A client of kernel sockets that sends what it likes, when it likes.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace support {

class RawClient {
 public:
  using Milliseconds = std::chrono::milliseconds;
  [[nodiscard]] static RawClient unix_socket(const std::string& path);
  [[nodiscard]] static RawClient tcp(std::uint16_t port);  // at 127.0.0.1
  RawClient(RawClient&& other) noexcept;
  RawClient& operator=(RawClient&&) = delete;
  ~RawClient();

  [[nodiscard]] bool connected() const noexcept { return connected_; }
  /// Returns: whether all was taken within the time.
  bool send(std::string_view bytes, Milliseconds timeout = Milliseconds{5000});
  /// What comes until the other side closes, or `timeout`.
  [[nodiscard]] std::string receive_all(Milliseconds timeout = Milliseconds{5000});
  /// One response: its head and as many bytes as Content-Length says (none if `is_head`); "" if it does not come whole.
  [[nodiscard]] std::string response(bool is_head = false, Milliseconds timeout = Milliseconds{5000});
  /// Whether the other side closes within the time; what comes before is thrown away.
  [[nodiscard]] bool is_closed_within(Milliseconds timeout);
  void shrink_receive_buffer();

 private:
  explicit RawClient(int fd) noexcept : fd_{fd} {}
  enum class Got { bytes, end, nothing };
  Got receive_some(std::chrono::steady_clock::time_point end);

  int fd_;
  bool connected_ = false;
  std::string buffer_;  // received and not taken
};

/// "404" of "HTTP/1.1 404 Not Found\r\n...", or "".
[[nodiscard]] std::string status_of(std::string_view response);
[[nodiscard]] std::string body_of(std::string_view response);
/// The value of a field, "" if it is not there.
[[nodiscard]] std::string field_of(std::string_view response, std::string_view name);

}  // namespace support
