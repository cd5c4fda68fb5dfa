#include "http/rule_report.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <iterator>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "http/fold.h"
#include "http/regex_text.h"

namespace http {
namespace {

/// A request made for a rule. Owns its bytes.
class SampleRequest {
 public:
  SampleRequest(const Rule& rule, std::string path) : path_{std::move(path)} {
    if (!rule.hosts.empty()) host_ = rule.hosts.front();
    if (host_.starts_with('*')) host_.front() = 'x';
    if (!rule.methods.empty()) method_ = rule.methods.front();
    if (!rule.client.empty()) client_ = rule.client.front().network();
    if (rule.query_regex) query_ = sample_match(*rule.query_regex).value_or("x");
    for (const HeaderPredicate& header : rule.headers)
      headers_.emplace_back(header.name, sample_match(header.regex).value_or("x"));
    for (const auto& [name, value] : {std::pair{"Host", host_.c_str()}, {"User-Agent", "penstock"}, {"Accept", "*/*"}}) {
      const auto is_name = [name = name](const std::string& other) { return equal_folded(name, other); };
      const bool refused = std::any_of(rule.header_absent.begin(), rule.header_absent.end(), is_name);
      if (!refused) headers_.emplace_back(name, value);
    }
    for (const auto& [name, value] : headers_)
      if (!fields_.full()) fields_.push({name, value});
  }
  SampleRequest(const SampleRequest&) = delete;
  SampleRequest& operator=(const SampleRequest&) = delete;

  [[nodiscard]] Query query() const noexcept {
    return {host_, true, path_, query_, method_of(method_), method_, fields_, client_};
  }

 private:
  std::string host_ = "other.invalid", path_, query_, method_ = "GET";
  std::vector<std::pair<std::string, std::string>> headers_;
  Fields fields_;
  engine::Ipv4 client_{192, 0, 2, 1};  // RFC 5737
};

/// Paths that fit the rule's path predicate, the likeliest to reach the rule first.
std::vector<std::string> sample_paths(const Rule& rule) {
  if (const auto* exact = std::get_if<ExactPath>(&rule.path)) return {exact->text};
  if (const auto* prefix = std::get_if<PathPrefix>(&rule.path)) return {prefix->text + "x", prefix->text};
  if (const auto* regex = std::get_if<PathRegex>(&rule.path)) {
    const std::string sample = sample_match(regex->regex).value_or("");
    if (sample.starts_with('/')) return {sample};
    return {"/" + sample, "/x/" + sample, sample};
  }
  return {"/x", "/"};
}

double median_cost_ns(const Matcher& matcher, const Query& query, MatchScratch& scratch, const RuleReportOptions& options) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> rounds;
  for (std::uint32_t round = 0; round < std::max(options.rounds, 1u); ++round) {
    const auto start = Clock::now();
    for (std::uint32_t i = 0; i < options.decisions_per_round; ++i) {
      const std::uint32_t rule = matcher.match(query, scratch);
      asm volatile("" : : "r"(rule) : "memory");  // each decision has to be made
    }
    rounds.push_back(std::chrono::duration<double, std::nano>(Clock::now() - start).count() /
                     std::max(options.decisions_per_round, 1u));
  }
  const auto middle = rounds.begin() + static_cast<std::ptrdiff_t>(rounds.size() / 2);
  std::nth_element(rounds.begin(), middle, rounds.end());
  return *middle;
}

void measure(RuleReport& report, const Rule& rule, const Matcher& matcher, MatchScratch& scratch,
             const RuleReportOptions& options) {
  const auto paths = sample_paths(rule);
  for (const std::string& path : paths) {
    const SampleRequest request{rule, path};
    report.reached = matcher.match(request.query(), scratch) == report.rule;
    if (!report.reached && &path != &paths.back()) continue;
    report.cost_ns = median_cost_ns(matcher, request.query(), scratch, options);
    return;
  }
}

std::string called(const Rule& rule) {
  return rule.name.empty() ? fmt::format("the one at {}", rule.place) : fmt::format("\"{}\" ({})", rule.name, rule.place);
}

/// A rule that a request reached is not shadowed, so only the others are compared with all before them.
void warn_of_shadow(RuleReport& report, std::span<const Rule> rules, std::string_view listener) {
  const Rule& rule = rules[report.rule];
  if (const std::string_view why = contradiction(rule); !why.empty()) {
    report.warnings.push_back({RuleWarning::Kind::never_matches, fmt::format("never matches: {}", why)});
    return;
  }
  if (report.reached) return;
  for (const Rule& earlier : rules.first(report.rule)) {
    if (!earlier.applies_to(listener) || !covers(earlier, rule)) continue;
    report.warnings.push_back({RuleWarning::Kind::never_reached,
                               fmt::format("never reached: rule {} matches everything that it does", called(earlier))});
    return;
  }
}

void warn_of_regex(RuleReport& report, const Rule& rule) {
  const auto* path = std::get_if<PathRegex>(&rule.path);
  const auto literal = path != nullptr ? as_literal(path->regex) : std::nullopt;
  if (!literal) return;
  report.warnings.push_back(
      {RuleWarning::Kind::literal_regex, fmt::format("path_regex \"{}\" needs no regex: {} = \"{}\" says the same and is faster",
                                                     path->regex, literal->is_whole ? "path" : "path_prefix", literal->text)});
}

}  // namespace

std::vector<RuleReport> report_rules(std::span<const Rule> rules, const Matcher& matcher, MatchScratch& scratch,
                                     const RuleReportOptions& options) {
  std::vector<RuleReport> reports;
  std::map<std::string_view, std::uint32_t> names;
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    const Rule& rule = rules[i];
    if (!rule.applies_to(options.listener)) continue;
    RuleReport report{i, rule.name, rule.place};
    measure(report, rule, matcher, scratch, options);
    warn_of_shadow(report, rules, options.listener);
    if (const auto [first, is_new] = names.try_emplace(rule.name, i); !is_new && !rule.name.empty())
      report.warnings.push_back(
          {RuleWarning::Kind::duplicate_name, fmt::format("the name is taken: {}", rules[first->second].place)});
    if (report.cost_ns > options.slow_ns)
      report.warnings.push_back({RuleWarning::Kind::slow,
                                 fmt::format("slow: {:.0f} ns per request, more than {:.0f}", report.cost_ns, options.slow_ns)});
    warn_of_regex(report, rule);
    reports.push_back(std::move(report));
  }
  return reports;
}

std::string format_rule_reports(std::span<const RuleReport> reports) {
  std::size_t name_width = 4, place_width = 5;
  for (const RuleReport& report : reports) {
    name_width = std::max(name_width, report.name.size());
    place_width = std::max(place_width, report.place.size());
  }
  std::string text = fmt::format("{:<{}}  {:<{}}  {:>10}\n", "rule", name_width, "place", place_width, "ns/request");
  auto out = std::back_inserter(text);
  bool any_missed = false;
  for (const RuleReport& report : reports) {
    fmt::format_to(out, "{:<{}}  {:<{}}  {:>10.0f}{}\n", report.name, name_width, report.place, place_width, report.cost_ns,
                   report.reached ? "" : " *");
    for (const RuleWarning& warning : report.warnings) fmt::format_to(out, "  warning: {}\n", warning.text);
    any_missed = any_missed || !report.reached;
  }
  if (any_missed)
    text += "* of a request that an earlier rule takes, or that does not match: none was found that ends at this rule\n";
  return text;
}

engine::Result<std::vector<std::string_view>> failed_predicates(const Rule& rule, const Query& query, PatternCompiler& compiler) {
  std::vector<std::string_view> failed;
  for (const auto& [key, part] : split(rule)) {
    const auto matcher = Matcher::build(std::span{&part, 1}, compiler);
    if (!matcher) return matcher.error();
    auto scratch = matcher->make_scratch();
    if (!scratch) return scratch.error();
    if (matcher->match(query, *scratch) == no_rule) failed.push_back(key);
  }
  return failed;
}

}  // namespace http
