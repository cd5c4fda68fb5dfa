// From the listeners, rules and pools of a configuration to what the site builder takes.
#pragma once

#include "apps/config.h"
#include "http/site_builder.h"

namespace apps {

[[nodiscard]] http::SiteParts site_parts(const Config& config);

}  // namespace apps
