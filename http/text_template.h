// Texts with {placeholders} as the config has them: "https://{host}{path}{query}". Compiled once, expanded per request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"

namespace http {

/// What the placeholders stand for in one request. `query`: "" or "?...".
struct TemplateValues {
  std::string_view host, port, path, query, client, request_id, scheme;
};

class TextTemplate {
 public:
  /// "{{" and "}}" stand for the braces themselves.
  /// Errors: an unknown or unclosed placeholder, a single "}", a control character; the message names it and its offset.
  [[nodiscard]] static engine::Result<TextTemplate> parse(std::string_view text);

  /// Returns: bytes written, or npos when `out` is too small (what is in it has no meaning then). Control characters in values
  /// are written as percent triplets, so that no value can end a line or a field, whoever made it.
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);
  [[nodiscard]] std::size_t expand(const TemplateValues& values, std::span<char> out) const noexcept;

  /// No placeholder in it: the expansion is always the same.
  [[nodiscard]] bool is_constant() const noexcept;

 private:
  using Member = std::string_view TemplateValues::*;
  /// A literal (bytes of literals_), then a value, unless `value` is null.
  struct Part {
    std::uint32_t literal_begin = 0, literal_bytes = 0;
    Member value = nullptr;
  };
  static Member member_named(std::string_view name) noexcept;

  std::string literals_;
  std::vector<Part> parts_;
};

}  // namespace http
