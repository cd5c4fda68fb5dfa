#include "tests/support/raw_client.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace support {

namespace {

using Clock = std::chrono::steady_clock;

bool wait(int fd, short events, Clock::time_point end) {
  pollfd poll{fd, events, 0};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
  return left > 0 && ::poll(&poll, 1, static_cast<int>(left)) > 0;
}

/// The line of a field in a head, or npos.
std::size_t find_field(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
    const std::string_view line = head.substr(at + 2);
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (std::equal(name.begin(), name.end(), line.begin(),
                   [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); }))
      return at + 2;
  }
  return std::string_view::npos;
}

}  // namespace

RawClient RawClient::unix_socket(const std::string& path) {
  RawClient client{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof address.sun_path - 1));
  client.connected_ = ::connect(client.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  return client;
}

RawClient RawClient::tcp(std::uint16_t port) {
  RawClient client{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  client.connected_ = ::connect(client.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  return client;
}

RawClient::RawClient(RawClient&& other) noexcept
    : fd_{std::exchange(other.fd_, -1)}, connected_{other.connected_}, buffer_{std::move(other.buffer_)} {}

RawClient::~RawClient() {
  if (fd_ >= 0) ::close(fd_);
}

bool RawClient::send(std::string_view bytes, Milliseconds timeout) {
  const auto end = Clock::now() + timeout;
  while (!bytes.empty()) {
    if (!wait(fd_, POLLOUT, end)) return false;
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN) return false;
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

RawClient::Got RawClient::receive_some(Clock::time_point end) {
  std::array<char, 16'384> bytes;
  if (!wait(fd_, POLLIN, end)) return Got::nothing;
  const ssize_t n = ::recv(fd_, bytes.data(), bytes.size(), 0);
  if (n <= 0) return Got::end;
  buffer_.append(bytes.data(), static_cast<std::size_t>(n));
  return Got::bytes;
}

std::string RawClient::receive_all(Milliseconds timeout) {
  const auto end = Clock::now() + timeout;
  while (receive_some(end) == Got::bytes) {
  }
  return std::exchange(buffer_, {});
}

std::string RawClient::response(bool is_head, Milliseconds timeout) {
  const auto end = Clock::now() + timeout;
  for (;;) {
    const std::size_t head = buffer_.find("\r\n\r\n");
    if (head != std::string::npos) {
      const std::size_t bytes = head + 4 + (is_head ? 0 : std::strtoul(field_of(buffer_, "Content-Length").c_str(), nullptr, 10));
      if (buffer_.size() >= bytes) {
        std::string one = buffer_.substr(0, bytes);
        buffer_.erase(0, bytes);
        return one;
      }
    }
    if (receive_some(end) != Got::bytes) return "";
  }
}

bool RawClient::is_closed_within(Milliseconds timeout) {
  const auto end = Clock::now() + timeout;
  for (;;) {
    const Got got = receive_some(end);
    if (got != Got::bytes) return got == Got::end;
    buffer_.clear();
  }
}

void RawClient::shrink_receive_buffer() {
  const int bytes = 4096;
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

std::string status_of(std::string_view response) {
  return response.starts_with("HTTP/1.1 ") || response.starts_with("HTTP/1.0 ") ? std::string{response.substr(9, 3)} : "";
}

std::string body_of(std::string_view response) {
  const std::size_t head = response.find("\r\n\r\n");
  return head == std::string_view::npos ? "" : std::string{response.substr(head + 4)};
}

std::string field_of(std::string_view response, std::string_view name) {
  const std::string_view head = response.substr(0, response.find("\r\n\r\n"));
  const std::size_t at = find_field(head, name);
  if (at == std::string_view::npos) return "";
  std::string_view value = head.substr(at + name.size() + 1);
  value = value.substr(0, value.find("\r\n"));
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  return std::string{value};
}

}  // namespace support
