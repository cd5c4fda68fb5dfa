// A config file as values that know where they were written, changed by `--set`. What they mean is read by engine/section.h.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/result.h"

namespace engine {

/// Where something stands: in the file (source 0) or in an override. Ordered as people read: the file first.
struct Place {
  std::uint32_t source = 0, line = 1, column = 1;
  friend constexpr auto operator<=>(const Place&, const Place&) noexcept = default;
};

struct Value;
struct Entry;

/// Entries in the order of the file.
struct Table {
  std::vector<Entry> entries;
  [[nodiscard]] const Entry* find(std::string_view key) const noexcept;
  [[nodiscard]] Entry* find(std::string_view key) noexcept;
};
/// TOML's dates and times, of which no key has one.
struct DateTime {};

struct Value {
  Place place{};
  std::variant<bool, std::int64_t, double, std::string, std::vector<Value>, Table, DateTime> data{};

  template <typename T>
  [[nodiscard]] const T* as() const noexcept {
    return std::get_if<T>(&data);
  }
  /// "an integer", "a list", ...
  [[nodiscard]] std::string_view kind() const noexcept;
};

struct Entry {
  std::string key;
  Place key_place{};
  Value value{};
};

/// Collects what is wrong with the file, so that one run tells all. Sections refer to it: it must stay where it is while they
/// live.
class Document {
 public:
  /// A key of a table, or the index of an element of a list.
  using Step = std::variant<std::string_view, std::size_t>;

  /// `name`: as places show it, usually the path.   Errors: what TOML does not allow, with its place.
  static Result<Document> parse(std::string_view text, std::string name);
  /// Errors: the file cannot be read, or is larger than 64 MiB; and as above.
  static Result<Document> load(const std::string& path);

  /// Applies "KEY=VALUE". KEY: a path with dots, such as "engine.workers" or "port.lan.mtu"; an element of a list of tables goes
  /// by its `name`, else its `prefix` or `address`; a part with other characters than letters, digits, "_" and "-" is put in
  /// quotes. VALUE: TOML, and what does not parse as TOML is a string.   Errors: no such element; a KEY that is no path.
  Result<void> set(std::string_view assignment);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const Value& root() const noexcept { return root_; }
  /// Of the value at that path, or of the last one on the way that exists.
  [[nodiscard]] Place place(std::initializer_list<Step> path) const noexcept;
  /// "http-lb.toml:12:9", or "--set engine.workers".
  [[nodiscard]] std::string text(Place place) const;

  void fail(Place place, std::string what, Errc code = Errc::invalid) {
    errors_.push_back({place, {code, std::move(what), text(place)}});
  }
  void warn(Place place, std::string what) { warnings_.push_back({place, {Errc::invalid, std::move(what), text(place)}}); }
  [[nodiscard]] bool ok() const noexcept { return errors_.empty(); }
  /// In the order of their places.
  [[nodiscard]] std::vector<Error> errors() const { return sorted(errors_); }
  [[nodiscard]] std::vector<Error> warnings() const { return sorted(warnings_); }
  /// All errors as one, each on its line (the first 50), or success.
  [[nodiscard]] Result<void> result() const;

 private:
  struct Complaint {
    Place place;
    Error error;
  };
  explicit Document(std::string name) : name_{std::move(name)} {}
  [[nodiscard]] static std::vector<Error> sorted(std::vector<Complaint> complaints);
  [[nodiscard]] Result<void> assign(const std::vector<std::string>& path, Value value, Place place);

  std::string name_;
  std::vector<std::string> overrides_;  // KEY of each
  Value root_;
  std::vector<Complaint> errors_, warnings_;
};

}  // namespace engine
