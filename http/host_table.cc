#include "http/host_table.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "http/fold.h"

namespace http {
namespace {

/// What is wrong with a name in a config, or nullptr. Lenient: names with "_" are in use, and a request decides what it sends.
const char* flaw_of(std::string_view name) noexcept {
  if (name.empty() || name.front() == '.') return "is not a name";
  if (name.size() > 253) return "is longer than 253 bytes";
  if (name.find('*') != std::string_view::npos) return "has a \"*\" that is not its first label (\"*.example.com\")";
  if (name.front() == '[') return name.back() == ']' ? nullptr : "is not an address in brackets";
  if (name.find(':') != std::string_view::npos) return "has a port, which is not compared: write the name only";
  const bool odd = std::any_of(name.begin(), name.end(),
                               [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '/' || c == '\x7f'; });
  return odd ? "is not a name" : nullptr;
}

}  // namespace

engine::Result<std::uint32_t> HostTable::Builder::add(std::string_view host) {
  std::string name = folded(without_final_dot(host));
  const bool is_wildcard = name.starts_with("*.");
  const char* const flaw = flaw_of(std::string_view{name}.substr(is_wildcard ? 2 : 0));
  if (flaw != nullptr) return engine::Error{engine::Errc::invalid, fmt::format("host \"{}\" {}", host, flaw)};
  if (is_wildcard) name.erase(0, 1);
  const auto next = static_cast<std::uint32_t>(groups_.size() + 1);  // any_host is 0
  return groups_.try_emplace({is_wildcard ? wildcard : exact, std::move(name)}, next).first->second;
}

HostTable HostTable::Builder::build() && {
  HostTable table;
  std::vector<TextMap<std::uint32_t>::Entry> entries;
  for (const auto& [key, group] : groups_) {
    entries.push_back({key.first, key.second, group});
    if (key.first == wildcard)
      table.wildcard_bytes_.set(key.second.size());
    else
      table.longest_exact_ = std::max(table.longest_exact_, key.second.size());
  }
  table.names_ = TextMap<std::uint32_t>{entries};
  table.parents_.assign(groups_.size() + 1, no_group);
  for (const auto& [key, group] : groups_)
    table.parents_[group] = table.find_wildcard(key.second);  // a wildcard's own text is not above it
  return table;
}

/// Longest suffix first. A label must come before the suffix, so the search starts behind the first byte.
std::uint32_t HostTable::find_wildcard(std::string_view folded) const noexcept {
  for (std::size_t dot = folded.find('.', 1); dot != std::string_view::npos; dot = folded.find('.', dot + 1)) {
    const std::string_view suffix = folded.substr(dot);
    if (suffix.size() > host_bytes_max || !wildcard_bytes_[suffix.size()]) continue;
    if (const std::uint32_t* group = names_.find(wildcard, suffix, hash_text(suffix))) return *group;
  }
  return any_host;
}

std::uint32_t HostTable::find(std::string_view host) const noexcept {
  if (names_.size() == 0) return any_host;
  host = without_final_dot(host);
  std::array<char, (host_bytes_max + 2 + 7) / 8 * 8> buffer;
  const bool is_long = host.size() > host_bytes_max + 1;  // longer than every exact name; its end may still be a wildcard's
  if (is_long) host.remove_prefix(host.size() - host_bytes_max - 1);
  fold_into(buffer.data(), host);
  const std::string_view name{buffer.data(), host.size()};
  if (name.size() <= longest_exact_)
    if (const std::uint32_t* group = names_.find(exact, name, hash_text(name))) return *group;
  return wildcard_bytes_.any() ? find_wildcard(name) : any_host;
}

}  // namespace http
