// All rules of a listener as one decision: which is the first, in the order of the file, whose predicates all hold?
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/result.h"
#include "http/host_table.h"
#include "http/path_regexes.h"
#include "http/path_table.h"
#include "http/pattern.h"
#include "http/pattern_compiler.h"
#include "http/predicates.h"
#include "http/rule.h"
#include "http/rule_list.h"

namespace http {

/// What a match writes to. One per shard and matcher; `Matcher::make_scratch` sizes it.
class MatchScratch {
 public:
  MatchScratch() = default;
  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return patterns_.memory_bytes() + cursors_.size() * sizeof(Candidates::Cursor);
  }

 private:
  friend class Matcher;
  PatternScratch patterns_;
  PredicateScratch predicates_;
  std::vector<Candidates::Cursor> cursors_;
};

/// Immutable: a snapshot holds one per listener, and all shards read it.
///
/// A request's host gives a chain of groups (HostTable). In each, exact path, prefixes and rules without path give lists of rules
/// in ascending order (PathTable); rules with nothing else to ask bound the search at once, the others are asked smallest first
/// and only while they are below the bound. A group's regexes are scanned only if one of them belongs to a rule below it.
class Matcher {
 public:
  /// No rules: nothing matches.
  Matcher() = default;
  /// Takes the rules that apply to `listener` ("": all); an index is always that of `rules`.
  /// Errors: a host that is no host, a regex that is refused or exceeds the compiler's limits; with the rule's place.
  [[nodiscard]] static engine::Result<Matcher> build(std::span<const Rule> rules, PatternCompiler& compiler,
                                                     std::string_view listener = {});

  /// For one shard. Thread-safe.   Errors: no memory.
  [[nodiscard]] engine::Result<MatchScratch> make_scratch() const;

  /// The index of the first rule that holds, or no_rule.
  /// Requires: scratch is of this matcher.
  [[nodiscard]] std::uint32_t match(const Query& query, MatchScratch& scratch) const noexcept {
    const std::uint32_t bound = query.path.starts_with('/') ? first_for_slash_ : first_for_all_;
    return lowest_ >= bound ? bound : decide(query, scratch, bound);
  }

  /// Bytes of all Hyperscan databases.
  [[nodiscard]] std::size_t pattern_bytes() const noexcept;

 private:
  [[nodiscard]] engine::Result<void> prepare_scratch();
  [[nodiscard]] std::uint32_t decide(const Query& query, MatchScratch& scratch, std::uint32_t bound) const noexcept;

  std::uint32_t first_for_all_ = no_rule;    // the first rule without predicates
  std::uint32_t first_for_slash_ = no_rule;  // the same, or with path_prefix = "/" alone: every path but "*" has it
  std::uint32_t lowest_ = no_rule;           // the first rule that is neither
  HostTable hosts_;
  PathTable paths_;
  PathRegexes regexes_;
  Predicates predicates_;
  PatternScratch prototype_;
  std::size_t cursors_max_ = 0;
};

}  // namespace http
