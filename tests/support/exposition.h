// Prometheus' text format read back, and everything in it that breaks the format's rules.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace support {

struct Exposition {
  using Labels = std::map<std::string, std::string>;
  struct Sample {
    std::string name;  // with _bucket, _sum or _count
    Labels labels;
    double value = 0;
  };
  struct Family {
    std::string help, type;
    std::vector<Sample> samples;
  };
  std::map<std::string, Family> families;
  std::vector<std::string> errors;

  /// The sum of all samples of that name that have these labels among theirs.
  [[nodiscard]] double sum(std::string_view name, const Labels& labels = {}) const;
};

/// Checks, too: each family once, HELP and TYPE before its samples, names and labels of the allowed characters, no two samples
/// alike, counters not negative, histograms cumulative with +Inf, _sum and _count.
[[nodiscard]] Exposition parse_exposition(std::string_view text);

}  // namespace support
