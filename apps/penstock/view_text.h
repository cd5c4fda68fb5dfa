// The JSON of /api/v1 as text for people.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace apps {

/// `view`: stats, ports, pools or drops.   `all`: also what is zero.
/// Throws nlohmann::json::exception when `json` is not what such a view answers.
[[nodiscard]] std::string view_text(std::string_view view, const nlohmann::ordered_json& json, bool all);

/// 42 as "42 s", 5000 as "83 min".
[[nodiscard]] std::string duration_text(double seconds);

}  // namespace apps
