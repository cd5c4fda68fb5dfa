// What a person should know about the rules of a listener before they go live: what each costs, and which of them look wrong.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"
#include "http/matcher.h"
#include "http/pattern_compiler.h"
#include "http/predicates.h"
#include "http/rule.h"

namespace http {

struct RuleWarning {
  enum class Kind : std::uint8_t { never_reached, never_matches, duplicate_name, slow, literal_regex };
  Kind kind;
  std::string text;  // a sentence without full stop
};

struct RuleReport {
  std::uint32_t rule = 0;  // its index
  std::string name, place;
  double cost_ns = 0;    // of the whole decision, caches warm: the median of several rounds
  bool reached = false;  // the request that was timed ends at this rule; else one as close to it as could be made
  std::vector<RuleWarning> warnings;
};

struct RuleReportOptions {
  std::string_view listener = {};  // as given to Matcher::build
  double slow_ns = 2000;
  std::uint32_t rounds = 7;
  std::uint32_t decisions_per_round = 64;
};

/// A report per rule that applies to the listener. Makes a request for each rule out of its predicates and times its decision.
/// Requires: `matcher` was built from `rules` for that listener.
[[nodiscard]] std::vector<RuleReport> report_rules(std::span<const Rule> rules, const Matcher& matcher, MatchScratch& scratch,
                                                   const RuleReportOptions& options = {});

/// The table that `penstock check` prints: a line per rule, its warnings below it.
[[nodiscard]] std::string format_rule_reports(std::span<const RuleReport> reports);

/// For `penstock explain`: the config keys of the predicates of `rule` that do not hold for the request; none if it matches.
/// Errors: a regex that is refused.
[[nodiscard]] engine::Result<std::vector<std::string_view>> failed_predicates(const Rule& rule, const Query& query,
                                                                              PatternCompiler& compiler);

}  // namespace http
