// A configuration as TOML again: every key with the value that is in force, whoever set it.
#pragma once

#include <string>

#include "apps/config.h"

namespace apps {

/// What load_config reads as the same configuration. A key that has no value (a rule without `host`) is left out; where an absent
/// key means something ("any CPU"), a comment says what.
[[nodiscard]] std::string effective_config(const Config& config);

}  // namespace apps
