#include "apps/admin/metrics_text.h"

#include <fmt/format.h>

namespace apps {

namespace {

/// Spec: a help text escapes backslash and line feed, a label's value also the quote.
std::string escape(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else if (c == '"' && quotes)
      out += "\\\"";
    else
      out += c;
  }
  return out;
}

std::string_view name_of(MetricsText::Type type) noexcept {
  switch (type) {
    case MetricsText::Type::counter:
      return "counter";
    case MetricsText::Type::gauge:
      return "gauge";
    case MetricsText::Type::histogram:
      return "histogram";
  }
  return "untyped";
}

std::string seconds(std::uint64_t us) { return fmt::format("{}", static_cast<double>(us) / 1e6); }

}  // namespace

std::string MetricsText::escaped(std::string_view value) { return escape(value, true); }

void MetricsText::begin(std::string_view name, Type type, std::string_view help) {
  name_ = name;
  text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, escape(help, false), name, name_of(type));
}

void MetricsText::line(std::string_view suffix, const Labels& labels, std::string_view le, std::string_view value) {
  text_ += name_;
  text_ += suffix;
  char separator = '{';
  const auto add = [&](std::string_view label, std::string_view text) {
    text_ += separator;
    text_ += fmt::format("{}=\"{}\"", label, escape(text, true));
    separator = ',';
  };
  for (const auto& [label, text] : labels) add(label, text);
  if (!le.empty()) add("le", le);
  if (separator == ',') text_ += '}';
  text_ += ' ';
  text_ += value;
  text_ += '\n';
}

void MetricsText::sample(const Labels& labels, std::uint64_t value) { line("", labels, "", fmt::format("{}", value)); }

void MetricsText::histogram(const Labels& labels, std::span<const std::uint64_t> bounds_us, std::span<const std::uint64_t> counts,
                            std::uint64_t sum_us) {
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    below += counts[i];
    line("_bucket", labels, i < bounds_us.size() ? seconds(bounds_us[i]) : "+Inf", fmt::format("{}", below));
  }
  line("_sum", labels, "", seconds(sum_us));
  line("_count", labels, "", fmt::format("{}", below));
}

}  // namespace apps
