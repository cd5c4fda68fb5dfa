#include "http/predicates.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "engine/check.h"
#include "http/fold.h"
#include "http/host_table.h"
#include "http/regex_text.h"

namespace http {
namespace {

using Builder = Predicates::Builder;
using Context = Predicates::Context;
using Range = Predicates::Range;
using Test = Predicates::Test;

/// One predicate. `compile` and `holds` are null for those that the host and path tables decide.
struct Row {
  std::string_view (*key)(const Rule&);  // of the config
  bool (*present)(const Rule&);
  bool (*covers)(const Rule& general, const Rule& special);  // asked when `general` has it
  void (*copy)(const Rule& from, Rule& to);
  engine::Result<void> (*compile)(std::uint32_t row, const Rule&, Builder&);
  bool (*holds)(const Test&, const Context&) noexcept;
};

template <typename T>
bool contains(const std::vector<T>& all, const T& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}
bool contains_folded(const std::vector<std::string>& all, std::string_view one) {
  return std::any_of(all.begin(), all.end(), [&](const std::string& name) { return equal_folded(name, one); });
}
engine::Error invalid(std::string what) { return {engine::Errc::invalid, std::move(what)}; }

// host

bool host_covers(std::string_view general, std::string_view special) noexcept {
  general = without_final_dot(general);
  special = without_final_dot(special);
  if (equal_folded(general, special)) return true;
  if (!general.starts_with("*.") || special.size() < general.size()) return false;  // "*" stands for one byte at least
  general.remove_prefix(1);
  return equal_folded(special.substr(special.size() - general.size()), general);  // "*.a.b" is below "*.b" too
}
bool hosts_cover(const Rule& general, const Rule& special) {
  return !special.hosts.empty() && std::all_of(special.hosts.begin(), special.hosts.end(), [&](const std::string& one) {
    return std::any_of(general.hosts.begin(), general.hosts.end(),
                       [&](const std::string& host) { return host_covers(host, one); });
  });
}

// path, path_prefix, path_regex

std::string_view path_key(const Rule& rule) {
  static constexpr std::array<std::string_view, 4> keys{"path", "path", "path_prefix", "path_regex"};
  return keys[rule.path.index()];
}
/// A regex without operators as what it means, which `storage` then keeps; all others as they are.
const PathPredicate& plain(const PathPredicate& path, PathPredicate& storage) {
  const auto* regex = std::get_if<PathRegex>(&path);
  const auto literal = regex != nullptr ? as_literal(regex->regex) : std::nullopt;
  if (!literal) return path;
  if (literal->is_whole) return storage = ExactPath{literal->text};
  return storage = PathPrefix{literal->text};
}
bool paths_cover(const Rule& general_rule, const Rule& special_rule) {
  PathPredicate general_storage, special_storage;
  const PathPredicate& general = plain(general_rule.path, general_storage);
  const PathPredicate& special = plain(special_rule.path, special_storage);
  if (general == special) return true;
  const auto* prefix = std::get_if<PathPrefix>(&general);
  if (prefix == nullptr) return false;
  if (prefix->text.empty()) return true;
  if (const auto* exact = std::get_if<ExactPath>(&special)) return exact->text.starts_with(prefix->text);
  if (const auto* longer = std::get_if<PathPrefix>(&special)) return longer->text.starts_with(prefix->text);
  if (const auto* regex = std::get_if<PathRegex>(&special)) return literal_prefix(regex->regex).starts_with(prefix->text);
  return false;
}

// method

constexpr std::array<std::string_view, 9> method_names{"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                                       "CONNECT", "OPTIONS", "TRACE", "PATCH"};
static_assert(method_names.size() == static_cast<std::size_t>(Method::other), "in the order of Method, whose last is `other`");

/// a: a bit per Method. b: for Method::other, the range that holds the tokens among the texts.
engine::Result<void> compile_methods(std::uint32_t row, const Rule& rule, Builder& builder) {
  std::uint32_t mask = 0;
  Range others{builder.texts(), builder.texts()};
  for (const std::string& method : rule.methods) {
    if (method.empty()) return invalid("method is empty");
    const Method known = method_of(method);
    mask |= 1u << static_cast<unsigned>(known);
    if (known == Method::other) others.last = builder.add_text(method) + 1;
  }
  builder.test(row, mask, builder.add_range(others));
  return {};
}
bool method_holds(const Test& test, const Context& context) noexcept {
  const auto method = static_cast<std::uint32_t>(context.query.method);
  if ((test.a >> method & 1u) == 0) return false;
  if (context.query.method != Method::other) return true;
  const Range others = context.predicates.ranges()[test.b];
  const auto tokens = context.predicates.texts().subspan(others.first, others.last - others.first);
  return std::find(tokens.begin(), tokens.end(), context.query.method_text) != tokens.end();
}
bool methods_cover(const Rule& general, const Rule& special) {
  const auto& all = special.methods;
  return !all.empty() &&
         std::all_of(all.begin(), all.end(), [&](const std::string& one) { return contains(general.methods, one); });
}

// client

/// Sorted, disjoint, not adjacent.
std::vector<Range> merged(const std::vector<engine::Cidr>& networks) {
  std::vector<Range> all;
  for (const engine::Cidr& network : networks) all.push_back({network.network().value, network.broadcast().value});
  std::sort(all.begin(), all.end(), [](Range a, Range b) { return a.first < b.first; });
  std::vector<Range> result;
  for (const Range& range : all) {
    const bool touches = !result.empty() && (result.back().last == std::numeric_limits<std::uint32_t>::max() ||
                                             range.first <= result.back().last + 1);
    if (touches)
      result.back().last = std::max(result.back().last, range.last);
    else
      result.push_back(range);
  }
  return result;
}
/// The one range of a sorted list that could contain the address.
const Range* range_at(std::span<const Range> sorted, std::uint32_t address) noexcept {
  const auto above = std::upper_bound(sorted.begin(), sorted.end(), address,
                                      [](std::uint32_t a, const Range& range) { return a < range.first; });
  return above != sorted.begin() && address <= (above - 1)->last ? &*(above - 1) : nullptr;
}
/// Ranges [a, b).
engine::Result<void> compile_clients(std::uint32_t row, const Rule& rule, Builder& builder) {
  std::uint32_t first = 0, last = 0;
  for (const Range& range : merged(rule.client)) {
    const std::uint32_t at = builder.add_range(range);
    if (last == 0) first = at;
    last = at + 1;
  }
  builder.test(row, first, last);
  return {};
}
bool client_holds(const Test& test, const Context& context) noexcept {
  return range_at(context.predicates.ranges().subspan(test.a, test.b - test.a), context.query.client.value) != nullptr;
}
bool clients_cover(const Rule& general, const Rule& special) {
  const auto outer = merged(general.client);
  const auto inner = merged(special.client.empty() ? std::vector<engine::Cidr>{{engine::Ipv4{}, 0}} : special.client);
  return std::all_of(inner.begin(), inner.end(), [&](const Range& range) {
    const Range* around = range_at(outer, range.first);
    return around != nullptr && range.last <= around->last;
  });
}

// header_absent, header, query_regex

engine::Result<void> compile_absent(std::uint32_t row, const Rule& rule, Builder& builder) {
  for (const std::string& name : rule.header_absent) {
    if (name.empty()) return invalid("header_absent has an empty name");
    builder.test(row, builder.add_text(folded(name)));
  }
  return {};
}
bool absent_holds(const Test& test, const Context& context) noexcept {
  const std::string_view name = context.predicates.texts()[test.a];
  return std::none_of(context.query.fields.begin(), context.query.fields.end(),
                      [&](const Field& field) { return equal_folded(field.name, name); });
}
bool absent_covers(const Rule& general, const Rule& special) {
  const auto& names = general.header_absent;
  return std::all_of(names.begin(), names.end(),
                     [&](const std::string& name) { return contains_folded(special.header_absent, name); });
}

engine::Result<void> compile_headers(std::uint32_t row, const Rule& rule, Builder& builder) {
  for (const HeaderPredicate& header : rule.headers) {
    if (header.name.empty()) return invalid("header has an empty name");
    const auto [subject, id] = builder.add_pattern(folded(header.name), header.regex, rule.place);
    builder.test(row, subject, id);
  }
  return {};
}
bool headers_cover(const Rule& general, const Rule& special) {
  return std::all_of(general.headers.begin(), general.headers.end(), [&](const HeaderPredicate& one) {
    return std::any_of(special.headers.begin(), special.headers.end(), [&](const HeaderPredicate& other) {
      return other.regex == one.regex && equal_folded(other.name, one.name);
    });
  });
}

engine::Result<void> compile_query(std::uint32_t row, const Rule& rule, Builder& builder) {
  const auto [subject, id] = builder.add_pattern({}, *rule.query_regex, rule.place);
  builder.test(row, subject, id);
  return {};
}
bool pattern_holds(const Test& test, const Context& context) noexcept {
  return context.predicates.matches(test.a, test.b, context);
}

/// Tests run in this order: the cheap ones first.
constexpr auto rows = std::to_array<Row>({
    {[](const Rule&) -> std::string_view { return "host"; }, [](const Rule& r) { return !r.hosts.empty(); }, hosts_cover,
     [](const Rule& from, Rule& to) { to.hosts = from.hosts; }, nullptr, nullptr},
    {path_key, [](const Rule& r) { return r.path.index() != 0; }, paths_cover,
     [](const Rule& from, Rule& to) { to.path = from.path; }, nullptr, nullptr},
    {[](const Rule&) -> std::string_view { return "method"; }, [](const Rule& r) { return !r.methods.empty(); }, methods_cover,
     [](const Rule& from, Rule& to) { to.methods = from.methods; }, compile_methods, method_holds},
    {[](const Rule&) -> std::string_view { return "client"; }, [](const Rule& r) { return !r.client.empty(); }, clients_cover,
     [](const Rule& from, Rule& to) { to.client = from.client; }, compile_clients, client_holds},
    {[](const Rule&) -> std::string_view { return "header_absent"; }, [](const Rule& r) { return !r.header_absent.empty(); },
     absent_covers, [](const Rule& from, Rule& to) { to.header_absent = from.header_absent; }, compile_absent, absent_holds},
    {[](const Rule&) -> std::string_view { return "header"; }, [](const Rule& r) { return !r.headers.empty(); }, headers_cover,
     [](const Rule& from, Rule& to) { to.headers = from.headers; }, compile_headers, pattern_holds},
    {[](const Rule&) -> std::string_view { return "query_regex"; }, [](const Rule& r) { return r.query_regex.has_value(); },
     [](const Rule& general, const Rule& special) { return general.query_regex == special.query_regex; },
     [](const Rule& from, Rule& to) { to.query_regex = from.query_regex; }, compile_query, pattern_holds},
});

}  // namespace

Method method_of(std::string_view token) noexcept {
  const auto name = std::find(method_names.begin(), method_names.end(), token);
  return static_cast<Method>(name - method_names.begin());  // behind the last name: `other`
}

bool covers(const Rule& general, const Rule& special) {
  return std::all_of(rows.begin(), rows.end(),
                     [&](const Row& row) { return !row.present(general) || row.covers(general, special); });
}

bool matches_all(const Rule& rule, bool but_path) {
  return std::none_of(rows.begin(), rows.end(),
                      [&](const Row& row) { return row.present(rule) && !(but_path && row.covers == paths_cover); });
}

std::vector<std::pair<std::string_view, Rule>> split(const Rule& rule) {
  std::vector<std::pair<std::string_view, Rule>> parts;
  for (const Row& row : rows) {
    if (!row.present(rule)) continue;
    Rule part;
    part.name = rule.name;
    part.place = rule.place;
    row.copy(rule, part);
    parts.emplace_back(row.key(rule), std::move(part));
  }
  return parts;
}

std::string_view contradiction(const Rule& rule) {
  for (const HeaderPredicate& header : rule.headers)
    if (contains_folded(rule.header_absent, header.name)) return "it asks for a header to be there and to be absent";
  const auto* exact = std::get_if<ExactPath>(&rule.path);
  const auto* prefix = std::get_if<PathPrefix>(&rule.path);
  const std::string_view path = exact != nullptr ? exact->text : prefix != nullptr ? std::string_view{prefix->text} : "/";
  if (exact != nullptr && path.empty()) return "its path is empty";
  if (!path.empty() && path.front() != '/' && path != "*") return "its path does not begin with \"/\"";
  if (path.find('?') != std::string_view::npos) return "its path has a \"?\": the query is not part of the path";
  return {};
}

engine::Result<void> Predicates::Builder::add(const Rule& rule) {
  skip();
  for (std::uint32_t row = 0; row < rows.size(); ++row) {
    if (rows[row].compile == nullptr || !rows[row].present(rule)) continue;
    if (auto compiled = rows[row].compile(row, rule, *this); !compiled) return compiled;
  }
  return {};
}

bool Predicates::Builder::last_is_conditional() const noexcept {
  return predicates_.first_test_.back() != predicates_.tests_.size();
}

std::uint32_t Predicates::Builder::add_text(std::string text) {
  predicates_.texts_.push_back(std::move(text));
  return texts() - 1;
}

std::uint32_t Predicates::Builder::add_range(Range range) {
  predicates_.ranges_.push_back(range);
  return static_cast<std::uint32_t>(predicates_.ranges_.size() - 1);
}

std::pair<std::uint32_t, std::uint32_t> Predicates::Builder::add_pattern(std::string header, const std::string& regex,
                                                                         const std::string& place) {
  const auto [subject, is_new] = subjects_.try_emplace(header, static_cast<std::uint32_t>(sources_.size()));
  if (is_new) {
    predicates_.subjects_.push_back({std::move(header)});
    sources_.emplace_back();
  }
  auto& sources = sources_[subject->second];
  const auto [pattern, is_first] = patterns_.try_emplace({subject->second, regex}, static_cast<std::uint32_t>(sources.size()));
  if (is_first) sources.push_back({regex, place});
  return {subject->second, pattern->second};
}

Predicates Predicates::Builder::build(std::vector<PatternSet> sets) && {
  CHECK(sets.size() == sources_.size());
  skip();  // the end of the last rule
  for (std::size_t i = 0; i < sets.size(); ++i) {
    Subject& subject = predicates_.subjects_[i];
    subject.first_word = predicates_.words_;
    subject.words = (sets[i].size() + 63) / 64;
    predicates_.words_ += subject.words;
  }
  predicates_.sets_ = std::move(sets);
  return std::move(predicates_);
}

bool Predicates::hold(std::uint32_t rule, const Query& query, PredicateScratch& scratch,
                      PatternScratch& patterns) const noexcept {
  const Context context{*this, query, scratch, patterns};
  for (std::uint32_t i = first_test_[rule]; i < first_test_[rule + 1]; ++i)
    if (!rows[tests_[i].row].holds(tests_[i], context)) return false;
  return true;
}

bool Predicates::matches(std::uint32_t subject, std::uint32_t id, const Context& context) const noexcept {
  if (context.scratch.evaluated_[subject] != context.scratch.request_) evaluate(subject, context);
  return (context.scratch.results_[subjects_[subject].first_word + id / 64] >> id % 64 & 1u) != 0;
}

void Predicates::evaluate(std::uint32_t subject_id, const Context& context) const noexcept {
  const Subject& subject = subjects_[subject_id];
  std::uint64_t* const results = context.scratch.results_.data() + subject.first_word;
  std::fill_n(results, subject.words, 0);
  const auto scan = [&](std::string_view bytes) noexcept {
    sets_[subject_id].scan(bytes, context.patterns, [results](std::uint32_t id) noexcept {
      return results[id / 64] |= std::uint64_t{1} << id % 64, false;
    });
  };
  if (subject.header.empty()) {
    scan(context.query.query);
  } else {
    for (const Field& field : context.query.fields)
      if (equal_folded(field.name, subject.header)) scan(field.value);
  }
  context.scratch.evaluated_[subject_id] = context.scratch.request_;
}

}  // namespace http
