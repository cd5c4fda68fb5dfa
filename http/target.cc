#include "http/target.h"

#include <cstddef>
#include <cstdint>
#include <optional>

#ifdef __AVX2__
#include <immintrin.h>
#endif

#include "engine/check.h"
#include "http/chars.h"

namespace http {
namespace {

constexpr bool is_dots(std::string_view text) noexcept { return text == "." || text == ".."; }

/// Would a reader that takes %2F and %5C for slashes, or cuts a segment at ";", see a dot segment here?
bool has_hidden_dots(std::string_view segment) noexcept {
  for (;;) {
    const std::size_t end = std::min(segment.find("%2F"), segment.find("%5C"));
    const std::string_view part = segment.substr(0, end);
    if (is_dots(part.substr(0, part.find(';')))) return true;
    if (end == std::string_view::npos) return false;
    segment.remove_prefix(end + 3);
  }
}

/// Builds the normal form in a buffer, segment by segment. What is there is always "" or "/a/b", without a slash at the end.
class PathBuilder {
 public:
  explicit PathBuilder(char* out) noexcept : out_{out} {}

  /// Copies one segment of `path` that begins at `i` behind a slash. Returns: where it ends, or nullopt for a bad triplet.
  std::optional<std::size_t> copy_segment(std::string_view path, std::size_t i) noexcept {
    slash_ = size_;
    put('/');
    while (i < path.size() && path[i] != '/') {
      if (path[i] != '%') {
        put(path[i++]);
        continue;
      }
      const int high = i + 2 < path.size() ? hex_value(path[i + 1]) : -1;
      const int low = i + 2 < path.size() ? hex_value(path[i + 2]) : -1;
      if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
      put_triplet(high, low);
      i += 3;
    }
    return i;
  }

  [[nodiscard]] std::string_view segment() const noexcept { return {out_ + slash_ + 1, size_ - slash_ - 1}; }
  [[nodiscard]] std::string_view path() const noexcept { return {out_, size_}; }

  void drop_segment() noexcept { size_ = slash_; }
  void drop_two_segments() noexcept {
    size_ = slash_;
    while (size_ > 0 && out_[--size_] != '/') {
    }
  }
  void put(char c) noexcept { out_[size_++] = c; }

 private:
  void put_triplet(int high, int low) noexcept {
    const char c = static_cast<char>(high << 4 | low);
    if (is<CharClass::unreserved>(c)) return put(c);
    put('%');
    put("0123456789ABCDEF"[high]);
    put("0123456789ABCDEF"[low]);
  }

  char* out_;
  std::size_t size_ = 0, slash_ = 0;
};

}  // namespace

bool is_plainly_normal(std::string_view path) noexcept {
  std::size_t i = 0;
  unsigned behind_slash = 0;
#ifdef __AVX2__
  for (; i + 32 <= path.size(); i += 32) {
    const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(path.data() + i));
    const auto where = [v](char c) noexcept {
      return static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, _mm256_set1_epi8(c))));
    };
    const std::uint32_t slashes = where('/');
    if ((where('%') | ((slashes << 1 | behind_slash) & (slashes | where('.')))) != 0) return false;
    behind_slash = slashes >> 31;
  }
#endif
  for (; i < path.size(); ++i) {
    const char c = path[i];
    if (c == '%' || (behind_slash != 0 && (c == '/' || c == '.'))) return false;
    behind_slash = c == '/' ? 1 : 0;
  }
  return true;
}

NormalPath normalise_path(std::string_view path, std::span<char> buffer) noexcept {
  DCHECK(path.starts_with('/') || path == "*");
  DCHECK(buffer.size() >= path.size());
  if (is_plainly_normal(path)) [[likely]]
    return {Reject::none, path};

  PathBuilder out{buffer.data()};
  bool ends_with_slash = false;
  for (std::size_t i = 0; i < path.size();) {
    while (i < path.size() && path[i] == '/') ++i;
    if (i == path.size()) {
      ends_with_slash = true;
      break;
    }
    const auto end = out.copy_segment(path, i);
    if (!end) return {.why = Reject::bad_target};
    const std::string_view segment = out.segment();
    ends_with_slash = is_dots(segment) && *end == path.size();  // 5.2.4: "/a/." and "/a/b/.." name a directory
    if (segment == ".")
      out.drop_segment();
    else if (segment == "..")
      out.drop_two_segments();
    else if (has_hidden_dots(segment))
      return {.why = Reject::bad_target};
    i = *end;
  }
  if (ends_with_slash) out.put('/');
  return {Reject::none, out.path()};
}

}  // namespace http
