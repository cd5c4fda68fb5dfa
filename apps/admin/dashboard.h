// The page at `/`: one file without anything from elsewhere, that asks /api/v1 once a second.
#pragma once

#include <string_view>

namespace apps {

extern const std::string_view dashboard_page;

}  // namespace apps
