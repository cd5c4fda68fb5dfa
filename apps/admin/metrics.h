// A reading as Prometheus text: the names that INTERFACES promises.
#pragma once

#include <string>

#include "apps/admin/readings.h"

namespace apps {

[[nodiscard]] std::string metrics_text(const Readings& readings);

}  // namespace apps
