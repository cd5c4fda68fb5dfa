// The predicates of a rule: one table (predicates.cc) has a row for each, with all that matching, `check` and `explain` must know
// about it. Host and path are decided by tables of their own; the rest is compiled to tests that a candidate rule must pass.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/result.h"
#include "http/message.h"
#include "http/pattern.h"
#include "http/rule.h"

namespace http {

/// What rules see of a request.
struct Query {
  std::string_view host;   // without port; any case
  bool has_host = false;   // false matches only rules without host
  std::string_view path;   // normalised, without query
  std::string_view query;  // without "?"
  Method method = Method::other;
  std::string_view method_text;  // read when `method` is other
  const Fields& fields;
  engine::Ipv4 client;

  /// `path` is head.path after normalisation.
  [[nodiscard]] static Query of(const RequestHead& head, std::string_view path, engine::Ipv4 client) noexcept {
    const std::string_view query = head.query.starts_with('?') ? head.query.substr(1) : head.query;
    return {head.host, head.has_host, path, query, head.method, head.method_text, head.fields, client};
  }
};

class PredicateScratch;

/// The predicates of all rules, compiled. A regex is scanned only when a candidate asks, and all regexes on the same header (or
/// on the query) in one scan per field line, at most once per request.
class Predicates {
 public:
  class Builder;

  /// Whether `rule` has tests at all.
  [[nodiscard]] bool conditional(std::uint32_t rule) const noexcept { return first_test_[rule] != first_test_[rule + 1]; }
  /// Whether all tests of `rule` hold. Host and path are not among them.   Requires: scratch.begin() was called for this request.
  [[nodiscard]] bool hold(std::uint32_t rule, const Query& query, PredicateScratch& scratch,
                          PatternScratch& patterns) const noexcept;

  [[nodiscard]] const std::vector<PatternSet>& sets() const noexcept { return sets_; }

  struct Test {
    std::uint32_t row = 0;       // of the table
    std::uint32_t a = 0, b = 0;  // what they mean is the row's affair
  };
  struct Range {
    std::uint32_t first = 0, last = 0;  // of addresses
  };
  /// All regexes on one header, or on the query.
  struct Subject {
    std::string header;                       // folded; empty: the query
    std::uint32_t first_word = 0, words = 0;  // of the results in the scratch, a bit per pattern
  };
  struct Context {
    const Predicates& predicates;
    const Query& query;
    PredicateScratch& scratch;
    PatternScratch& patterns;
  };
  // For the rows of the table.
  [[nodiscard]] std::span<const Range> ranges() const noexcept { return ranges_; }
  [[nodiscard]] std::span<const std::string> texts() const noexcept { return texts_; }
  /// Whether pattern `id` of `subject` matches.
  [[nodiscard]] bool matches(std::uint32_t subject, std::uint32_t id, const Context& context) const noexcept;

 private:
  friend class PredicateScratch;
  void evaluate(std::uint32_t subject, const Context& context) const noexcept;

  std::vector<std::uint32_t> first_test_;  // tests of rule i: [first_test_[i], first_test_[i + 1])
  std::vector<Test> tests_;
  std::vector<Range> ranges_;
  std::vector<std::string> texts_;
  std::vector<Subject> subjects_;
  std::vector<PatternSet> sets_;  // of each subject
  std::uint32_t words_ = 0;
};

class Predicates::Builder {
 public:
  /// Compiles the next rule; the first is rule 0.   Errors: what no request can have (an empty name), without place.
  [[nodiscard]] engine::Result<void> add(const Rule& rule);
  /// A rule without tests, to keep the numbering.
  void skip() { predicates_.first_test_.push_back(static_cast<std::uint32_t>(predicates_.tests_.size())); }
  [[nodiscard]] bool last_is_conditional() const noexcept;
  /// What has to be compiled, to be given to `build` in the same order.
  [[nodiscard]] const std::vector<std::vector<PatternSource>>& sources() const noexcept { return sources_; }
  [[nodiscard]] Predicates build(std::vector<PatternSet> sets) &&;

  // For the rows of the table.
  void test(std::uint32_t row, std::uint32_t a, std::uint32_t b = 0) { predicates_.tests_.push_back({row, a, b}); }
  [[nodiscard]] std::uint32_t texts() const noexcept { return static_cast<std::uint32_t>(predicates_.texts_.size()); }
  std::uint32_t add_text(std::string text);
  std::uint32_t add_range(Range range);
  /// The subject of that header ("": the query) and the id of the regex in it.
  [[nodiscard]] std::pair<std::uint32_t, std::uint32_t> add_pattern(std::string header, const std::string& regex,
                                                                    const std::string& place);

 private:
  Predicates predicates_;
  std::map<std::string, std::uint32_t> subjects_;
  std::map<std::pair<std::uint32_t, std::string>, std::uint32_t> patterns_;
  std::vector<std::vector<PatternSource>> sources_;
};

/// What was evaluated for the request at hand. One per shard.
class PredicateScratch {
 public:
  PredicateScratch() = default;
  explicit PredicateScratch(const Predicates& predicates)
      : evaluated_(predicates.subjects_.size()), results_(predicates.words_) {}
  /// Forgets the last request.
  void begin() noexcept { ++request_; }

 private:
  friend class Predicates;
  std::uint64_t request_ = 0;
  std::vector<std::uint64_t> evaluated_;  // per subject: the request whose results it has
  std::vector<std::uint64_t> results_;
};

/// The Method of a token as it stands in a request line or a config; `other` if it has none of its own.
[[nodiscard]] Method method_of(std::string_view token) noexcept;

/// Whether `special` can match no request that `general` does not. Sound, not complete: false may mean "not known".
[[nodiscard]] bool covers(const Rule& general, const Rule& special);
/// Why no request at all can match, or "".
[[nodiscard]] std::string_view contradiction(const Rule& rule);
/// Whether the rule matches every request; with `but_path`, whether that is so but for its path predicate.
[[nodiscard]] bool matches_all(const Rule& rule, bool but_path = false);
/// The rule taken apart: for each predicate that it has, the config key and a rule with that predicate alone.
[[nodiscard]] std::vector<std::pair<std::string_view, Rule>> split(const Rule& rule);

}  // namespace http
