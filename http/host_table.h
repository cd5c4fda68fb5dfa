// From a request's host to the groups of rules that it selects: its exact name, each wildcard above it, those without host.
#pragma once

#include <bitset>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/result.h"
#include "http/text_map.h"

namespace http {

/// A group is what has the same host text in the config. The groups of one request form a chain from the most specific one to
/// `any_host`, known at build: whatever host reaches "api.example.com" also reaches "*.example.com", if that exists.
///
/// Case does not count, nor does the dot that ends an absolute name ("example.com."): it names the same host in the DNS, and
/// nginx drops it too. An empty host is no name: it selects `any_host` only.
class HostTable {
 public:
  static constexpr std::uint32_t any_host = 0;
  static constexpr std::uint32_t no_group = std::numeric_limits<std::uint32_t>::max();

  class Builder {
   public:
    /// The group of that text, the same for the same host.
    /// Errors: neither a name (or an address) nor "*." and a name; a port in it.
    [[nodiscard]] engine::Result<std::uint32_t> add(std::string_view host);
    [[nodiscard]] HostTable build() &&;

   private:
    std::map<std::pair<std::uint32_t, std::string>, std::uint32_t> groups_;  // by (kind, text)
  };

  /// The most specific group of that host; any_host if nothing names it.   Requires: no port in it.
  [[nodiscard]] std::uint32_t find(std::string_view host) const noexcept;
  /// The next less specific group; no_group after any_host.
  [[nodiscard]] std::uint32_t parent(std::uint32_t group) const noexcept { return parents_[group]; }
  [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(parents_.size()); }

 private:
  static constexpr std::uint32_t exact = 0, wildcard = 1;  // spaces of names_; a wildcard is stored as ".example.com"
  static constexpr std::size_t host_bytes_max = 254;       // RFC 1035 2.3.4: 253 in text, and the dot of a wildcard
  [[nodiscard]] std::uint32_t find_wildcard(std::string_view folded) const noexcept;

  TextMap<std::uint32_t> names_;
  std::vector<std::uint32_t> parents_{no_group};
  std::size_t longest_exact_ = 0;
  std::bitset<host_bytes_max + 1> wildcard_bytes_;  // which lengths exist, so that most suffixes need no look-up
};

/// "example.com." is the absolute form of "example.com".
[[nodiscard]] constexpr std::string_view without_final_dot(std::string_view host) noexcept {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

}  // namespace http
