// The answer of a `respond` rule, made once: only its Date changes, once a second.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/slice.h"
#include "http/message.h"

namespace http {

/// One shard's copy. Small answers are one slice, head and body; the body of a large one is a slice of its own.
class FixedAnswer {
 public:
  /// The forms in which a head can be needed.
  enum class Form : std::uint8_t { keep_alive_1_1, keep_alive_1_0, close, count_ };
  [[nodiscard]] static constexpr Form form(Version version, bool keep_alive) noexcept {
    if (!keep_alive) return Form::close;
    return version == Version::http_1_1 ? Form::keep_alive_1_1 : Form::keep_alive_1_0;
  }

  FixedAnswer(std::uint16_t status, std::string_view content_type, std::shared_ptr<const std::string> body);

  [[nodiscard]] std::uint16_t status() const noexcept { return status_; }
  /// The head with `date`, and the body if it is small, with `second` telling dates apart. Empty if all copies of another second
  /// are still in use: then `write` it.
  [[nodiscard]] engine::Slice share(Form form, std::string_view date, std::int64_t second, bool head_only) noexcept;
  /// Copies what `share` would have given.   Returns: bytes written; 0 if `out` is too small.
  [[nodiscard]] std::size_t write(Form form, std::string_view date, bool head_only, std::span<char> out) const noexcept;
  /// The body if it is not part of the first slice, else an empty slice.
  [[nodiscard]] engine::Slice share_body() const noexcept { return body_.share(0, body_.size()); }
  [[nodiscard]] std::uint64_t body_bytes() const noexcept { return body_bytes_; }
  /// Nothing that was shared is still on its way.
  [[nodiscard]] bool is_unused() const noexcept;

  static constexpr std::size_t inline_body_max = 4096;  // bytes; larger ones are sent from where they lie
  static constexpr std::size_t copies_max = 3;          // of a head: the seconds that may be in flight at once

 private:
  struct Copy {
    std::shared_ptr<std::string> bytes;
    engine::Slice root;
    std::int64_t second = INT64_MIN;
  };
  struct Head {
    std::array<Copy, copies_max> copies;
    std::size_t head_bytes = 0, date_offset = 0;
  };
  std::uint16_t status_;
  std::uint64_t body_bytes_;
  std::array<Head, static_cast<std::size_t>(Form::count_)> heads_;
  engine::Slice body_;
};

}  // namespace http
