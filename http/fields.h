// Methods, field names and field values: compare, find, split. RFC 9110 5 and 9.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "http/chars.h"
#include "http/fold.h"
#include "http/message.h"

namespace http {

/// Method::other for every token that is not one of ours. Methods are case-sensitive (RFC 9110 9.1): "get" is another method.
[[nodiscard]] Method method_from(std::string_view text) noexcept;
/// "GET"; "" for Method::other, whose text only the message knows.
[[nodiscard]] std::string_view method_name(Method method) noexcept;

/// RFC 9110 9.2.1. Of an unknown method nothing is known, so it is not safe.
[[nodiscard]] constexpr bool is_safe(Method m) noexcept {
  return m == Method::get || m == Method::head || m == Method::options || m == Method::trace;
}
/// RFC 9110 9.2.2: may be sent again when the connection died before the answer (9112 9.3.1).
[[nodiscard]] constexpr bool is_idempotent(Method m) noexcept { return is_safe(m) || m == Method::put || m == Method::delete_; }

/// 1*tchar, RFC 9110 5.6.2.
[[nodiscard]] bool is_token(std::string_view text) noexcept;
/// What may follow a colon: no control character, no whitespace at either end (RFC 9110 5.5). May be empty.
[[nodiscard]] bool is_field_value(std::string_view text) noexcept;
/// Without SP and HTAB at both ends.
[[nodiscard]] std::string_view trim_ows(std::string_view text) noexcept;

/// The first field line of that name, or nullptr.
[[nodiscard]] const Field* find_field(const Fields& fields, std::string_view name) noexcept;

/// The field names that the text layer itself reads, removes or writes.
enum class FieldId : std::uint8_t {
  other,
  connection,
  content_length,
  date,
  expect,
  forwarded,
  host,
  keep_alive,
  max_forwards,
  proxy_connection,
  te,
  trailer,
  transfer_encoding,
  upgrade,
  via,
  x_forwarded_for,
  x_forwarded_host,
  x_forwarded_proto,
};

namespace detail {

template <typename T>
inline T load(const char* at) noexcept {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

/// Case-insensitive compare of a token with a lower-case name of the same length. Setting bit 5 maps no other tchar than the
/// capital to a letter, and none to "-", so that a compare of words is exact.
template <std::size_t size_with_nul>
inline bool is_name(const char* token, const char (&lower)[size_with_nul]) noexcept {
  constexpr std::size_t size = size_with_nul - 1;
  if constexpr (size >= 8) {
    constexpr std::uint64_t bit5 = 0x2020202020202020u;
    std::uint64_t difference = (load<std::uint64_t>(token + size - 8) | bit5) ^ load<std::uint64_t>(lower + size - 8);
    for (std::size_t i = 0; i + 8 < size; i += 8)
      difference |= (load<std::uint64_t>(token + i) | bit5) ^ load<std::uint64_t>(lower + i);
    return difference == 0;
  } else if constexpr (size >= 4) {
    constexpr std::uint32_t bit5 = 0x20202020u;
    return (((load<std::uint32_t>(token) | bit5) ^ load<std::uint32_t>(lower)) |
            ((load<std::uint32_t>(token + size - 4) | bit5) ^ load<std::uint32_t>(lower + size - 4))) == 0;
  } else {
    bool same = true;
    for (std::size_t i = 0; i < size; ++i) same &= (token[i] | 0x20) == lower[i];
    return same;
  }
}

}  // namespace detail

/// Which of our names is it? Requires: `name` is a token.   Cost: a switch on the length and at most two compares of words.
[[nodiscard]] inline FieldId field_id(std::string_view name) noexcept {
  using detail::is_name;
  const char* const p = name.data();
  switch (name.size()) {
    case 2:
      return is_name(p, "te") ? FieldId::te : FieldId::other;
    case 3:
      return is_name(p, "via") ? FieldId::via : FieldId::other;
    case 4:
      return is_name(p, "host") ? FieldId::host : is_name(p, "date") ? FieldId::date : FieldId::other;
    case 6:
      return is_name(p, "expect") ? FieldId::expect : FieldId::other;
    case 7:
      return is_name(p, "trailer") ? FieldId::trailer : is_name(p, "upgrade") ? FieldId::upgrade : FieldId::other;
    case 9:
      return is_name(p, "forwarded") ? FieldId::forwarded : FieldId::other;
    case 10:
      return is_name(p, "connection") ? FieldId::connection : is_name(p, "keep-alive") ? FieldId::keep_alive : FieldId::other;
    case 12:
      return is_name(p, "max-forwards") ? FieldId::max_forwards : FieldId::other;
    case 14:
      return is_name(p, "content-length") ? FieldId::content_length : FieldId::other;
    case 15:
      return is_name(p, "x-forwarded-for") ? FieldId::x_forwarded_for : FieldId::other;
    case 16:
      return is_name(p, "x-forwarded-host")   ? FieldId::x_forwarded_host
             : is_name(p, "proxy-connection") ? FieldId::proxy_connection
                                              : FieldId::other;
    case 17:
      return is_name(p, "transfer-encoding")   ? FieldId::transfer_encoding
             : is_name(p, "x-forwarded-proto") ? FieldId::x_forwarded_proto
                                               : FieldId::other;
    default:
      return FieldId::other;
  }
}

/// The field that a server would take this one for if it maps "-" and "_" to the same character, as CGI (RFC 3875 4.1.18) and
/// all its heirs do; FieldId::other when the name has no "_". A client must not write our fields under such a name.
[[nodiscard]] FieldId field_id_of_alias(std::string_view name) noexcept;

/// The members of a comma-separated list, RFC 9110 5.6.1: empty ones are skipped, whitespace around them is cut, a comma inside
/// a quoted string does not separate.
class ListMembers {
 public:
  explicit ListMembers(std::string_view value) noexcept : rest_{value} {}
  [[nodiscard]] std::optional<std::string_view> next() noexcept;

 private:
  std::string_view rest_;
};

/// Calls `f(member)` for every list member in every field line with that name, in order. `f` returns false to stop.
template <typename F>
bool for_each_member(const Fields& fields, FieldId id, F&& f) {
  for (const Field& field : fields) {
    if (field_id(field.name) != id) continue;
    ListMembers members{field.value};
    while (const auto member = members.next())
      if (!f(*member)) return false;
  }
  return true;
}

}  // namespace http
