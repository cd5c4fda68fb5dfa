// What the control path returns: a value, or an error that says what is wrong and where. The data path returns verdicts.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "engine/check.h"

namespace engine {

enum class Errc { invalid, not_supported, exhausted, not_found, io, denied };

/// `what` is a sentence for a person, without a full stop; `where` is a place ("http-lb.toml:12:9", "port lan") or empty.
struct Error {
  Errc code = Errc::invalid;
  std::string what;
  std::string where{};

  [[nodiscard]] std::string message() const { return where.empty() ? what : where + ": " + what; }
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_{std::in_place_index<0>, std::move(value)} {}      // NOLINT: `return value;` is the point
  Result(Error error) : state_{std::in_place_index<1>, std::move(error)} {}  // NOLINT: and so is `return error;`
  [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }
  [[nodiscard]] T& value() & { return CHECK(ok()), std::get<0>(state_); }
  [[nodiscard]] const T& value() const& { return CHECK(ok()), std::get<0>(state_); }
  [[nodiscard]] T&& value() && { return CHECK(ok()), std::get<0>(std::move(state_)); }
  [[nodiscard]] const Error& error() const { return CHECK(!ok()), std::get<1>(state_); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }

 private:
  std::variant<T, Error> state_;
};

/// Success carries nothing.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_{std::move(error)}, ok_{false} {}  // NOLINT
  [[nodiscard]] bool ok() const noexcept { return ok_; }
  explicit operator bool() const noexcept { return ok_; }
  [[nodiscard]] const Error& error() const { return CHECK(!ok_), error_; }

 private:
  Error error_{};
  bool ok_ = true;
};

}  // namespace engine
