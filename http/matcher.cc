#include "http/matcher.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include "engine/check.h"

namespace http {
namespace {

engine::Error at_place(const engine::Error& error, const Rule& rule) { return {error.code, error.what, rule.place}; }

bool is_slash_prefix(const PathPredicate& path) noexcept {
  const auto* prefix = std::get_if<PathPrefix>(&path);
  return prefix != nullptr && prefix->text == "/";
}

/// Sorts rules into the builders of the tables.
struct Builders {
  HostTable::Builder hosts;
  PathTable::Builder paths;
  PathRegexes::Builder regexes;
  Predicates::Builder predicates;

  engine::Result<void> add(std::uint32_t index, const Rule& rule) {
    if (auto added = predicates.add(rule); !added) return at_place(added.error(), rule);
    const RuleRef ref{index, predicates.last_is_conditional()};
    if (rule.hosts.empty()) add_path(HostTable::any_host, rule, ref);
    for (const std::string& host : rule.hosts) {
      const auto group = hosts.add(host);
      if (!group) return at_place(group.error(), rule);
      add_path(*group, rule, ref);
    }
    return {};
  }

  void add_path(std::uint32_t group, const Rule& rule, RuleRef ref) {
    if (const auto* exact = std::get_if<ExactPath>(&rule.path))
      paths.add_exact(group, exact->text, ref);
    else if (const auto* prefix = std::get_if<PathPrefix>(&rule.path))
      paths.add_prefix(group, prefix->text, ref);
    else if (const auto* regex = std::get_if<PathRegex>(&rule.path))
      regexes.add(group, regex->regex, rule.place, ref);
    else
      paths.add_any(group, ref);
  }
};

}  // namespace

engine::Result<Matcher> Matcher::build(std::span<const Rule> rules, PatternCompiler& compiler, std::string_view listener) {
  CHECK(rules.size() < no_rule);
  Matcher matcher;
  Builders builders;
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    const Rule& rule = rules[i];
    if (!rule.applies_to(listener)) {
      builders.predicates.skip();
    } else if (matches_all(rule)) {
      builders.predicates.skip();
      matcher.first_for_all_ = std::min(matcher.first_for_all_, i);
      matcher.first_for_slash_ = std::min(matcher.first_for_slash_, i);
    } else if (is_slash_prefix(rule.path) && matches_all(rule, true)) {
      builders.predicates.skip();
      matcher.first_for_slash_ = std::min(matcher.first_for_slash_, i);
    } else {
      if (auto added = builders.add(i, rule); !added) return added.error();
      matcher.lowest_ = std::min(matcher.lowest_, i);
    }
  }

  auto sources = builders.regexes.sources();
  const std::size_t path_sets = sources.size();
  sources.insert(sources.end(), builders.predicates.sources().begin(), builders.predicates.sources().end());
  auto sets = compiler.compile_all(sources);
  if (!sets) return sets.error();
  CHECK(sets->size() == sources.size());
  const auto split = sets->begin() + static_cast<std::ptrdiff_t>(path_sets);
  std::vector<PatternSet> predicate_sets{std::move_iterator{split}, std::move_iterator{sets->end()}};
  sets->erase(split, sets->end());

  matcher.hosts_ = std::move(builders.hosts).build();
  matcher.paths_ = std::move(builders.paths).build(matcher.hosts_.size());
  matcher.regexes_ = std::move(builders.regexes).build(matcher.hosts_.size(), std::move(*sets));
  matcher.predicates_ = std::move(builders.predicates).build(std::move(predicate_sets));
  if (auto prepared = matcher.prepare_scratch(); !prepared) return prepared.error();
  return matcher;
}

engine::Result<void> Matcher::prepare_scratch() {
  for (const auto* sets : {&regexes_.sets(), &predicates_.sets()})
    for (const PatternSet& set : *sets)
      if (auto grown = prototype_.grow(set); !grown) return grown;
  for (std::uint32_t group = 0; group < hosts_.size(); ++group) {
    std::size_t literal = 0;
    for (std::uint32_t at = group; at != HostTable::no_group; at = hosts_.parent(at)) literal += paths_.lists_max(at);
    cursors_max_ = std::max({cursors_max_, literal, std::size_t{regexes_.lists_max(group)}});
  }
  return {};
}

engine::Result<MatchScratch> Matcher::make_scratch() const {
  MatchScratch scratch;
  auto patterns = prototype_.clone();
  if (!patterns) return patterns.error();
  scratch.patterns_ = std::move(*patterns);
  scratch.predicates_ = PredicateScratch{predicates_};
  scratch.cursors_.resize(cursors_max_);
  return scratch;
}

std::uint32_t Matcher::decide(const Query& query, MatchScratch& scratch, std::uint32_t bound) const noexcept {
  scratch.predicates_.begin();
  Candidates candidates{scratch.cursors_, bound};
  const auto holds = [&](std::uint32_t rule) noexcept {
    return predicates_.hold(rule, query, scratch.predicates_, scratch.patterns_);
  };
  const std::uint32_t group = query.has_host ? hosts_.find(query.host) : HostTable::any_host;
  const std::uint64_t path_hash = PathTable::hash(query.path);

  for (std::uint32_t at = group; at != HostTable::no_group; at = hosts_.parent(at))
    paths_.collect(at, query.path, path_hash, candidates);
  candidates.resolve(holds);
  for (std::uint32_t at = group; at != HostTable::no_group; at = hosts_.parent(at)) {
    if (regexes_.lowest(at) >= candidates.best()) continue;
    regexes_.collect(at, query.path, scratch.patterns_, candidates);
    candidates.resolve(holds);
  }
  return candidates.best();
}

std::size_t Matcher::pattern_bytes() const noexcept {
  std::size_t bytes = 0;
  for (const auto* sets : {&regexes_.sets(), &predicates_.sets()})
    for (const PatternSet& set : *sets) bytes += set.memory_bytes();
  return bytes;
}

}  // namespace http
