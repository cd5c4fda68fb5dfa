#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>

#include "engine/section.h"
#include "engine/units.h"
#include "engine/wording.h"
#include "http/chars.h"
#include "http/config.h"
#include "http/host_table.h"
#include "http/message.h"
#include "http/predicates.h"
#include "http/rule_path.h"
#include "http/status.h"
#include "http/text_template.h"

namespace http {

namespace {

using engine::Errc;
using engine::Error;
using engine::quote;
using engine::Result;
using engine::Section;

Error invalid(std::string what) { return {Errc::invalid, std::move(what)}; }

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is<CharClass::token>);
}

Result<std::string> parse_rule_host(std::string_view text) {
  HostTable::Builder builder;
  if (const auto group = builder.add(text); !group) {
    std::string_view what = group.error().what;  // names its subject, as our key does
    if (what.starts_with("host ")) what.remove_prefix(5);
    return invalid(std::string{what});
  }
  return std::string{text};
}

Result<std::string> parse_method(std::string_view text) {
  if (!is_token(text)) return invalid(fmt::format("{} is no method: letters such as GET", quote(text)));
  std::string upper{text};
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  if (upper != text && method_of(upper) != Method::other)
    return invalid(fmt::format("{} is not {}: methods are case-sensitive", quote(text), upper));
  return std::string{text};
}

Result<std::string> parse_field_name(std::string_view text) {
  if (is_token(text)) return std::string{text};
  return invalid(fmt::format("{} is no field name", quote(text)));
}

Result<std::string> parse_regex(std::string_view text) {  // compiled with all others, when the matcher is built
  if (!text.empty()) return std::string{text};
  return invalid("the regex is empty: leave the key out to match everything");
}

Result<std::string> parse_location(std::string_view text) {
  if (text.empty()) return invalid("is empty");
  if (const auto location = TextTemplate::parse(text); !location) return location.error();
  return std::string{text};
}

void read_predicates(Section& section, Rule& rule) {
  section.read_texts("listener", rule.listeners, engine::parse_name);
  section.read_texts("host", rule.hosts, parse_rule_host);
  section.read_texts("method", rule.methods, parse_method);
  section.exclusive({"path", "path_prefix", "path_regex"}, false);
  std::string path;
  if (section.read_text("path", path, parse_rule_path)) rule.path = ExactPath{path};
  if (section.read_text("path_prefix", path, parse_rule_path_prefix)) rule.path = PathPrefix{path};
  if (section.read_text("path_regex", path, parse_regex)) rule.path = PathRegex{path};
  if (auto header = section.section_if("header")) {
    const auto keys = header->keys();
    if (keys.empty()) section.fail("header", "is empty: leave the key out or name at least one field");
    for (const Section::Text& key : keys) {
      HeaderPredicate predicate{std::string{key.text}, {}};
      if (!is_token(key.text)) header->fail(quote(key.text), key.place, "is no field name");
      header->read_text(key.text, predicate.regex, parse_regex);
      rule.headers.push_back(std::move(predicate));
    }
    header->finish();
  }
  section.read_texts("header_absent", rule.header_absent, parse_field_name);
  std::string query;
  if (section.read_text("query_regex", query, parse_regex)) rule.query_regex = query;
  section.read_texts("client", rule.client, parse_network);
}

/// A regular file of at most body_bytes_max.
Result<std::string> read_body_file(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error))
    return Error{Errc::io, fmt::format("{} {}", quote(path.native()),
                                       error ? fmt::format("cannot be read: {}", error.message()) : "is no regular file")};
  const auto refuse = [&](std::string_view why) {
    return Error{Errc::io, fmt::format("{} cannot be read: {}", quote(path.native()), why)};
  };
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  if (error) return refuse(error.message());
  if (bytes > body_bytes_max)
    return invalid(
        fmt::format("{} has {} bytes, allowed: up to {}", quote(path.native()), bytes, engine::format_size(body_bytes_max)));
  std::ifstream file{path, std::ios::binary};
  if (!file.is_open()) return refuse(std::strerror(errno));
  std::string body(static_cast<std::size_t>(bytes), '\0');
  if (!file.read(body.data(), static_cast<std::streamsize>(body.size()))) return refuse("it became shorter meanwhile");
  return body;
}

RespondAction read_respond(Section section, const std::string& directory) {
  RespondAction action;
  action.content_type = content_type_default;
  section.read("status", action.status, {.min = 200, .max = 599});
  section.exclusive({"body", "body_file"}, false);
  if (section.read_content("body", action.body) && action.body.size() > body_bytes_max)
    section.fail("body", fmt::format("has {} bytes, allowed: up to {}", action.body.size(), engine::format_size(body_bytes_max)));
  section.read_text("body_file", action.body, [&](std::string_view text) {
    const std::filesystem::path path = std::filesystem::path{directory} / text;
    std::error_code no_working_directory;
    action.body_file = std::filesystem::absolute(path, no_working_directory).lexically_normal().native();
    return read_body_file(path);
  });
  section.read_text("content_type", action.content_type, [](std::string_view text) -> Result<std::string> {
    if (text.find('/') == std::string_view::npos)
      return invalid(fmt::format("{} is no media type such as text/html", quote(text)));
    return std::string{text};
  });
  const bool may_have_body = has_content(action.status) && action.status != 205;  // RFC 9110 15.3.6
  if (!may_have_body && !action.body.empty()) section.fail("status", fmt::format("{} has no body (RFC 9110)", action.status));
  return section.finish(std::move(action));
}

RedirectAction read_redirect(Section section) {
  RedirectAction action;
  section.read_one_of("status", action.status, {301, 302, 303, 307, 308});
  section.require("location");
  section.read_text("location", action.location, parse_location);
  return section.finish(std::move(action));
}

void read_action(Section& section, Rule& rule, const std::string& directory) {
  section.exclusive({"pool", "respond", "redirect", "root"}, true);
  std::string pool;
  if (section.read_text("pool", pool, engine::parse_name)) rule.action = PoolAction{pool};
  if (auto respond = section.section_if("respond")) rule.action = read_respond(*std::move(respond), directory);
  if (auto redirect = section.section_if("redirect")) rule.action = read_redirect(*std::move(redirect));
  section.not_supported("root", "static files");
}

}  // namespace

Rule read_rule(Section section, const std::string& directory) {
  Rule rule;
  rule.place = section.place();
  section.read_text("name", rule.name, engine::parse_name);
  read_predicates(section, rule);
  read_action(section, rule, directory);
  for (const auto& [key, what] : {std::pair{"body_regex", "matching bodies"},
                                  {"body_scan", "matching bodies"},
                                  {"max_body", "a limit of the body per rule"},
                                  {"rate_limit", "rate limits"},
                                  {"rewrite_prefix", "rewriting paths"},
                                  {"set_request_headers", "changing headers"},
                                  {"remove_request_headers", "changing headers"},
                                  {"set_response_headers", "changing headers"},
                                  {"remove_response_headers", "changing headers"}})
    section.not_supported(key, what);
  return section.finish(std::move(rule));
}

}  // namespace http
