// IMF-fixdate, the only form of a date that a sender may write. RFC 9110 5.6.7.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace http {

inline constexpr std::size_t date_bytes = 29;  // "Sun, 06 Nov 1994 08:49:37 GMT"

/// Units: seconds since 1970, UTC. Times outside the years 0 to 9999, which the form cannot express, are written as the nearest.
void write_date(std::int64_t unix_seconds, std::span<char, date_bytes> out) noexcept;

/// The text of the current second, made once per second. One per shard.
class DateCache {
 public:
  /// The view holds until the next call with another second.
  [[nodiscard]] std::string_view at(std::int64_t unix_seconds) noexcept {
    if (unix_seconds != second_) {
      second_ = unix_seconds;
      write_date(unix_seconds, text_);
    }
    return {text_.data(), text_.size()};
  }

 private:
  std::int64_t second_ = std::numeric_limits<std::int64_t>::min();
  std::array<char, date_bytes> text_{};
};

}  // namespace http
