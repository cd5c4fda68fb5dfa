// What can be read off the text of a regex without compiling it. Only what is certain: whoever is in doubt answers "not known".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace http {

/// A regex that needs no regex engine. Subjects hold no line feed (no path does), so "$" is the end.
struct LiteralRegex {
  std::string text;
  bool is_whole = false;  // "^/users$": equal; else "^/users": begins with
};
[[nodiscard]] std::optional<LiteralRegex> as_literal(std::string_view regex);

/// Bytes with which every subject that matches begins; "" if there are none or they are not known.
[[nodiscard]] std::string literal_prefix(std::string_view regex);

/// Some text that the regex probably matches: anchors and \b are not looked at, so whoever depends on it tries it.
/// Absent: no way was found.
[[nodiscard]] std::optional<std::string> sample_match(std::string_view regex);

}  // namespace http
