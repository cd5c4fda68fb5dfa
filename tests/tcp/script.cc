#include "tests/tcp/script.h"

#include <cmath>
#include <fmt/format.h>
#include <sstream>

namespace tcp::script {

namespace {

/// "+.04", "0.100", "+0": nanoseconds, exactly.
bool read_time(std::string_view word, Line& line) {
  if (word.starts_with('+')) {
    line.is_relative = true;
    word.remove_prefix(1);
  }
  std::int64_t ns = 0, unit = 1'000'000'000;
  bool is_fraction = false, has_digit = false;
  for (const char c : word) {
    if (c == '.' && !is_fraction) {
      is_fraction = true;
      continue;
    }
    if (c < '0' || c > '9') return false;
    has_digit = true;
    if (is_fraction)
      ns += (c - '0') * (unit /= 10);
    else
      ns = ns * 10 + (c - '0') * 1'000'000'000LL;
  }
  line.time = engine::Duration{ns};
  return has_digit;
}

std::string read_line(std::string_view text, Line& line) {
  std::istringstream in{std::string{text}};
  std::string word;
  in >> word;
  if (!read_time(word, line)) return fmt::format("'{}' is no time", word);
  if (!(in >> word)) return "a time without an event";
  line.kind = word == "<" ? Line::Kind::arrives : word == ">" ? Line::Kind::leaves : Line::Kind::word;
  if (line.kind != Line::Kind::word && !(in >> word)) return "an arrow without a segment";
  if (word.starts_with('#')) {
    line.peer = static_cast<unsigned>(std::strtoul(word.c_str() + 1, nullptr, 10));
    if (line.peer == 0 || line.peer > 1000) return fmt::format("'{}' is no peer", word);
    if (!(in >> word)) return "a peer without an event";
  }
  std::string rest;
  std::getline(in, rest);
  if (line.kind != Line::Kind::word) {
    std::string error;
    const auto segment = parse_segment(word + rest, error);
    if (!segment) return error;
    line.segment = *segment;
    if (line.kind == Line::Kind::arrives && !segment->window && !segment->has(4)) return "a segment arrives without 'win'";
    return "";
  }
  for (std::istringstream words{word + rest}; words >> word;) line.words.push_back(word);
  return "";
}

}  // namespace

Script parse_script(std::string_view text) {
  Script script;
  std::istringstream in{std::string{text}};
  int number = 0;
  for (std::string raw; std::getline(in, raw);) {
    ++number;
    std::string line = raw.substr(0, raw.find("//"));
    while (!line.empty() && line.back() == ' ') line.pop_back();
    if (line.empty()) continue;
    if (line.starts_with("--")) {
      const std::size_t equals = line.find('=');
      if (equals == std::string::npos || !script.lines.empty()) {
        script.error = fmt::format("line {}: settings are --NAME=VALUE and come first", number);
        return script;
      }
      script.settings.emplace_back(line.substr(2, equals - 2), line.substr(equals + 1));
      continue;
    }
    Line parsed;
    parsed.number = number;
    parsed.text = line;
    if (const std::string error = read_line(line, parsed); !error.empty()) {
      script.error = fmt::format("line {}: {}\n  {}", number, error, line);
      return script;
    }
    script.lines.push_back(std::move(parsed));
  }
  return script;
}

}  // namespace tcp::script
