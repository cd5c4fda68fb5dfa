#include "engine/units.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <limits>
#include <span>

#include "engine/text.h"

namespace engine {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::uint64_t minute = 60'000'000'000;
constexpr auto durations = std::to_array<Unit>(  // ascending, as all below
    {{"ns", 1}, {"us", 1'000}, {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", minute}, {"h", 60 * minute}});
constexpr auto sizes = std::to_array<Unit>({{"", 1},
                                            {"B", 1},
                                            {"KiB", std::uint64_t{1} << 10},
                                            {"MiB", std::uint64_t{1} << 20},
                                            {"GiB", std::uint64_t{1} << 30},
                                            {"TiB", std::uint64_t{1} << 40}});
constexpr auto bit_rates =
    std::to_array<Unit>({{"bit", 1}, {"kbit", 1'000}, {"Mbit", 1'000'000}, {"Gbit", 1'000'000'000}, {"Tbit", 1'000'000'000'000}});
constexpr auto event_rates = std::to_array<Unit>({{"/s", 1}});

std::optional<std::uint64_t> parse(std::string_view text, std::span<const Unit> units, std::uint64_t max) noexcept {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto unit = std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.name == text.substr(digits); });
  if (unit == units.end()) return std::nullopt;
  const auto number = parse_number(text.substr(0, digits), max / unit->factor);
  if (!number) return std::nullopt;
  return *number * unit->factor;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) noexcept {
  const auto ns = parse(text, durations, std::numeric_limits<Duration::rep>::max());
  if (!ns) return std::nullopt;
  return Duration{static_cast<Duration::rep>(*ns)};
}
std::optional<std::uint64_t> parse_size(std::string_view text) noexcept { return parse(text, sizes, UINT64_MAX); }
std::optional<std::uint64_t> parse_bit_rate(std::string_view text) noexcept { return parse(text, bit_rates, UINT64_MAX); }
std::optional<std::uint64_t> parse_event_rate(std::string_view text) noexcept { return parse(text, event_rates, UINT64_MAX); }

std::string format_duration(Duration duration) {
  const auto ns = static_cast<std::uint64_t>(std::max(duration, Duration::zero()).count());
  if (ns == 0) return "0s";
  const auto unit = std::find_if(durations.rbegin(), durations.rend(), [&](const Unit& u) {
    return ns % u.factor == 0 && (u.factor != minute || ns > minute);  // "60s": what people write
  });
  return fmt::format("{}{}", ns / unit->factor, unit->name);
}

std::string format_size(std::uint64_t bytes) {
  const auto unit = std::find_if(sizes.rbegin(), sizes.rend() - 2, [&](const Unit& u) { return bytes % u.factor == 0; });
  if (bytes == 0 || unit == sizes.rend() - 2) return fmt::format("{}", bytes);
  return fmt::format("{}{}", bytes / unit->factor, unit->name);
}

}  // namespace engine
