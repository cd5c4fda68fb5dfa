#include "tests/memory/message.h"

#include <cstdlib>
#include <fmt/format.h>

#include "tests/support/raw_client.h"

namespace memory {

std::string Message::target() const {
  const std::size_t first = start.find(' ');
  return start.substr(first + 1, start.find(' ', first + 1) - first - 1);
}

int Message::status() const { return std::atoi(support::status_of(head).c_str()); }

std::string Message::field(std::string_view name) const { return support::field_of(head, name); }

std::optional<Message> take_message(std::string& bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  Message message;
  message.head = bytes.substr(0, end + 4);
  message.start = bytes.substr(0, bytes.find("\r\n"));
  const std::size_t length = std::strtoul(message.field("Content-Length").c_str(), nullptr, 10);
  if (bytes.size() < end + 4 + length) return std::nullopt;
  message.body = bytes.substr(end + 4, length);
  bytes.erase(0, end + 4 + length);
  return message;
}

std::string get_request(const std::string& target, const std::string& fields) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: test\r\n{}\r\n", target, fields);
}

std::string ok_response(const std::string& body, const std::string& fields) {
  return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{}\r\n{}", body.size(), fields, body);
}

}  // namespace memory
