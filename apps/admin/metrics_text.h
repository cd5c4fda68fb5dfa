// Prometheus' text format, version 0.0.4, written sample by sample.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace apps {

class MetricsText {
 public:
  enum class Type : std::uint8_t { counter, gauge, histogram };
  using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

  /// HELP and TYPE; the samples that follow are this metric's.   Requires: called once for a name.
  void begin(std::string_view name, Type type, std::string_view help);
  void sample(const Labels& labels, std::uint64_t value);
  /// Buckets with their bounds in seconds, then _sum and _count.   `counts`: in each bucket alone, the last one above all bounds.
  void histogram(const Labels& labels, std::span<const std::uint64_t> bounds_us, std::span<const std::uint64_t> counts,
                 std::uint64_t sum_us);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// A label's value: backslash, quote and line feed with a backslash in front.
  [[nodiscard]] static std::string escaped(std::string_view value);

 private:
  void line(std::string_view suffix, const Labels& labels, std::string_view le, std::string_view value);
  std::string name_, text_;
};

}  // namespace apps
