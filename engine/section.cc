#include "engine/section.h"

#include <algorithm>
#include <fmt/format.h>

#include "engine/units.h"
#include "engine/wording.h"

namespace engine {

/// How a number with a unit is read and shown.
struct Quantity {
  std::string_view expected;
  std::optional<std::uint64_t> (*parse)(std::string_view);
  std::string (*format)(std::uint64_t);
  bool plain;  // an integer will do
};

namespace {

constexpr Quantity size_quantity{"a size such as \"64KiB\" (B, KiB, MiB, GiB, TiB)",
                                 [](std::string_view t) { return parse_size(t); }, [](std::uint64_t v) { return format_size(v); },
                                 true};
constexpr Quantity bit_rate_quantity{"a rate such as \"10Mbit\" (bit, kbit, Mbit, Gbit, Tbit)",
                                     [](std::string_view t) { return parse_bit_rate(t); },
                                     [](std::uint64_t v) { return fmt::format("{}bit", v); }, false};
constexpr Quantity event_rate_quantity{"a rate such as \"100/s\"", [](std::string_view t) { return parse_event_rate(t); },
                                       [](std::uint64_t v) { return fmt::format("{}/s", v); }, false};
constexpr Quantity duration_quantity{"a duration such as \"500ms\" (ns, us, ms, s, m, h)",
                                     [](std::string_view t) -> std::optional<std::uint64_t> {
                                       const auto duration = parse_duration(t);
                                       if (!duration) return std::nullopt;
                                       return static_cast<std::uint64_t>(duration->count());
                                     },
                                     [](std::uint64_t v) { return format_duration(Duration{static_cast<Duration::rep>(v)}); },
                                     false};

const Table empty_table{};

bool has_control(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

Section::Section(Document& document) : Section{document, *document.root().as<Table>(), {}, "the file", ""} {}

Section::Section(Document& document, const Table& table, Place place, std::string title, std::string prefix)
    : document_{&document}, table_{&table}, place_{place}, title_{std::move(title)}, prefix_{std::move(prefix)} {}

Section::Section(Section&& from) noexcept
    : document_{from.document_},
      table_{from.table_},
      place_{from.place_},
      title_{std::move(from.title_)},
      prefix_{std::move(from.prefix_)},
      known_{std::move(from.known_)},
      later_{std::move(from.later_)},
      or_word_{from.or_word_},
      finished_{std::exchange(from.finished_, true)} {}

bool Section::read(std::string_view key, bool& field) {
  const Value* value = look(key);
  if (value == nullptr) return false;
  const bool* found = value->as<bool>();
  if (found == nullptr) return wrong_type(key, *value, "true or false"), false;
  field = *found;
  return true;
}

bool Section::read(std::string_view key, std::string& field) {
  const auto found = text(key);
  if (found) field = found->text;
  return found.has_value();
}

bool Section::read_content(std::string_view key, std::string& field) {
  const Value* value = look(key);
  if (value == nullptr) return false;
  const auto* found = value->as<std::string>();
  if (found == nullptr) return wrong_type(key, *value, "a string"), false;
  field = *found;
  return true;
}

bool Section::read(std::string_view key, Duration& field, Range<Duration> range) {
  std::uint64_t ns = 0;
  const bool good = read_quantity(
      key, ns, {static_cast<std::uint64_t>(range.min.count()), static_cast<std::uint64_t>(range.max.count())}, duration_quantity);
  if (good) field = Duration{static_cast<Duration::rep>(ns)};
  return good;
}

bool Section::read_size(std::string_view key, std::uint64_t& field, Range<std::uint64_t> range) {
  return read_quantity(key, field, range, size_quantity);
}
bool Section::read_bit_rate(std::string_view key, std::uint64_t& field, Range<std::uint64_t> range) {
  return read_quantity(key, field, range, bit_rate_quantity);
}
bool Section::read_event_rate(std::string_view key, std::uint64_t& field, Range<std::uint64_t> range) {
  return read_quantity(key, field, range, event_rate_quantity);
}

bool Section::read_size_or(std::string_view key, std::string_view word, std::optional<std::uint64_t>& field,
                           Range<std::uint64_t> range) {
  if (is_word(key, word)) return field.reset(), true;
  std::uint64_t value = 0;
  or_word_ = word;
  const bool good = read_size(key, value, range);
  or_word_ = {};
  if (good) field = value;
  return good;
}

bool Section::read_quantity(std::string_view key, std::uint64_t& field, Range<std::uint64_t> range, const Quantity& quantity) {
  const Value* value = look(key);
  if (value == nullptr) return false;
  std::optional<std::uint64_t> number;
  if (const auto* integer = value->as<std::int64_t>(); integer != nullptr && quantity.plain && *integer >= 0)
    number = static_cast<std::uint64_t>(*integer);
  else if (const auto* text = value->as<std::string>())
    number = quantity.parse(*text);
  if (!number) return wrong_type(key, *value, quantity.expected), false;
  if (*number >= range.min && *number <= range.max) return field = *number, true;
  const bool is_below = *number < range.min;
  fail(key, value->place,
       fmt::format("{} is {} {}, allowed: {} to {}", quantity.format(*number), is_below ? "below" : "above",
                   quantity.format(is_below ? range.min : range.max), quantity.format(range.min), quantity.format(range.max)));
  return false;
}

std::optional<std::uint64_t> Section::integer(const Value* value, std::string_view key, std::uint64_t min, std::uint64_t max) {
  if (value == nullptr) return std::nullopt;
  const auto* number = value->as<std::int64_t>();
  if (number == nullptr) return wrong_type(key, *value, fmt::format("an integer from {} to {}", min, max)), std::nullopt;
  if (*number >= 0 && static_cast<std::uint64_t>(*number) >= min && static_cast<std::uint64_t>(*number) <= max)
    return static_cast<std::uint64_t>(*number);
  const bool is_below = *number < 0 || static_cast<std::uint64_t>(*number) < min;
  fail(key, value->place,
       fmt::format("{} is {} {}, allowed: {} to {}", *number, is_below ? "below" : "above", is_below ? min : max, min, max));
  return std::nullopt;
}

std::optional<std::vector<std::uint64_t>> Section::integers(std::string_view key, std::uint64_t min, std::uint64_t max) {
  const Value* value = look(key);
  if (value == nullptr) return std::nullopt;
  const auto* list = value->as<std::vector<Value>>();
  if (list == nullptr) return wrong_type(key, *value, fmt::format("a list of integers from {} to {}", min, max)), std::nullopt;
  if (list->empty()) return fail(key, value->place, "is an empty list: leave the key out or name at least one"), std::nullopt;
  std::vector<std::uint64_t> numbers;
  bool good = true;
  for (const Value& element : *list) {
    const auto number = integer(&element, key, min, max);
    const bool is_repeated = number && std::find(numbers.begin(), numbers.end(), *number) != numbers.end();
    if (is_repeated) fail(key, element.place, fmt::format("{} is named twice", *number));
    good &= number && !is_repeated;
    if (number) numbers.push_back(*number);
  }
  if (!good) return std::nullopt;
  return numbers;
}

std::optional<std::uint64_t> Section::one_number(std::string_view key, const std::vector<std::uint64_t>& choices) {
  const Value* value = look(key);
  if (value == nullptr) return std::nullopt;
  const auto* number = value->as<std::int64_t>();
  if (number == nullptr)
    return wrong_type(key, *value, fmt::format("one of the numbers {}", fmt::join(choices, ", "))), std::nullopt;
  for (const std::uint64_t choice : choices)
    if (*number >= 0 && static_cast<std::uint64_t>(*number) == choice) return choice;
  fail(key, value->place, fmt::format("unknown value {}, allowed: {}", *number, fmt::join(choices, ", ")));
  return std::nullopt;
}

std::optional<std::size_t> Section::one_word(std::string_view key, const std::vector<std::string_view>& words,
                                             std::initializer_list<std::string_view> later) {
  const Value* value = look(key);
  if (value == nullptr) return std::nullopt;
  const auto* text = value->as<std::string>();
  if (text == nullptr) return wrong_type(key, *value, fmt::format("one of the words {}", listed(words))), std::nullopt;
  const auto found = std::find(words.begin(), words.end(), *text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  if (std::find(later.begin(), later.end(), *text) != later.end())
    fail(key, value->place, fmt::format("{} is not supported yet, allowed: {}", quote(*text), listed(words)),
         Errc::not_supported);
  else
    fail(key, value->place,
         fmt::format("unknown value {}{} allowed: {}", quote(*text), did_you_mean(*text, words), listed(words)));
  return std::nullopt;
}

std::optional<Section::Text> Section::text(std::string_view key) {
  const Value* value = look(key);
  return value != nullptr ? text_of(key, *value) : std::nullopt;
}

std::optional<Section::Text> Section::text_of(std::string_view key, const Value& value) {
  const auto* text = value.as<std::string>();
  if (text == nullptr) return wrong_type(key, value, "a string"), std::nullopt;
  if (has_control(*text))
    return fail(key, value.place, fmt::format("{} contains a control character", quote(*text))), std::nullopt;
  return Text{*text, value.place};
}

std::optional<std::vector<Section::Text>> Section::texts(std::string_view key) {
  const Value* value = look(key);
  if (value == nullptr) return std::nullopt;
  std::vector<Text> found;
  const auto* list = value->as<std::vector<Value>>();
  if (list == nullptr && value->as<std::string>() == nullptr)
    return wrong_type(key, *value, "a string or a list of strings"), std::nullopt;
  if (list == nullptr) {
    const auto text = text_of(key, *value);
    if (!text) return std::nullopt;
    found.push_back(*text);
    return found;
  }
  if (list->empty()) return fail(key, value->place, "is an empty list: leave the key out or name at least one"), std::nullopt;
  bool good = true;
  for (const Value& element : *list) {
    const auto text = text_of(key, element);
    if (text) found.push_back(*text);
    good &= text.has_value();
  }
  if (!good) return std::nullopt;
  return found;
}

Section Section::child(std::string_view key, const Table& table, Place place, bool of_list) {
  if (table_ != document_->root().as<Table>())
    return Section{*document_, table, place, fmt::format("'{}{}'", prefix_, key), fmt::format("{}{}.", prefix_, key)};
  return Section{*document_, table, place, of_list ? fmt::format("[[{}]]", key) : fmt::format("[{}]", key), ""};
}

Section Section::section(std::string_view key) {
  auto found = section_if(key);
  return found ? *std::move(found) : child(key, empty_table, place_, false);
}

std::optional<Section> Section::section_if(std::string_view key) {
  const Value* value = look(key);
  if (value == nullptr) return std::nullopt;
  if (const Table* table = value->as<Table>()) return child(key, *table, value->place, false);
  wrong_type(key, *value, "a table");
  return std::nullopt;
}

std::vector<Section> Section::sections(std::string_view key) {
  std::vector<Section> found;
  const Value* value = look(key);
  if (value == nullptr) return found;
  const auto* list = value->as<std::vector<Value>>();
  if (list == nullptr) {
    wrong_type(key, *value, fmt::format("a list of tables, each under [[{}]]", key));
    return found;
  }
  for (const Value& element : *list) {
    if (const Table* table = element.as<Table>())
      found.push_back(child(key, *table, element.place, true));
    else
      wrong_type(key, element, "a table");
  }
  return found;
}

std::vector<Section::Element> Section::elements(std::string_view key) {
  std::vector<Element> found;
  const Value* value = look(key);
  if (value == nullptr) return found;
  const auto add = [&](const Value& element) {
    if (const Table* table = element.as<Table>())
      found.push_back({element.place, child(key, *table, element.place, true)});
    else if (element.as<std::string>() == nullptr)
      wrong_type(key, element, "a string, a table, or a list of these");
    else if (const auto text = text_of(key, element))
      found.push_back({element.place, text->text});
  };
  const auto* list = value->as<std::vector<Value>>();
  if (list == nullptr) {
    add(*value);
    return found;
  }
  if (list->empty()) fail(key, value->place, "is an empty list: name at least one");
  for (const Value& element : *list) add(element);
  return found;
}

std::vector<Section::Text> Section::keys() {
  std::vector<Text> found;
  for (const Entry& entry : table_->entries) {
    known_.push_back(entry.key);
    found.push_back({entry.key, entry.key_place});
  }
  return found;
}

bool Section::require(std::string_view key) {
  if (given(key)) return true;
  document_->fail(place_, fmt::format("{} has no {}, which is required", title_, quote(key)));
  return false;
}

bool Section::exclusive(std::initializer_list<std::string_view> keys, bool needed) {
  const Entry* first = nullptr;
  bool alone = true;
  for (const Entry& entry : table_->entries) {
    if (std::find(keys.begin(), keys.end(), entry.key) == keys.end()) continue;
    if (first == nullptr)
      first = &entry;
    else if (std::exchange(alone, false))
      document_->fail(entry.key_place, fmt::format("{}{}: excludes '{}{}', which is set too: use one of {}", prefix_, entry.key,
                                                   prefix_, first->key, listed({keys.begin(), keys.size()})));
  }
  if (first == nullptr && needed)
    document_->fail(place_, fmt::format("{} needs one of {}", title_, listed({keys.begin(), keys.size()})));
  return first != nullptr && alone;
}

void Section::not_supported(std::string_view key, std::string_view what) {
  later_.push_back(key);
  if (look(key) == nullptr) return;
  document_->fail(table_->find(key)->key_place, fmt::format("{}{}: not supported yet ({})", prefix_, key, what),
                  Errc::not_supported);
}

void Section::supports_only_bool(std::string_view key, bool value, std::string_view what) {
  bool found = value;
  if (read(key, found) && found != value)
    fail(key, fmt::format("{} is not supported yet ({}), allowed: {}", found, what, value), Errc::not_supported);
}

void Section::supports_only(std::string_view key, std::string_view word, std::string_view what) {
  const Value* value = look(key);
  if (value == nullptr || is_word(key, word)) return;
  fail(key, value->place, fmt::format("not supported yet ({}), allowed: \"{}\"", what, word), Errc::not_supported);
}

void Section::fail(std::string_view key, std::string_view what, Errc code) {
  const Entry* entry = table_->find(key);
  fail(key, entry != nullptr ? entry->value.place : place_, what, code);
}
void Section::fail(std::string_view key, Place place, std::string_view what, Errc code) {
  document_->fail(place, fmt::format("{}{}: {}", prefix_, key, what), code);
}

void Section::finish() {
  finished_ = true;
  std::vector<std::string_view> allowed;
  for (const std::string_view key : known_)
    if (std::find(later_.begin(), later_.end(), key) == later_.end() &&
        std::find(allowed.begin(), allowed.end(), key) == allowed.end())
      allowed.push_back(key);
  for (const Entry& entry : table_->entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    document_->fail(entry.key_place, fmt::format("unknown key {}{} allowed: {}", quote(prefix_ + entry.key),
                                                 did_you_mean(entry.key, known_), listed(allowed)));
  }
}

const Value* Section::look(std::string_view key) {
  known_.push_back(key);
  const Entry* entry = table_->find(key);
  return entry != nullptr ? &entry->value : nullptr;
}

bool Section::is_word(std::string_view key, std::string_view word) {
  const Value* value = look(key);
  const auto* text = value != nullptr ? value->as<std::string>() : nullptr;
  return text != nullptr && *text == word;
}

void Section::wrong_type(std::string_view key, const Value& value, std::string_view expected) {
  const auto* text = value.as<std::string>();
  fail(key, value.place,
       fmt::format("expected {}{}, found {}", or_word_.empty() ? "" : fmt::format("\"{}\" or ", or_word_), expected,
                   text != nullptr ? fmt::format("the string {}", quote(*text)) : value.kind()));
}

Result<std::string> parse_name(std::string_view text) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  const bool good = !text.empty() && text.size() <= 63 && is_plain(text.front()) &&
                    std::all_of(text.begin(), text.end(), [&](char c) { return is_plain(c) || c == '.' || c == '-'; });
  if (good) return std::string{text};
  return Error{Errc::invalid,
               fmt::format("{} is no name: 1 to 63 letters, digits, '.', '_' and '-', the first no '.' or '-'", quote(text))};
}

}  // namespace engine
