#include "tests/support/exposition.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <set>

namespace support {

namespace {

using Labels = Exposition::Labels;

bool is_name(std::string_view text) {
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text[0])) == 0 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == ':'; });
}

/// Undoes the escapes of a help text, or (`quotes`) of a label's value.   Returns: false at an escape that there is not.
bool unescape(std::string_view text, bool quotes, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (++i == text.size()) return false;
    if (text[i] == 'n')
      out += '\n';
    else if (text[i] == '\\' || (text[i] == '"' && quotes))
      out += text[i];
    else
      return false;
  }
  return true;
}

class Parser {
 public:
  Exposition take() && { return std::move(out_); }

  void line(std::string_view text) {
    line_ = text;
    if (text.starts_with("# HELP ") || text.starts_with("# TYPE "))
      header(text.substr(7), text[2] == 'H');
    else if (text.starts_with('#'))
      error("a comment that is neither HELP nor TYPE");
    else
      sample(text);
  }

  void check_histograms() {
    for (const auto& [name, family] : out_.families)
      if (family.type == "histogram") check_histogram(name, family);
  }
  void error(std::string_view what) { out_.errors.push_back(fmt::format("{}: {}", what, line_)); }

 private:
  void header(std::string_view text, bool is_help) {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos || !is_name(text.substr(0, space))) return error("no name");
    const std::string name{text.substr(0, space)};
    const std::string_view rest = text.substr(space + 1);
    if (is_help) {
      if (out_.families.contains(name)) return error("a family twice");
      current_ = name;
      if (!unescape(rest, false, out_.families[name].help)) error("an unknown escape");
      if (rest.empty()) error("no help");
      return;
    }
    if (name != current_ || !out_.families[name].samples.empty()) return error("TYPE away from its HELP");
    if (rest != "counter" && rest != "gauge" && rest != "histogram") error("an unknown type");
    out_.families[name].type = rest;
  }

  void sample(std::string_view text) {
    const std::size_t name_end = text.find_first_of("{ ");
    if (name_end == std::string_view::npos) return error("no value");
    Exposition::Sample sample;
    sample.name = text.substr(0, name_end);
    if (!is_name(sample.name)) return error("no name");
    std::string_view rest = text.substr(name_end);
    if (rest.starts_with('{') && !labels(rest, sample.labels)) return;
    if (!rest.starts_with(' ') || rest.size() < 2) return error("no value");
    std::size_t used = 0;
    try {
      sample.value = std::stod(std::string{rest.substr(1)}, &used);
    } catch (const std::exception&) {
    }
    if (used != rest.size() - 1) return error("no number");
    add(std::move(sample));
  }

  /// {a="x",b="y"}, taken off `rest`.
  bool labels(std::string_view& rest, Labels& out) {
    rest.remove_prefix(1);
    for (;;) {
      const std::size_t equals = rest.find("=\"");
      if (equals == std::string_view::npos) return error("labels do not end"), false;
      const std::string name{rest.substr(0, equals)};
      if (!is_name(name) || name.find(':') != std::string::npos) return error("no label's name"), false;
      std::size_t end = equals + 2;
      while (end < rest.size() && rest[end] != '"') end += rest[end] == '\\' ? 2 : 1;
      if (end >= rest.size()) return error("a label's value does not end"), false;
      std::string value;
      if (!unescape(rest.substr(equals + 2, end - equals - 2), true, value)) return error("an unknown escape"), false;
      if (!out.emplace(name, value).second) return error("a label twice"), false;
      rest.remove_prefix(end + 1);
      const bool more = rest.starts_with(',');
      if (!more && !rest.starts_with('}')) return error("labels do not end"), false;
      rest.remove_prefix(1);
      if (!more) return true;
    }
  }

  void add(Exposition::Sample sample) {
    Exposition::Family& family = out_.families[current_];
    std::string_view suffix = sample.name;
    if (!suffix.starts_with(current_)) return error("a sample away from its family");
    suffix.remove_prefix(current_.size());
    const bool is_histogram = family.type == "histogram";
    if (is_histogram ? suffix != "_bucket" && suffix != "_sum" && suffix != "_count" : !suffix.empty())
      return error("a sample away from its family");
    if (family.type.empty()) error("a sample without TYPE");
    if (family.type != "gauge" && sample.value < 0) error("a negative counter");
    if (!seen_.emplace(sample.name, sample.labels).second) error("a sample twice");
    family.samples.push_back(std::move(sample));
  }

  void check_histogram(const std::string& name, const Exposition::Family& family) {
    struct Series {
      double last_bound = -std::numeric_limits<double>::infinity(), last = 0, infinity = -1, count = -1, sum = -1;
    };
    std::map<Labels, Series> all;
    line_ = name;
    for (const Exposition::Sample& sample : family.samples) {
      Labels labels = sample.labels;
      labels.erase("le");
      Series& series = all[labels];
      if (sample.name.ends_with("_sum")) series.sum = sample.value;
      if (sample.name.ends_with("_count")) series.count = sample.value;
      if (!sample.name.ends_with("_bucket")) continue;
      const auto le = sample.labels.find("le");
      if (le == sample.labels.end()) return error("a bucket without le");
      const double bound = le->second == "+Inf" ? std::numeric_limits<double>::infinity() : std::stod(le->second);
      if (bound <= series.last_bound) error("buckets not in the order of their bounds");
      if (sample.value < series.last) error("buckets not cumulative");
      series.last_bound = bound;
      series.last = sample.value;
      if (std::isinf(bound)) series.infinity = sample.value;
    }
    for (const auto& [labels, series] : all)
      if (series.infinity < 0 || series.infinity != series.count || series.sum < 0) error("+Inf, _count and _sum do not agree");
  }

  Exposition out_;
  std::string current_, line_;
  std::set<std::pair<std::string, Labels>> seen_;
};

}  // namespace

double Exposition::sum(std::string_view name, const Labels& labels) const {
  double sum = 0;
  for (const auto& [_, family] : families)
    for (const Sample& sample : family.samples)
      if (sample.name == name && std::all_of(labels.begin(), labels.end(), [&](const auto& label) {
            const auto at = sample.labels.find(label.first);
            return at != sample.labels.end() && at->second == label.second;
          }))
        sum += sample.value;
  return sum;
}

Exposition parse_exposition(std::string_view text) {
  Parser parser;
  if (!text.ends_with('\n')) parser.error("no line feed at the end");
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    parser.line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  parser.check_histograms();
  return std::move(parser).take();
}

}  // namespace support
