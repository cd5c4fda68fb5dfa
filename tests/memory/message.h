// HTTP/1.1 messages as both ends of these tests write and read them: with Content-Length, nothing clever, none of our own parser.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace memory {

struct Message {
  std::string start;  // "GET /x HTTP/1.1", "HTTP/1.1 200 OK"
  std::string head;   // start line and fields
  std::string body;

  [[nodiscard]] std::string target() const;
  [[nodiscard]] int status() const;
  /// "" if it is not there.
  [[nodiscard]] std::string field(std::string_view name) const;
};

/// Takes the first message off `bytes`, if it is there whole.
[[nodiscard]] std::optional<Message> take_message(std::string& bytes);

[[nodiscard]] std::string get_request(const std::string& target, const std::string& fields = "");
[[nodiscard]] std::string ok_response(const std::string& body, const std::string& fields = "");

}  // namespace memory
