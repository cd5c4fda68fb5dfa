#include "engine/document.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <toml++/toml.h>

#include "engine/wording.h"

namespace engine {

namespace {

constexpr std::size_t file_bytes_max = std::size_t{64} << 20;
constexpr std::size_t errors_shown_max = 50;

Place place_of(const toml::source_region& region, std::uint32_t source) {
  return {source, static_cast<std::uint32_t>(region.begin.line), static_cast<std::uint32_t>(region.begin.column)};
}

Value convert(const toml::node& node, std::uint32_t source) {
  Value value{place_of(node.source(), source)};
  switch (node.type()) {
    case toml::node_type::boolean:
      value.data = node.as_boolean()->get();
      break;
    case toml::node_type::integer:
      value.data = node.as_integer()->get();
      break;
    case toml::node_type::floating_point:
      value.data = node.as_floating_point()->get();
      break;
    case toml::node_type::string:
      value.data = node.as_string()->get();
      break;
    case toml::node_type::array: {
      std::vector<Value> list;
      for (const toml::node& element : *node.as_array()) list.push_back(convert(element, source));
      value.data = std::move(list);
      break;
    }
    case toml::node_type::table: {
      Table table;  // toml++ sorts by key: back to the order in which they were written
      for (const auto& [key, child] : *node.as_table())
        table.entries.push_back({std::string{key.str()}, place_of(key.source(), source), convert(child, source)});
      std::stable_sort(table.entries.begin(), table.entries.end(),
                       [](const Entry& a, const Entry& b) { return a.key_place < b.key_place; });
      value.data = std::move(table);
      break;
    }
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
    case toml::node_type::none:
      value.data = DateTime{};
      break;
  }
  return value;
}

/// toml++'s description quotes bytes of the file: kept to one line.
std::string syntax_error(const toml::parse_error& error) {
  std::string text = fmt::format("TOML syntax: {}", error.description());
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return text;
}

/// VALUE of an override.
Value parse_value(std::string_view text, std::uint32_t source) {
  try {
    const toml::table table = toml::parse(fmt::format("value = {}", text));
    if (const toml::node* node = table.get("value"); node != nullptr && table.size() == 1) return convert(*node, source);
  } catch (const toml::parse_error&) {  // then it is a string
  }
  return {Place{source}, std::string{text}};
}

/// The parts of KEY, and what is left behind it: "=VALUE".
std::optional<std::vector<std::string>> take_path(std::string_view& text) {
  constexpr std::string_view bare = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  std::vector<std::string> path;
  while (!text.empty()) {
    const bool in_quotes = text.front() == '"' || text.front() == '\'';
    const std::size_t end = in_quotes ? text.find(text.front(), 1) : std::min(text.find_first_not_of(bare), text.size());
    if (end == std::string_view::npos) return std::nullopt;
    path.emplace_back(text.substr(in_quotes ? 1 : 0, end - (in_quotes ? 1 : 0)));
    if (path.back().empty() ||
        std::any_of(path.back().begin(), path.back().end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }))
      return std::nullopt;
    text.remove_prefix(end + (in_quotes ? 1 : 0));
    if (text.starts_with('=')) return path;
    if (!text.starts_with('.')) return std::nullopt;
    text.remove_prefix(1);
  }
  return std::nullopt;
}

/// What an element of a list of tables is called.
std::string_view identity(const Value& element) {
  const Table* table = element.as<Table>();
  if (table == nullptr) return {};
  for (const std::string_view key : {"name", "prefix", "address"})
    if (const Entry* entry = table->find(key))
      if (const auto* text = entry->value.as<std::string>()) return *text;
  return {};
}

std::string dotted(const std::vector<std::string>& path, std::size_t count) {
  return fmt::format("{}", fmt::join(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(count), "."));
}

const Value* child(const Value& value, const Document::Step& step) noexcept {
  if (const auto* key = std::get_if<std::string_view>(&step)) {
    const Table* table = value.as<Table>();
    const Entry* entry = table != nullptr ? table->find(*key) : nullptr;
    return entry != nullptr ? &entry->value : nullptr;
  }
  const auto* list = value.as<std::vector<Value>>();
  const std::size_t index = std::get<std::size_t>(step);
  return list != nullptr && index < list->size() ? &(*list)[index] : nullptr;
}

}  // namespace

const Entry* Table::find(std::string_view key) const noexcept {
  const auto entry = std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.key == key; });
  return entry != entries.end() ? &*entry : nullptr;
}
Entry* Table::find(std::string_view key) noexcept { return const_cast<Entry*>(std::as_const(*this).find(key)); }

std::string_view Value::kind() const noexcept {
  static constexpr std::array<std::string_view, std::variant_size_v<decltype(data)>> kinds{
      "a boolean", "an integer", "a float", "a string", "a list", "a table", "a date or time"};
  return kinds[data.index()];
}

Result<Document> Document::parse(std::string_view text, std::string name) {
  Document document{std::move(name)};
  try {
    const toml::table table = toml::parse(text, document.name_);
    document.root_ = convert(table, 0);
  } catch (const toml::parse_error& error) {
    return Error{Errc::invalid, syntax_error(error), document.text(place_of(error.source(), 0))};
  }
  document.root_.place = {};
  return document;
}

Result<Document> Document::load(const std::string& path) {
  const auto unreadable = [&](int error) {
    return Error{error == ENOENT ? Errc::not_found : Errc::io, fmt::format("cannot be read: {}", std::strerror(error)), path};
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "re"), &std::fclose};
  if (!file) return unreadable(errno);
  std::string text;
  std::array<char, 65'536> buffer;
  while (const std::size_t bytes = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    if (text.size() + bytes > file_bytes_max) return Error{Errc::invalid, "is larger than 64 MiB", path};
    text.append(buffer.data(), bytes);
  }
  if (std::ferror(file.get()) != 0) return unreadable(errno);
  return parse(text, path);
}

Result<void> Document::set(std::string_view assignment) {
  std::string_view rest = assignment;
  const auto path = take_path(rest);
  if (!path)
    return Error{Errc::invalid, "write KEY=VALUE, for example engine.workers=2 or port.lan.mtu=9000",
                 fmt::format("--set {}", quote(assignment))};
  overrides_.emplace_back(assignment.substr(0, assignment.size() - rest.size()));
  const Place place{static_cast<std::uint32_t>(overrides_.size()), 1, 1};
  return assign(*path, parse_value(rest.substr(1), place.source), place);
}

Result<void> Document::assign(const std::vector<std::string>& path, Value value, Place place) {
  const auto refuse = [&](std::string what) { return Error{Errc::invalid, std::move(what), text(place)}; };
  Value* at = &root_;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool is_last = i + 1 == path.size();
    if (auto* list = std::get_if<std::vector<Value>>(&at->data)) {
      const auto element = std::find_if(list->begin(), list->end(), [&](const Value& v) { return identity(v) == path[i]; });
      if (element == list->end()) {
        std::vector<std::string_view> names;
        for (const Value& v : *list)
          if (!identity(v).empty()) names.push_back(identity(v));
        return refuse(fmt::format("{} has no element {}{} there are: {}", dotted(path, i), quote(path[i]),
                                  did_you_mean(path[i], names), names.empty() ? "none" : listed(names, 12)));
      }
      if (is_last)
        return refuse(fmt::format("{} is a table: set one of its keys, {}.KEY=VALUE", dotted(path, i + 1), dotted(path, i + 1)));
      at = &*element;
      continue;
    }
    auto* table = std::get_if<Table>(&at->data);
    if (table == nullptr) return refuse(fmt::format("{} is {}, no table", dotted(path, i), at->kind()));
    Entry* entry = table->find(path[i]);
    if (entry == nullptr) {
      table->entries.push_back({path[i], place, {place, Table{}}});
      entry = &table->entries.back();
    }
    at = &entry->value;
  }
  *at = std::move(value);
  return {};
}

Place Document::place(std::initializer_list<Step> path) const noexcept {
  const Value* at = &root_;
  for (const Step& step : path) {
    const Value* next = child(*at, step);
    if (next == nullptr) break;
    at = next;
  }
  return at->place;
}

std::string Document::text(Place place) const {
  if (place.source == 0) return fmt::format("{}:{}:{}", name_, place.line, place.column);
  return fmt::format("--set {}", overrides_[place.source - 1]);
}

std::vector<Error> Document::sorted(std::vector<Complaint> complaints) {
  std::stable_sort(complaints.begin(), complaints.end(),
                   [](const Complaint& a, const Complaint& b) { return a.place < b.place; });
  std::vector<Error> errors;
  for (Complaint& complaint : complaints) errors.push_back(std::move(complaint.error));
  return errors;
}

Result<void> Document::result() const {
  if (ok()) return {};
  const std::vector<Error> all = errors();
  Error joined = all.front();
  for (std::size_t i = 1; i < std::min(all.size(), errors_shown_max); ++i) joined.what.append(1, '\n').append(all[i].message());
  if (all.size() > errors_shown_max) joined.what += fmt::format("\n{}: {} more errors", name_, all.size() - errors_shown_max);
  return joined;
}

}  // namespace engine
