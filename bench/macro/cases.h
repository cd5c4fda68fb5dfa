// What the macro benchmarks measure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/macro/world.h"

namespace bench {

struct Case {
  std::string name;
  std::string unit;  // of an operation
  std::function<Figures(double seconds)> run;
};
[[nodiscard]] std::vector<Case> cases();

}  // namespace bench
