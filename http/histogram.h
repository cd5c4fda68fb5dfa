// Durations in the buckets that INTERFACES promises. One writer, any reader.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

#include "engine/counters.h"
#include "engine/time.h"

namespace http {

class DurationHistogram {
 public:
  /// Upper bounds, microseconds; above the last one is +Inf.
  static constexpr std::array<std::uint64_t, 16> bounds_us{100,       250,       500,       1'000,     2'500,   5'000,
                                                           10'000,    25'000,    50'000,    100'000,   250'000, 500'000,
                                                           1'000'000, 2'500'000, 5'000'000, 10'000'000};

  void add(engine::Duration duration) noexcept {
    const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(0, duration.count() / 1000));
    std::size_t i = 0;
    while (i < bounds_us.size() && us > bounds_us[i]) ++i;  // short durations, which are most, end the search at once
    buckets_[i].add();
    sum_us_.add(us);
  }
  /// Observations in (bounds[i - 1], bounds[i]]; i == bounds.size() is what lies above all.
  [[nodiscard]] std::uint64_t bucket(std::size_t i) const noexcept { return buckets_[i].get(); }
  [[nodiscard]] std::uint64_t sum_us() const noexcept { return sum_us_.get(); }

 private:
  std::array<engine::Counter, bounds_us.size() + 1> buckets_;
  engine::Counter sum_us_;
};

}  // namespace http
