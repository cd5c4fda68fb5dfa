#include "http/text_template.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fmt/format.h>
#include <utility>

#include "http/chars.h"

namespace http {
namespace {

constexpr bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

engine::Error error_at(std::size_t offset, std::string what) {
  return {.code = engine::Errc::invalid, .what = fmt::format("{} at offset {}", what, offset)};
}

/// Appends within a span; once something did not fit, nothing more does.
class BoundedText {
 public:
  explicit BoundedText(std::span<char> out) noexcept : out_{out} {}
  void put(std::string_view text) noexcept {
    fits_ = fits_ && text.size() <= out_.size() - size_;
    if (!fits_ || text.empty()) return;
    std::memcpy(out_.data() + size_, text.data(), text.size());
    size_ += text.size();
  }
  void put_value(std::string_view value) noexcept {
    while (!value.empty()) {
      const auto clean = static_cast<std::size_t>(std::find_if(value.begin(), value.end(), is_control) - value.begin());
      put(value.substr(0, clean));
      if (clean == value.size()) return;
      const auto byte = static_cast<unsigned char>(value[clean]);
      const std::array<char, 3> triplet = {'%', "0123456789ABCDEF"[byte >> 4], "0123456789ABCDEF"[byte & 15]};
      put({triplet.data(), triplet.size()});
      value.remove_prefix(clean + 1);
    }
  }
  [[nodiscard]] std::size_t size() const noexcept { return fits_ ? size_ : TextTemplate::npos; }

 private:
  std::span<char> out_;
  std::size_t size_ = 0;
  bool fits_ = true;
};

}  // namespace

TextTemplate::Member TextTemplate::member_named(std::string_view name) noexcept {
  static constexpr std::array<std::pair<std::string_view, Member>, 7> members = {{
      {"host", &TemplateValues::host},
      {"port", &TemplateValues::port},
      {"path", &TemplateValues::path},
      {"query", &TemplateValues::query},
      {"client", &TemplateValues::client},
      {"request_id", &TemplateValues::request_id},
      {"scheme", &TemplateValues::scheme},
  }};
  for (const auto& [known, member] : members)
    if (known == name) return member;
  return nullptr;
}

engine::Result<TextTemplate> TextTemplate::parse(std::string_view text) {
  TextTemplate result;
  Part part;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_control(c)) return error_at(i, fmt::format("control character 0x{:02x}", static_cast<unsigned char>(c)));
    if ((c == '{' || c == '}') && i + 1 < text.size() && text[i + 1] == c) {
      ++i;
    } else if (c == '}') {
      return error_at(i, "\"}\" without \"{\" (write \"}}\" for the brace itself)");
    } else if (c == '{') {
      const std::size_t close = text.find('}', i);
      if (close == std::string_view::npos) return error_at(i, fmt::format("placeholder \"{}\" is not closed", text.substr(i)));
      part.value = member_named(text.substr(i + 1, close - i - 1));
      if (part.value == nullptr)
        return error_at(i, fmt::format("unknown placeholder \"{}\" (known: {{host}} {{port}} {{path}} {{query}} {{client}} "
                                       "{{request_id}} {{scheme}})",
                                       text.substr(i, close - i + 1)));
      result.parts_.push_back(part);
      part = {.literal_begin = static_cast<std::uint32_t>(result.literals_.size())};
      i = close;
      continue;
    }
    result.literals_ += c;
    ++part.literal_bytes;
  }
  if (part.literal_bytes != 0) result.parts_.push_back(part);
  return result;
}

std::size_t TextTemplate::expand(const TemplateValues& values, std::span<char> out) const noexcept {
  BoundedText text{out};
  for (const Part& part : parts_) {
    text.put(std::string_view{literals_}.substr(part.literal_begin, part.literal_bytes));
    if (part.value != nullptr) text.put_value(values.*part.value);
  }
  return text.size();
}

bool TextTemplate::is_constant() const noexcept {
  return std::none_of(parts_.begin(), parts_.end(), [](const Part& part) { return part.value != nullptr; });
}

}  // namespace http
