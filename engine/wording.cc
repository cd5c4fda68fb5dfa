#include "engine/wording.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <numeric>
#include <vector>

namespace engine {

namespace {

constexpr std::size_t quoted_bytes_max = 60;

constexpr char plain(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c | 0x20);
  return c == '-' ? '_' : c;
}

/// Insertions, deletions, substitutions and swaps of neighbors that lead from `a` to `b` (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const char x = plain(a[i - 1]), y = plain(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (x == y ? 0u : 1u)});
      if (i > 1 && j > 1 && x == plain(b[j - 2]) && plain(a[i - 2]) == y) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::string quote(std::string_view text) {
  std::string result = "'";
  for (const char c : text.substr(0, quoted_bytes_max)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      fmt::format_to(std::back_inserter(result), "\\x{:02x}", byte);
    else
      result += c;
  }
  return result += text.size() > quoted_bytes_max ? "...'" : "'";
}

std::string_view nearest(std::string_view text, std::span<const std::string_view> candidates) {
  constexpr std::size_t text_bytes_max = 64;  // the distance costs the product of the lengths
  if (text.size() > text_bytes_max) return {};
  std::size_t best = std::max<std::size_t>(1, text.size() / 3) + 1;
  std::string_view found;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() >= text.size() + best || text.size() >= candidate.size() + best) continue;
    const std::size_t d = distance(text, candidate);
    if (d >= best || d >= candidate.size()) continue;
    best = d;
    found = candidate;
  }
  if (!found.empty()) return found;
  constexpr std::size_t shared_bytes_min = 3;
  const auto akin = std::find_if(candidates.begin(), candidates.end(), [&](std::string_view candidate) {
    return std::min(text.size(), candidate.size()) >= shared_bytes_min &&
           (candidate.find(text) != std::string_view::npos || text.starts_with(candidate));
  });
  return akin != candidates.end() ? *akin : found;
}

std::string did_you_mean(std::string_view text, std::span<const std::string_view> candidates) {
  const std::string_view found = nearest(text, candidates);
  return found.empty() ? "," : fmt::format(", did you mean {}?", quote(found));
}

std::string listed(std::span<const std::string_view> words, std::size_t max) {
  if (words.size() <= max) return fmt::format("{}", fmt::join(words, ", "));
  return fmt::format("{}, ... ({} in all)", fmt::join(words.first(max), ", "), words.size());
}

}  // namespace engine
