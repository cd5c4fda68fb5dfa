#include "http/rule_path.h"

#include <algorithm>
#include <fmt/format.h>

#include "engine/wording.h"
#include "http/chars.h"
#include "http/target.h"

namespace http {

namespace {

using engine::quote;
using engine::Result;

engine::Error invalid(std::string what) { return {engine::Errc::invalid, std::move(what)}; }

/// `normal_bytes`: how much of it must be normal by itself.
Result<std::string> parse(std::string_view text, std::size_t normal_bytes) {
  if (!text.starts_with('/')) return invalid(fmt::format("{} does not begin with \"/\"", quote(text)));
  if (text.find('?') != std::string_view::npos)
    return invalid(fmt::format("{} has a \"?\": the query is not part of the path, see query_regex", quote(text)));
  if (!std::all_of(text.begin(), text.end(), is<CharClass::path>))
    return invalid(fmt::format("{} has a byte that no path contains: write it percent-encoded", quote(text)));
  const std::string_view complete = text.substr(0, normal_bytes), open_end = text.substr(normal_bytes);
  std::string buffer(complete.size(), '\0');
  const NormalPath normal = normalise_path(complete, buffer);
  if (normal.why != Reject::none) return invalid(fmt::format("{} is in no request that is accepted", quote(text)));
  if (normal.path == complete) return std::string{text};
  return invalid(fmt::format("{} is never seen, paths are normalised: write {}", quote(text),
                             quote(fmt::format("{}{}", normal.path, open_end))));
}

}  // namespace

Result<std::string> parse_rule_path(std::string_view text) {
  if (text == "*") return std::string{text};  // OPTIONS *, RFC 9112 3.2.4
  return parse(text, text.size());
}

Result<std::string> parse_rule_path_prefix(std::string_view text) { return parse(text, text.rfind('/') + 1); }

}  // namespace http
