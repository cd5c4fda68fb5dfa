#include "http/regex_text.h"

#include <algorithm>
#include <bitset>
#include <cctype>
#include <cstddef>
#include <utility>

#include "engine/text.h"

namespace http {
namespace {

constexpr std::string_view operators = "^$.[(|)?*+{\\";

bool is_alnum(char c) noexcept { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

/// Takes literal bytes off the front. What a quantifier follows stays, but for "+", which asks for one at least.
std::string take_literal(std::string_view& rest) {
  std::string text;
  while (!rest.empty()) {
    const bool escaped = rest.size() > 1 && rest[0] == '\\' && !is_alnum(rest[1]) && static_cast<unsigned char>(rest[1]) < 0x80;
    if (!escaped && operators.find(rest[0]) != std::string_view::npos) break;
    const std::string_view after = rest.substr(escaped ? 2 : 1);
    if (!after.empty() && (after[0] == '?' || after[0] == '*' || after[0] == '{' || after[0] == '+')) {
      if (after[0] == '+') text += rest[escaped ? 1 : 0];
      break;
    }
    text += rest[escaped ? 1 : 0];
    rest = after;
  }
  return text;
}

using Bytes = std::bitset<256>;

Bytes range_of(int first, int last) {
  Bytes bytes;
  for (int c = first; c <= last; ++c) bytes.set(static_cast<std::size_t>(c));
  return bytes;
}

/// \d \w \s and their complements.
std::optional<Bytes> shorthand(char c) {
  const Bytes digits = range_of('0', '9'), word = digits | range_of('a', 'z') | range_of('A', 'Z') | range_of('_', '_');
  const Bytes space = range_of('\t', '\r') | range_of(' ', ' ');
  switch (c) {
    case 'd':
      return digits;
    case 'D':
      return ~digits;
    case 'w':
      return word;
    case 'W':
      return ~word;
    case 's':
      return space;
    case 'S':
      return ~space;
    default:
      return std::nullopt;
  }
}

/// Writes one text that a regex matches, by always taking the first alternative and the fewest repetitions.
class Sampler {
 public:
  explicit Sampler(std::string_view regex) noexcept : rest_{regex} {}

  std::optional<std::string> sample() {
    std::string text = alternatives(0);
    if (failed_ || !rest_.empty()) return std::nullopt;
    return text;
  }

 private:
  static constexpr std::size_t text_bytes_max = 4096;
  static constexpr int depth_max = 50;

  bool take(std::string_view token) noexcept {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  char next() noexcept {
    if (rest_.empty()) return failed_ = true, '\0';
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  std::string alternatives(int depth) {
    if (depth > depth_max) return failed_ = true, std::string{};
    std::string text = sequence(depth);
    while (!failed_ && take("|")) static_cast<void>(sequence(depth));
    return text;
  }

  std::string sequence(int depth) {
    std::string text;
    while (!failed_ && !rest_.empty() && rest_.front() != '|' && rest_.front() != ')') {
      const std::string one = atom(depth);
      const std::size_t times = repetitions();
      if (text.size() + times * one.size() > text_bytes_max) failed_ = true;
      for (std::size_t i = 0; i < times && !failed_; ++i) text += one;
    }
    return text;
  }

  std::string atom(int depth) {
    const char c = next();
    switch (c) {
      case '^':
      case '$':
        return {};
      case '.':
        return "x";
      case '[':
        return choose(bracket());
      case '(':
        return group(depth);
      case '\\':
        return escape();
      default:
        return std::string(1, c);
    }
  }

  std::string group(int depth) {
    if (take("?") && !take(":")) {
      while (!rest_.empty() && (is_alnum(rest_.front()) || rest_.front() == '-'))
        rest_.remove_prefix(1);  // flags: a literal match fits any case
      if (take(")")) return {};
      if (!take(":")) return failed_ = true, std::string{};  // look-around, names, conditions
    }
    std::string text = alternatives(depth + 1);
    if (!take(")")) failed_ = true;
    return text;
  }

  std::string escape() {
    const char c = next();
    if (c == 'b' || c == 'B' || c == 'A' || c == 'z' || c == 'Z') return {};
    if (const auto bytes = shorthand(c)) return choose(*bytes);
    return std::string(1, escaped_byte(c));
  }

  char escaped_byte(char c) noexcept {
    if (!is_alnum(c)) return c;
    if (c == 'n') return '\n';
    if (c == 'r') return '\r';
    if (c == 't') return '\t';
    if (c == 'x' && rest_.size() >= 2 && std::isxdigit(static_cast<unsigned char>(rest_[0])) &&
        std::isxdigit(static_cast<unsigned char>(rest_[1]))) {
      const int value = std::stoi(std::string{rest_.substr(0, 2)}, nullptr, 16);
      rest_.remove_prefix(2);
      return static_cast<char>(value);
    }
    return failed_ = true, '\0';
  }

  Bytes bracket() {
    const bool negated = take("^");
    Bytes bytes;
    for (bool is_first = true; !failed_ && (is_first || !take("]")); is_first = false) {
      if (rest_.starts_with("[:")) return failed_ = true, bytes;
      const char c = next();
      if (c == '\\' && !rest_.empty())
        if (const auto more = shorthand(rest_.front())) {
          rest_.remove_prefix(1);
          bytes |= *more;
          continue;
        }
      const int low = static_cast<unsigned char>(c == '\\' ? escaped_byte(next()) : c);
      int high = low;
      if (rest_.size() > 1 && rest_[0] == '-' && rest_[1] != ']') {
        rest_.remove_prefix(1);
        const char end = next();
        high = static_cast<unsigned char>(end == '\\' ? escaped_byte(next()) : end);
      }
      bytes |= range_of(low, high);
    }
    return negated ? ~bytes : bytes;
  }

  /// A letter or digit if there is one, so that the sample fits into a path.
  std::string choose(const Bytes& bytes) {
    for (const auto& [first, last] : {std::pair{'a', 'z'}, {'0', '9'}, {'A', 'Z'}, {' ', '~'}})
      for (int c = first; c <= last; ++c)
        if (bytes[static_cast<std::size_t>(c)]) return std::string(1, static_cast<char>(c));
    return failed_ = true, std::string{};
  }

  std::size_t repetitions() {
    std::size_t times = 1;
    if (take("*") || take("?"))
      times = 0;
    else if (take("+"))
      times = 1;
    else if (rest_.starts_with('{')) {
      const std::size_t end = rest_.find('}');
      const std::size_t digits_end = std::min(end, rest_.find(','));
      const auto least =
          end == std::string_view::npos ? std::nullopt : engine::parse_number(rest_.substr(1, digits_end - 1), text_bytes_max);
      if (!least) return failed_ = true, 0;
      times = static_cast<std::size_t>(*least);
      rest_.remove_prefix(end + 1);
    } else {
      return 1;
    }
    static_cast<void>(take("?") || take("+"));  // lazy, possessive
    return times;
  }

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace

std::optional<LiteralRegex> as_literal(std::string_view regex) {
  if (!regex.starts_with('^')) return std::nullopt;
  std::string_view rest = regex.substr(1);
  std::string text = take_literal(rest);
  if (text.empty()) return std::nullopt;
  if (rest.empty() || rest == ".*" || rest == ".*$") return LiteralRegex{std::move(text), false};
  if (rest == "$") return LiteralRegex{std::move(text), true};
  return std::nullopt;
}

std::string literal_prefix(std::string_view regex) {
  if (!regex.starts_with('^') || regex.find('|') != std::string_view::npos) return {};
  std::string_view rest = regex.substr(1);
  return take_literal(rest);
}

std::optional<std::string> sample_match(std::string_view regex) { return Sampler{regex}.sample(); }

}  // namespace http
