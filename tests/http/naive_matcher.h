// The oracle: each predicate of each rule, in the order of the file, by the words of the manual and with std::regex.
#pragma once

#include <algorithm>
#include <cctype>
#include <map>
#include <regex>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "http/predicates.h"
#include "http/rule.h"

namespace http {

class NaiveMatcher {
 public:
  std::uint32_t match(std::span<const Rule> rules, const Query& query, std::string_view listener = {}) {
    for (std::uint32_t i = 0; i < rules.size(); ++i)
      if (rules[i].applies_to(listener) && holds(rules[i], query)) return i;
    return no_rule;
  }

  bool holds(const Rule& rule, const Query& query) {
    const auto& fields = query.fields;
    const bool host =
        rule.hosts.empty() ||
        (query.has_host && any(rule.hosts, [&](const std::string& h) { return host_matches(lower(h), lower(query.host)); }));
    const bool method = rule.methods.empty() || any(rule.methods, [&](const std::string& m) { return m == query.method_text; });
    const bool header = all(rule.headers, [&](const HeaderPredicate& h) {
      return any(fields, [&](const Field& f) { return lower(f.name) == lower(h.name) && search(h.regex, f.value); });
    });
    const bool absent = all(rule.header_absent, [&](const std::string& name) {
      return !any(fields, [&](const Field& f) { return lower(f.name) == lower(name); });
    });
    const bool query_text = !rule.query_regex || search(*rule.query_regex, query.query);
    const bool client = rule.client.empty() || any(rule.client, [&](const engine::Cidr& c) { return c.contains(query.client); });
    return host && method && path_holds(rule.path, query.path) && header && absent && query_text && client;
  }

 private:
  template <typename C, typename F>
  static bool any(const C& c, F&& f) {
    return std::any_of(c.begin(), c.end(), f);
  }
  template <typename C, typename F>
  static bool all(const C& c, F&& f) {
    return std::all_of(c.begin(), c.end(), f);
  }

  static std::string lower(std::string_view text) {
    std::string result;
    for (const char c : text) result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return result;
  }
  static bool host_matches(std::string pattern, std::string host) {
    if (pattern.ends_with('.')) pattern.pop_back();
    if (host.ends_with('.')) host.pop_back();
    if (!pattern.starts_with("*.")) return pattern == host;
    return host.size() > pattern.size() - 1 && host.ends_with(pattern.substr(1));
  }
  bool path_holds(const PathPredicate& predicate, std::string_view path) {
    if (const auto* exact = std::get_if<ExactPath>(&predicate)) return path == exact->text;
    if (const auto* prefix = std::get_if<PathPrefix>(&predicate)) return path.starts_with(prefix->text);
    if (const auto* regex = std::get_if<PathRegex>(&predicate)) return search(regex->regex, path);
    return true;
  }
  /// ECMAScript has no "(?i)", so that is an option here.
  bool search(const std::string& regex, std::string_view text) {
    auto at = compiled_.find(regex);
    if (at == compiled_.end()) {
      const bool folds = regex.starts_with("(?i)");
      at = compiled_
               .emplace(regex, std::regex{regex.substr(folds ? 4 : 0),
                                          folds ? std::regex::ECMAScript | std::regex::icase : std::regex::ECMAScript})
               .first;
    }
    return std::regex_search(text.begin(), text.end(), at->second);
  }

  std::map<std::string, std::regex> compiled_;
};

}  // namespace http
