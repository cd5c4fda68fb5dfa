// From a group of rules and a path to the rules whose path_regex matches: one pattern set per group.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/pattern.h"
#include "http/rule_list.h"

namespace http {

class PathRegexes {
 public:
  class Builder {
   public:
    /// Requires: rules in ascending order.
    void add(std::uint32_t group, std::string_view regex, std::string_view place, RuleRef rule);
    /// What has to be compiled, to be given to `build` in the same order.
    [[nodiscard]] std::vector<std::vector<PatternSource>> sources() const;
    [[nodiscard]] PathRegexes build(std::uint32_t groups, std::vector<PatternSet> sets) &&;

   private:
    struct Sources {
      std::map<std::string, std::uint32_t, std::less<>> ids;  // a regex that several rules use is one pattern
      std::vector<PatternSource> patterns;
      std::vector<std::vector<RuleRef>> rules;  // by id
    };
    std::map<std::uint32_t, Sources> groups_;
  };

  /// Scans the path and adds the rules of `group` that it selects.   Requires: scratch fits `sets()`.
  void collect(std::uint32_t group, std::string_view path, PatternScratch& scratch, Candidates& candidates) const noexcept;

  /// The first rule of a group that has a path_regex. A scan is worth its cost only for something below the best so far.
  [[nodiscard]] std::uint32_t lowest(std::uint32_t group) const noexcept { return groups_[group].lowest; }
  /// How many lists `collect` adds at most.
  [[nodiscard]] std::uint32_t lists_max(std::uint32_t group) const noexcept { return groups_[group].lists; }
  [[nodiscard]] const std::vector<PatternSet>& sets() const noexcept { return sets_; }

 private:
  struct Group {
    std::uint32_t lowest = no_rule;
    std::uint32_t set = 0;
    std::uint32_t first_rules = 0;  // rules_[first_rules + id]
    std::uint32_t lists = 0;
  };
  std::vector<Group> groups_;
  std::vector<PatternSet> sets_;
  std::vector<RuleRefs> rules_;
  RuleLists lists_;
};

}  // namespace http
