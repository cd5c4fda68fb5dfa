// Paths as a rule may name them.
#pragma once

#include <string>
#include <string_view>

#include "engine/result.h"

namespace http {

/// Rules see paths in their normal form (http/target.h): nothing else can be equal to one, or begin one.   Returns: `text`.
/// Errors: what no request can match, with the normal form if there is one.
[[nodiscard]] engine::Result<std::string> parse_rule_path(std::string_view text);
/// The segment in which a prefix ends may go on in the request: "/.well-known" begins with "/.".
[[nodiscard]] engine::Result<std::string> parse_rule_path_prefix(std::string_view text);

}  // namespace http
