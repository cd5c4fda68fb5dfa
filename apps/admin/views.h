// A reading as the JSON of /api/v1. Lists are {"items": [...]}; counters are integers since the start.
#pragma once

#include <nlohmann/json.hpp>

#include "apps/admin/readings.h"

namespace apps {

using Json = nlohmann::ordered_json;

/// One object with a section per layer.
[[nodiscard]] Json stats_view(const Readings& readings);
[[nodiscard]] Json ports_view(const Readings& readings);
/// Every reason that there is, at each port where it can be, also those at 0.
[[nodiscard]] Json drops_view(const Readings& readings);
/// Pools of the published configuration.
[[nodiscard]] Json pools_view(const Readings& readings);
[[nodiscard]] Json listeners_view(const Readings& readings);
[[nodiscard]] Json neighbors_view(const Readings& readings);

/// As text; bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] std::string to_text(const Json& json);

}  // namespace apps
