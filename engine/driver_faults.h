// What DPDK 22.11's drivers offer and do wrong, so that we do it ourselves. A row each, with the place in the driver.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace engine {

struct DriverFault {
  std::string_view driver;
  std::string_view why;
};

/// TX checksums that must not be left to the driver.
inline constexpr auto tx_checksum_faults = std::to_array<DriverFault>({
    {"net_tap",
     "sums the segments of a chain one by one in software and takes each for even (tap_write_mbufs): wrong behind an odd one"},
});

[[nodiscard]] constexpr bool has_wrong_tx_checksums(std::string_view driver) noexcept {
  return std::any_of(tx_checksum_faults.begin(), tx_checksum_faults.end(),
                     [&](const DriverFault& fault) { return fault.driver == driver; });
}

}  // namespace engine
