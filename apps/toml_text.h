// Values as TOML writes them. Control path only.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace apps::toml {

/// A basic string: "a\n\"b\"". Bytes that are no UTF-8 have no place in TOML: as \uFFFD.
[[nodiscard]] std::string text(std::string_view content);
/// Bare where TOML allows it, else quoted.
[[nodiscard]] std::string key(std::string_view name);
/// [a, b]. The values are TOML already, here and below.
[[nodiscard]] std::string list(std::span<const std::string> values);
/// { a = 1, b = "c" }
[[nodiscard]] std::string inline_table(std::span<const std::pair<std::string, std::string>> entries);

/// [text(to_text(element)), ...]
template <typename Range, typename ToText>
[[nodiscard]] std::string text_list(const Range& range, ToText&& to_text) {
  std::vector<std::string> values;
  for (const auto& element : range) values.push_back(text(to_text(element)));
  return list(values);
}

}  // namespace apps::toml
