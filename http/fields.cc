#include "http/fields.h"

#include <algorithm>
#include <array>

namespace http {

namespace {
constexpr std::array<std::string_view, static_cast<std::size_t>(Method::count_)> method_names = {
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", ""};
static_assert(method_names[static_cast<std::size_t>(Method::patch)] == "PATCH");
}  // namespace

std::string_view method_name(Method method) noexcept { return method_names[static_cast<std::size_t>(method)]; }

Method method_from(std::string_view text) noexcept {
  const auto same = [text](const char* name) noexcept { return std::memcmp(text.data(), name, text.size()) == 0; };
  switch (text.size()) {
    case 3:
      return same("GET") ? Method::get : same("PUT") ? Method::put : Method::other;
    case 4:
      return same("POST") ? Method::post : same("HEAD") ? Method::head : Method::other;
    case 5:
      return same("PATCH") ? Method::patch : same("TRACE") ? Method::trace : Method::other;
    case 6:
      return same("DELETE") ? Method::delete_ : Method::other;
    case 7:
      return same("OPTIONS") ? Method::options : same("CONNECT") ? Method::connect : Method::other;
    default:
      return Method::other;
  }
}

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) noexcept { return is<CharClass::token>(c); });
}

bool is_field_value(std::string_view text) noexcept {
  return trim_ows(text).size() == text.size() &&
         std::all_of(text.begin(), text.end(), [](char c) noexcept { return is<CharClass::field>(c); });
}

std::string_view trim_ows(std::string_view text) noexcept {
  while (!text.empty() && is_ows(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_ows(text.back())) text.remove_suffix(1);
  return text;
}

const Field* find_field(const Fields& fields, std::string_view name) noexcept {
  for (const Field& field : fields)
    if (equal_folded(field.name, name)) return &field;
  return nullptr;
}

FieldId field_id_of_alias(std::string_view name) noexcept {
  constexpr std::size_t longest = std::string_view{"transfer-encoding"}.size();
  if (name.size() > longest || name.find('_') == std::string_view::npos) return FieldId::other;
  std::array<char, longest> dashed;
  std::replace_copy(name.begin(), name.end(), dashed.begin(), '_', '-');
  return field_id({dashed.data(), name.size()});
}

std::optional<std::string_view> ListMembers::next() noexcept {
  while (!rest_.empty()) {
    bool quoted = false;
    std::size_t end = 0;
    for (; end < rest_.size() && (quoted || rest_[end] != ','); ++end) {
      if (rest_[end] == '"')
        quoted = !quoted;
      else if (quoted && rest_[end] == '\\')
        ++end;  // quoted-pair, RFC 9110 5.6.4
    }
    end = std::min(end, rest_.size());  // a backslash can be the last byte
    const std::string_view member = trim_ows(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (!member.empty()) return member;
  }
  return std::nullopt;
}

}  // namespace http
