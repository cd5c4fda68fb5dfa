// Which bytes may stand where in a message, as one table. RFC 9110 5.5 and 5.6.2, RFC 3986 2 and 3.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace http {

/// Sets of bytes, one bit each.
enum class CharClass : std::uint8_t {
  token = 1,        // tchar, RFC 9110 5.6.2: methods and field names
  field = 2,        // field-vchar, SP, HTAB, RFC 9110 5.5. It lets a recipient keep other controls; no sender needs them
  line = 4,         // SP and VCHAR: what a request line consists of, RFC 9112 3
  path = 8,         // see below
  query = 16,       // see below
  unreserved = 32,  // RFC 3986 2.3: the same URI whether percent-encoded or not
  host = 64,        // see below
};

namespace detail {

constexpr bool is_alnum(unsigned c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_one_of(unsigned c, std::string_view set) noexcept {
  return set.find(static_cast<char>(c)) != std::string_view::npos;
}

/// RFC 3986 3.3 and 3.4 allow pchar and "/" in a path, and "?" as well in a query. Three decisions beyond it:
/// - [ ] ^ ` { | } are accepted although no URI contains them: the WHATWG URL standard, hence every browser, sends some of them
///   as they are, and they mean nothing to framing or to the hierarchy of a path.
/// - a backslash is refused in a path: WHATWG parsers read it as "/", so a server that does too would see other segments than
///   those that our rules matched. In a query browsers send it, and it has no such meaning.
/// - " < > # and everything outside 0x21 to 0x7e is refused: no client has to send it raw, and readers differ in where they cut.
///   Bytes from 0x80 on in particular are decoded as UTF-8, Latin-1 or not at all by different servers.
constexpr std::uint8_t classes_of(unsigned c) noexcept {
  const bool alnum = c < 128 && is_alnum(c);
  const bool ascii = c < 128 && c != 0;
  const bool unreserved = alnum || (ascii && is_one_of(c, "-._~"));
  const bool path = unreserved || (ascii && is_one_of(c, "!$&'()*+,;=:@%/[]^`{|}"));
  unsigned bits = 0;
  if (alnum || (ascii && is_one_of(c, "!#$%&'*+-.^_`|~"))) bits |= static_cast<unsigned>(CharClass::token);
  if (c == '\t' || (c >= 0x20 && c != 0x7f)) bits |= static_cast<unsigned>(CharClass::field);
  if (c >= 0x20 && c < 0x7f) bits |= static_cast<unsigned>(CharClass::line);
  if (path) bits |= static_cast<unsigned>(CharClass::path);
  if (path || c == '?' || c == '\\') bits |= static_cast<unsigned>(CharClass::query);
  if (unreserved) bits |= static_cast<unsigned>(CharClass::unreserved);
  // RFC 3986 3.2.2 also allows percent triplets and sub-delims in a reg-name. No DNS name contains them, and what they stand
  // for differs between readers ("a%2ecom", "a.com,b.com"), so a host that has them is refused.
  if (alnum || (ascii && is_one_of(c, "-._"))) bits |= static_cast<unsigned>(CharClass::host);
  return static_cast<std::uint8_t>(bits);
}

constexpr std::array<std::uint8_t, 256> make_char_classes() noexcept {
  std::array<std::uint8_t, 256> table{};
  for (unsigned c = 0; c < table.size(); ++c) table[c] = classes_of(c);
  return table;
}

constexpr std::array<std::int8_t, 256> make_hex_values() noexcept {
  std::array<std::int8_t, 256> table{};
  for (unsigned c = 0; c < table.size(); ++c) {
    const int digit = c >= '0' && c <= '9'   ? static_cast<int>(c - '0')
                      : c >= 'a' && c <= 'f' ? static_cast<int>(c - 'a' + 10)
                      : c >= 'A' && c <= 'F' ? static_cast<int>(c - 'A' + 10)
                                             : -1;
    table[c] = static_cast<std::int8_t>(digit);
  }
  return table;
}

inline constexpr auto char_classes = make_char_classes();
inline constexpr auto hex_values = make_hex_values();

}  // namespace detail

/// Does `c` belong to the set?
template <CharClass set>
[[nodiscard]] constexpr bool is(char c) noexcept {
  return (detail::char_classes[static_cast<unsigned char>(c)] & static_cast<std::uint8_t>(set)) != 0;
}
[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_ows(char c) noexcept { return c == ' ' || c == '\t'; }  // RFC 9110 5.6.3
/// 0 to 15, or -1 for a byte that is no hexadecimal digit.
[[nodiscard]] constexpr int hex_value(char c) noexcept { return detail::hex_values[static_cast<unsigned char>(c)]; }

static_assert(is<CharClass::token>('!') && !is<CharClass::token>(':') && !is<CharClass::token>('\0') &&
              !is<CharClass::field>('\0'));
static_assert(is<CharClass::field>('\x80') && !is<CharClass::line>('\x80') && !is<CharClass::path>('\x80'));

}  // namespace http
