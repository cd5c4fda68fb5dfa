// What sections of a config must be to each other: names that exist, addresses that are used once, next hops that can be reached.
#pragma once

#include "apps/config.h"
#include "engine/document.h"

namespace apps {

/// Complaints and warnings go to `document`, with their places.   Requires: `config` was read from `document` without errors.
void check_config(const Config& config, engine::Document& document);

}  // namespace apps
