// One table of the config, read key by key into typed fields. Reading declares a key; `finish` refuses all that nobody declared.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/check.h"
#include "engine/document.h"
#include "engine/result.h"
#include "engine/time.h"

namespace engine {

template <typename T>
concept Number = std::unsigned_integral<T> && !std::same_as<T, bool>;
template <typename T>
concept NoNumber = !Number<T>;

/// Both ends are allowed.
template <typename T>
struct Range {
  T min{}, max{};
};

template <typename T>
struct Choice {
  std::string_view text;
  T value;
};

/// Each `read` looks at one key. An absent key leaves the field as it is; a wrong value is a complaint of the document, so that
/// reading goes on and one run tells all mistakes.   Returns: whether the key is there and good.
class Section {
 public:
  struct Text {
    std::string_view text;
    Place place;
  };
  struct Element;

  /// The whole file.   Requires: `document` outlives the section.
  explicit Section(Document& document);
  Section(Section&& from) noexcept;
  Section& operator=(Section&&) = delete;
  ~Section() { CHECK(finished_); }  // forgotten keys must not pass as known ones

  bool read(std::string_view key, bool& field);
  /// Any text without control characters.
  bool read(std::string_view key, std::string& field);
  /// Any text at all: what is sent, not what is said.
  bool read_content(std::string_view key, std::string& field);
  bool read(std::string_view key, Duration& field, Range<Duration> range);
  template <Number T>
  bool read(std::string_view key, T& field, std::type_identity_t<Range<T>> range) {
    const auto number = integer(look(key), key, range.min, range.max);
    if (number) field = static_cast<T>(*number);
    return number.has_value();
  }
  /// One of some words. `later`: words that are known and not supported yet.
  template <NoNumber T>
  bool read(std::string_view key, T& field, std::type_identity_t<std::initializer_list<Choice<T>>> choices,
            std::initializer_list<std::string_view> later = {}) {
    return read_word(key, field, std::span{choices.begin(), choices.size()}, later);
  }
  template <NoNumber T>
  bool read_word(std::string_view key, T& field, std::type_identity_t<std::span<const Choice<T>>> choices,
                 std::initializer_list<std::string_view> later = {}) {
    std::vector<std::string_view> words;
    for (const Choice<T>& choice : choices) words.push_back(choice.text);
    const auto index = one_word(key, words, later);
    if (index) field = choices[*index].value;
    return index.has_value();
  }
  /// Numbers, all different.
  template <Number T>
  bool read(std::string_view key, std::vector<T>& field, std::type_identity_t<Range<T>> range) {
    const auto numbers = integers(key, range.min, range.max);
    if (numbers) field.assign(numbers->begin(), numbers->end());
    return numbers.has_value();
  }
  /// One of some numbers.
  template <Number T>
  bool read_one_of(std::string_view key, T& field, std::type_identity_t<std::initializer_list<T>> choices) {
    const auto number = one_number(key, {choices.begin(), choices.end()});
    if (number) field = static_cast<T>(*number);
    return number.has_value();
  }
  /// `word` ("auto", "off") or what the overloads above read.
  template <typename T>
  bool read_or(std::string_view key, std::string_view word, std::optional<T>& field, std::type_identity_t<Range<T>> range) {
    if (is_word(key, word)) return field.reset(), true;
    T value{};
    or_word_ = word;
    const bool good = read(key, value, range);
    or_word_ = {};
    if (good) field = value;
    return good;
  }

  /// Bytes: "64KiB", or an integer.
  bool read_size(std::string_view key, std::uint64_t& field, Range<std::uint64_t> range);
  bool read_size_or(std::string_view key, std::string_view word, std::optional<std::uint64_t>& field, Range<std::uint64_t> range);
  /// "10Mbit", in bits per second.
  bool read_bit_rate(std::string_view key, std::uint64_t& field, Range<std::uint64_t> range);
  /// "100/s".
  bool read_event_rate(std::string_view key, std::uint64_t& field, Range<std::uint64_t> range);

  /// Text that `parse` (std::string_view -> Result<T>) understands; its errors name what they are about, the place is added here.
  template <typename T, typename Parse>
  bool read_text(std::string_view key, T& field, Parse&& parse) {
    const auto found = text(key);
    return found && parse_into(key, *found, field, parse);
  }
  /// A list of such texts; a single text stands for a list of one. An empty list is refused.
  template <typename T, typename Parse>
  bool read_texts(std::string_view key, std::vector<T>& field, Parse&& parse) {
    const auto found = texts(key);
    if (!found) return false;
    std::vector<T> values(found->size());
    bool good = true;
    for (std::size_t i = 0; i < values.size(); ++i) good &= parse_into(key, (*found)[i], values[i], parse);
    if (good) field = std::move(values);
    return good;
  }
  /// The tables of [[key]], each by `reader` (Section -> T).
  template <typename T, typename Reader>
  void read_sections(std::string_view key, std::vector<T>& field, Reader&& reader) {
    for (Section& one : sections(key)) field.push_back(reader(std::move(one)));
  }

  /// A nested table; an empty one if it is absent.
  [[nodiscard]] Section section(std::string_view key);
  /// None if it is absent, or no table.
  [[nodiscard]] std::optional<Section> section_if(std::string_view key);
  [[nodiscard]] std::vector<Section> sections(std::string_view key);
  /// A list of texts and tables, or one of them alone.
  [[nodiscard]] std::vector<Element> elements(std::string_view key);
  /// All keys, now declared: for tables whose keys the user chooses.
  [[nodiscard]] std::vector<Text> keys();

  /// Whether the key is written. Does not declare it.
  [[nodiscard]] bool given(std::string_view key) const noexcept { return table_->find(key) != nullptr; }
  /// A key that must be there; call it beside the read.
  bool require(std::string_view key);
  /// Of keys that exclude each other: complains when several are given, or none and one is needed. Declares none of them.
  /// Returns: whether exactly one is given.
  bool exclusive(std::initializer_list<std::string_view> keys, bool needed);

  /// A key of the interface that is not built: refused, whatever its value. `what` names the feature ("health checks").
  void not_supported(std::string_view key, std::string_view what);
  /// The same, but one value, that means "without", is accepted.
  template <std::same_as<bool> T>  // exact: a literal text would rather become a bool than a string_view
  void supports_only(std::string_view key, T value, std::string_view what) {
    supports_only_bool(key, value, what);
  }
  void supports_only(std::string_view key, std::string_view word, std::string_view what);
  /// The same for a key whose values are words: `later` are those to come.
  void supports_word(std::string_view key, std::string_view word, std::initializer_list<std::string_view> later) {
    (void)one_word(key, {word}, later);
  }

  /// Complains about the value of `key` (or the section, if absent), in the words of this project: what is wrong and what is
  /// allowed.
  void fail(std::string_view key, std::string_view what, Errc code = Errc::invalid);
  void fail(std::string_view key, Place place, std::string_view what, Errc code = Errc::invalid);

  /// Where the section begins, as text.
  [[nodiscard]] std::string place() const { return document_->text(place_); }
  [[nodiscard]] Document& document() const noexcept { return *document_; }

  /// Complains about each key that was not declared.   Returns: `value`, for `return section.finish(config);`
  template <typename T>
  [[nodiscard]] T finish(T value) {
    finish();
    return value;
  }
  void finish();

 private:
  Section(Document& document, const Table& table, Place place, std::string title, std::string prefix);
  template <typename T, typename Parse>
  bool parse_into(std::string_view key, const Text& found, T& field, Parse&& parse) {
    auto parsed = parse(found.text);
    if (parsed)
      field = std::move(*parsed);
    else
      fail(key, found.place, parsed.error().what, parsed.error().code);
    return parsed.ok();
  }
  /// Declares the key.   Returns: null if it is absent.
  const Value* look(std::string_view key);
  bool is_word(std::string_view key, std::string_view word);
  std::optional<std::uint64_t> integer(const Value* value, std::string_view key, std::uint64_t min, std::uint64_t max);
  std::optional<std::vector<std::uint64_t>> integers(std::string_view key, std::uint64_t min, std::uint64_t max);
  std::optional<std::uint64_t> one_number(std::string_view key, const std::vector<std::uint64_t>& choices);
  std::optional<std::size_t> one_word(std::string_view key, const std::vector<std::string_view>& words,
                                      std::initializer_list<std::string_view> later);
  std::optional<Text> text(std::string_view key);
  std::optional<std::vector<Text>> texts(std::string_view key);
  std::optional<Text> text_of(std::string_view key, const Value& value);
  bool read_quantity(std::string_view key, std::uint64_t& field, Range<std::uint64_t> range, const struct Quantity& quantity);
  void supports_only_bool(std::string_view key, bool value, std::string_view what);
  void wrong_type(std::string_view key, const Value& value, std::string_view expected);
  [[nodiscard]] Section child(std::string_view key, const Table& table, Place place, bool of_list);

  Document* document_;
  const Table* table_;
  Place place_;
  std::string title_;                            // "[engine]", "[[port]]": for messages about the whole
  std::string prefix_;                           // "keepalive." in nested tables
  std::vector<std::string_view> known_, later_;  // declared; those not supported yet
  std::string_view or_word_;                     // mentioned by complaints about a type: "auto" would do too
  bool finished_ = false;
};

struct Section::Element {
  Place place;
  std::variant<std::string_view, Section> value;  // text, or a table
};

/// Names of things in the config: 1 to 63 letters, digits, ".", "_" and "-", the first a letter, digit or "_".
[[nodiscard]] Result<std::string> parse_name(std::string_view text);

}  // namespace engine
