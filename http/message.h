// The head of an HTTP message after parsing: views into the received bytes, nothing copied. RFC 9110, RFC 9112.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine/check.h"

namespace http {

enum class Method : std::uint8_t { get, head, post, put, delete_, connect, options, trace, patch, other, count_ };

enum class Version : std::uint8_t { http_1_0, http_1_1 };

/// A field line: name and value as received, the value without surrounding whitespace (RFC 9112 5.1).
struct Field {
  std::string_view name, value;
};

/// The field lines of a head in their order. Fixed capacity: a head with more is refused (431), so a message costs no allocation.
class Fields {
 public:
  static constexpr std::size_t capacity = 128;
  Fields() noexcept = default;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool full() const noexcept { return size_ == capacity; }
  void clear() noexcept { size_ = 0; }
  void push(Field field) noexcept {
    DCHECK(!full());
    fields_[size_++] = field;
  }
  [[nodiscard]] const Field& operator[](std::size_t i) const noexcept { return fields_[i]; }
  [[nodiscard]] const Field* begin() const noexcept { return fields_.data(); }
  [[nodiscard]] const Field* end() const noexcept { return fields_.data() + size_; }

 private:
  std::array<Field, capacity> fields_;
  std::size_t size_ = 0;
};

/// How the body of a message is delimited, RFC 9112 6.3.
struct Framing {
  enum class Kind : std::uint8_t { none, content_length, chunked, until_close };
  Kind kind = Kind::none;
  std::uint64_t content_length = 0;  // bytes, for Kind::content_length
  friend constexpr bool operator==(const Framing&, const Framing&) noexcept = default;
};

/// A request head. All views point into the caller's buffer and live as long as it does.
struct RequestHead {
  Method method = Method::other;
  Version version = Version::http_1_1;
  bool keep_alive = false;       // the client allows another request on this connection, RFC 9112 9.3
  bool expect_continue = false;  // Expect: 100-continue of an HTTP/1.1 client, RFC 9110 10.1.1
  bool has_host = false;         // a Host field, or an absolute-form target
  std::string_view method_text;
  std::string_view target;     // request-target as received
  std::string_view path;       // of the target, without query; "*" for asterisk-form
  std::string_view query;      // with "?", or empty
  std::string_view host;       // without port; as received (case not folded); may be empty
  std::string_view host_port;  // digits only, or empty
  Framing framing;
  Fields fields;
  std::size_t head_bytes = 0;  // up to and with the empty line
};

/// A response head, read in the light of the request's method (RFC 9112 6.3: HEAD has no body).
struct ResponseHead {
  Version version = Version::http_1_1;
  std::uint16_t status = 0;
  bool keep_alive = false;  // the server keeps the connection open
  std::string_view reason;
  Framing framing;
  Fields fields;
  std::size_t head_bytes = 0;
  [[nodiscard]] bool is_interim() const noexcept { return status >= 100 && status < 200; }
};

}  // namespace http
