// Sequence numbers: 32 bits that wrap. Compared by signed difference, never by value.   Spec: RFC 9293 3.4.
#pragma once

#include <algorithm>
#include <cstdint>

namespace tcp {

class Seq {
 public:
  constexpr Seq() noexcept = default;
  constexpr explicit Seq(std::uint32_t v) noexcept : value_{v} {}
  [[nodiscard]] constexpr std::uint32_t value() const noexcept { return value_; }
  friend constexpr Seq operator+(Seq a, std::uint32_t n) noexcept { return Seq{a.value_ + n}; }
  friend constexpr Seq operator-(Seq a, std::uint32_t n) noexcept { return Seq{a.value_ - n}; }
  constexpr Seq& operator+=(std::uint32_t n) noexcept { return value_ += n, *this; }
  /// The distance from b to a, modulo 2^32. As a length: requires b <= a.
  friend constexpr std::uint32_t operator-(Seq a, Seq b) noexcept { return a.value_ - b.value_; }
  friend constexpr bool operator==(Seq, Seq) noexcept = default;
  friend constexpr bool operator<(Seq a, Seq b) noexcept { return static_cast<std::int32_t>(a.value_ - b.value_) < 0; }
  friend constexpr bool operator>(Seq a, Seq b) noexcept { return b < a; }
  friend constexpr bool operator<=(Seq a, Seq b) noexcept { return !(b < a); }
  friend constexpr bool operator>=(Seq a, Seq b) noexcept { return !(a < b); }

 private:
  std::uint32_t value_ = 0;
};
static_assert(Seq{0xffffffffu} < Seq{0} && Seq{0} - Seq{0xffffffffu} == 1);

[[nodiscard]] constexpr Seq max(Seq a, Seq b) noexcept { return a < b ? b : a; }
[[nodiscard]] constexpr Seq min(Seq a, Seq b) noexcept { return b < a ? b : a; }

/// [start, end) in sequence space.
struct SeqRange {
  Seq start, end;
  [[nodiscard]] constexpr std::uint32_t size() const noexcept { return end - start; }
  [[nodiscard]] constexpr bool contains(Seq s) const noexcept { return start <= s && s < end; }
  friend constexpr bool operator==(const SeqRange&, const SeqRange&) noexcept = default;
};

}  // namespace tcp
