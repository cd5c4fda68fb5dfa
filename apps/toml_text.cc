#include "apps/toml_text.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace apps::toml {

namespace {

constexpr bool is_continuation(char c) noexcept { return (static_cast<unsigned char>(c) & 0xc0u) == 0x80u; }

/// Bytes of the UTF-8 character that `text` begins with; 0 if it begins with none (RFC 3629: no overlong form, no surrogate).
std::size_t character_bytes(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t bytes = first >= 0xc2 && first <= 0xdf   ? 2
                            : first >= 0xe0 && first <= 0xef ? 3
                            : first >= 0xf0 && first <= 0xf4 ? 4
                                                             : 0;
  if (bytes == 0 || text.size() < bytes) return 0;
  const std::string_view rest = text.substr(1, bytes - 1);
  if (!std::all_of(rest.begin(), rest.end(), is_continuation)) return 0;
  const unsigned char second = byte(1);
  if (first == 0xe0 && second < 0xa0) return 0;
  if (first == 0xed && second >= 0xa0) return 0;
  if (first == 0xf0 && second < 0x90) return 0;
  if (first == 0xf4 && second >= 0x90) return 0;
  return bytes;
}

std::string escaped(char c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? fmt::format("\\u{:04X}", static_cast<unsigned char>(c))
                                                               : std::string{c};
  }
}

}  // namespace

std::string text(std::string_view rest) {
  std::string out = "\"";
  while (!rest.empty()) {
    const std::size_t bytes = character_bytes(rest);
    if (bytes == 0)
      out += "\\uFFFD";
    else if (bytes == 1)
      out += escaped(rest.front());
    else
      out += rest.substr(0, bytes);
    rest.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  return out + '"';
}

std::string key(std::string_view name) {
  const auto is_bare = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), is_bare) ? std::string{name} : text(name);
}

std::string list(std::span<const std::string> values) { return fmt::format("[{}]", fmt::join(values, ", ")); }

std::string inline_table(std::span<const std::pair<std::string, std::string>> entries) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : entries) texts.push_back(fmt::format("{} = {}", key(name), value));
  return texts.empty() ? "{}" : fmt::format("{{ {} }}", fmt::join(texts, ", "));
}

}  // namespace apps::toml
