// Whether the workers get on: judged from their turn counters, by whoever asks.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace apps {

/// A worker that makes no turn for `patience` hangs: one that sleeps wakes ten times a second.
class ProgressWatch {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::milliseconds patience{1000};

  /// `turns` of each worker at `now`.   Returns: "" or which worker stands still since when.
  [[nodiscard]] std::string check(std::span<const std::uint64_t> turns, TimePoint now);

 private:
  struct Seen {
    std::uint64_t turns = 0;
    TimePoint since{};  // when it was first seen with these turns
    bool valid = false;
  };
  std::vector<Seen> seen_;
};

}  // namespace apps
