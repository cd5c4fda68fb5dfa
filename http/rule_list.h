// The rules behind one key of a table (a path, a prefix, a pattern), and the first that holds among several such lists.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/check.h"
#include "http/rule.h"

namespace http {

/// A rule under a key. Conditional: it has predicates that the key does not decide.
struct RuleRef {
  std::uint32_t rule = no_rule;
  bool conditional = false;
};

/// What a table keeps per key. Rules behind the first unconditional one cannot win through this key and are left out.
struct RuleRefs {
  std::uint32_t unconditional = no_rule;
  std::uint32_t conditional = 0;  // offset in RuleLists; 0 is the empty list
};

/// All lists of conditional rules of a table in one array, each ascending and closed by no_rule. Built whole before it is read.
class RuleLists {
 public:
  RuleLists() : rules_{no_rule} {}

  /// Requires: ascending; a rule given twice in a row counts once.
  [[nodiscard]] RuleRefs add(std::span<const RuleRef> refs) {
    RuleRefs result;
    std::vector<std::uint32_t> list;
    for (const RuleRef& ref : refs) {
      if (!ref.conditional) {
        result.unconditional = ref.rule;
        break;
      }
      CHECK(list.empty() || list.back() <= ref.rule);
      if (list.empty() || list.back() != ref.rule) list.push_back(ref.rule);
    }
    if (list.empty()) return result;
    result.conditional = static_cast<std::uint32_t>(rules_.size());
    rules_.insert(rules_.end(), list.begin(), list.end());
    rules_.push_back(no_rule);
    return result;
  }

  [[nodiscard]] const std::uint32_t* at(std::uint32_t offset) const noexcept { return rules_.data() + offset; }
  [[nodiscard]] std::uint32_t lowest(const RuleRefs& refs) const noexcept {
    return std::min(refs.unconditional, *at(refs.conditional));
  }

 private:
  std::vector<std::uint32_t> rules_;
};

/// Collects the lists that a request selects and finds the smallest rule that holds. Never looks at what cannot beat the best.
class Candidates {
 public:
  using Cursor = const std::uint32_t*;  // at a rule of a list; its end is no_rule, which is above every best

  /// Requires: room for every list that is added between two calls of `resolve`.
  Candidates(std::span<Cursor> room, std::uint32_t best) noexcept : room_{room}, best_{best} {}

  [[nodiscard]] std::uint32_t best() const noexcept { return best_; }

  void add(const RuleRefs& refs, const RuleLists& lists) noexcept {
    best_ = std::min(best_, refs.unconditional);
    if (refs.conditional == 0) return;
    const Cursor cursor = lists.at(refs.conditional);
    if (*cursor >= best_) return;
    DCHECK(count_ < room_.size());
    room_[count_++] = cursor;
  }

  /// Asks `holds(rule)` in ascending order, until one holds or none is left below the best. Empties the collection.
  template <std::predicate<std::uint32_t> F>
  void resolve(F&& holds) noexcept {
    const auto later = [](Cursor a, Cursor b) noexcept { return *a > *b; };
    const auto heap = room_.first(count_);
    auto end = heap.end();
    if (count_ > 1) std::make_heap(heap.begin(), end, later);
    while (end != heap.begin()) {
      std::pop_heap(heap.begin(), end, later);
      Cursor& cursor = *(end - 1);
      if (*cursor >= best_) break;
      if (holds(*cursor)) {
        best_ = *cursor;
        break;
      }
      if (*++cursor < best_)
        std::push_heap(heap.begin(), end, later);
      else
        --end;
    }
    count_ = 0;
  }

 private:
  std::span<Cursor> room_;
  std::size_t count_ = 0;
  std::uint32_t best_;
};

}  // namespace http
