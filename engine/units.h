// Quantities as the config has them: a number and a unit without space, "500ms", "64KiB", "10Mbit", "100/s". Control path only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/time.h"

namespace engine {

/// Digits and one of ns us ms s m h. No fractions and no sums ("1m30s"): 90s says the same.   Errors: also beyond 292 years.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text) noexcept;
/// Bytes: digits and one of B KiB MiB GiB TiB, or digits alone. "kB" means 1000 or 1024, by reader, and is refused.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text) noexcept;
/// Bits per second: digits and one of bit kbit Mbit Gbit Tbit, powers of 1000 as for every line rate.
[[nodiscard]] std::optional<std::uint64_t> parse_bit_rate(std::string_view text) noexcept;
/// Events per second: "100/s".
[[nodiscard]] std::optional<std::uint64_t> parse_event_rate(std::string_view text) noexcept;

/// In the largest unit that needs no fraction: "90s", "2h", "0s". What parse_duration reads.
[[nodiscard]] std::string format_duration(Duration duration);
/// "64KiB"; bytes alone if they are no multiple of 1024.
[[nodiscard]] std::string format_size(std::uint64_t bytes);

}  // namespace engine
