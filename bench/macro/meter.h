// What the peers spend, to be subtracted; and what they find wrong.
#pragma once

#include <rte_cycles.h>

#include <cstdint>
#include <string_view>

namespace bench {

/// TSC cycles spent by all peers of a world.
struct Meter {
  std::uint64_t own = 0;
};

/// Adds the cycles of its life to a meter.
class Metered {
 public:
  explicit Metered(Meter& meter) noexcept : meter_{meter}, start_{rte_rdtsc()} {}
  ~Metered() { meter_.own += rte_rdtsc() - start_; }
  Metered(const Metered&) = delete;
  Metered& operator=(const Metered&) = delete;

 private:
  Meter& meter_;
  std::uint64_t start_;
};

/// A figure with a fault is none: what the engine sent was not what the case is about.
class Faults {
 public:
  /// `what`: of static storage.
  void note(std::string_view what) noexcept {
    if (count_++ == 0) first_ = what;
  }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::string_view first() const noexcept { return first_; }

 private:
  std::uint64_t count_ = 0;
  std::string_view first_;
};

}  // namespace bench
