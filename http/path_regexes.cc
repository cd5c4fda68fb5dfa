#include "http/path_regexes.h"

#include <algorithm>

#include "engine/check.h"

namespace http {

void PathRegexes::Builder::add(std::uint32_t group_id, std::string_view regex, std::string_view place, RuleRef rule) {
  Sources& group = groups_[group_id];
  const auto [at, is_new] = group.ids.try_emplace(std::string{regex}, static_cast<std::uint32_t>(group.patterns.size()));
  if (is_new) {
    group.patterns.push_back({std::string{regex}, std::string{place}});
    group.rules.emplace_back();
  }
  group.rules[at->second].push_back(rule);
}

std::vector<std::vector<PatternSource>> PathRegexes::Builder::sources() const {
  std::vector<std::vector<PatternSource>> result;
  for (const auto& [id, group] : groups_) result.push_back(group.patterns);
  return result;
}

PathRegexes PathRegexes::Builder::build(std::uint32_t groups, std::vector<PatternSet> sets) && {
  CHECK(sets.size() == groups_.size());
  PathRegexes table;
  table.groups_.resize(groups);
  std::uint32_t set = 0;
  for (const auto& [id, from] : groups_) {
    Group& group = table.groups_[id];
    group.set = set++;
    group.first_rules = static_cast<std::uint32_t>(table.rules_.size());
    for (const auto& rules : from.rules) {
      const RuleRefs refs = table.lists_.add(rules);
      table.rules_.push_back(refs);
      group.lowest = std::min(group.lowest, table.lists_.lowest(refs));
      group.lists += refs.conditional != 0 ? 1 : 0;
    }
  }
  table.sets_ = std::move(sets);
  return table;
}

void PathRegexes::collect(std::uint32_t group_id, std::string_view path, PatternScratch& scratch,
                          Candidates& candidates) const noexcept {
  const Group& group = groups_[group_id];
  if (group.lowest >= candidates.best()) return;
  const RuleRefs* const rules = rules_.data() + group.first_rules;
  sets_[group.set].scan(path, scratch, [&, this](std::uint32_t id) noexcept {
    candidates.add(rules[id], lists_);
    return candidates.best() <= group.lowest;  // nothing better can come
  });
}

}  // namespace http
