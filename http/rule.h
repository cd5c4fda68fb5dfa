// A rule as configured: values, no views. Which requests it matches, and what is done with them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/text.h"

namespace http {

/// What matching answers when no rule holds: above every index, so that "the first rule" is a minimum.
inline constexpr std::uint32_t no_rule = std::numeric_limits<std::uint32_t>::max();

/// `path`: the whole normalised path, without the query.
struct ExactPath {
  std::string text;
  friend bool operator==(const ExactPath&, const ExactPath&) = default;
};
/// `path_prefix`: a prefix in bytes, not in path segments: "/v1" matches "/v10".
struct PathPrefix {
  std::string text;
  friend bool operator==(const PathPrefix&, const PathPrefix&) = default;
};
/// `path_regex`: unanchored, on bytes.
struct PathRegex {
  std::string regex;
  friend bool operator==(const PathRegex&, const PathRegex&) = default;
};
using PathPredicate = std::variant<std::monostate, ExactPath, PathPrefix, PathRegex>;

/// Holds if any field line of that name has a value that the regex matches.
struct HeaderPredicate {
  std::string name, regex;
  friend bool operator==(const HeaderPredicate&, const HeaderPredicate&) = default;
};

struct PoolAction {
  std::string pool;
};
struct RespondAction {
  std::uint16_t status = 200;
  std::string body, content_type;
  std::string body_file;  // where the body was read from, an absolute path; empty: it was written in the config
};
struct RedirectAction {
  std::uint16_t status = 308;
  std::string location;
};
using Action = std::variant<PoolAction, RespondAction, RedirectAction>;

/// All predicates must hold; one that is empty or absent holds for every request.
struct Rule {
  std::string name;
  std::string place;                   // "http-lb.toml:12", for messages
  std::vector<std::string> listeners;  // names; empty: all
  std::vector<std::string> hosts;      // any of; "api.example.com", or "*.example.com": one or more labels before it
  std::vector<std::string> methods;    // any of; tokens, case-sensitive (RFC 9110 9.1)
  PathPredicate path;
  std::vector<HeaderPredicate> headers;    // all of
  std::vector<std::string> header_absent;  // all of
  std::optional<std::string> query_regex;  // on the query without "?"; a request without query has an empty one
  std::vector<engine::Cidr> client;        // any of
  Action action;

  /// Whether the rule takes part on that listener. "" stands for every listener.
  [[nodiscard]] bool applies_to(std::string_view listener) const noexcept {
    return listener.empty() || listeners.empty() || std::find(listeners.begin(), listeners.end(), listener) != listeners.end();
  }
};

}  // namespace http
