// What a `device` of the config means: which driver, with which arguments. Pure text, no DPDK.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/result.h"

namespace engine {

/// A device as the EAL wants it.
struct Device {
  enum class Kind : std::uint8_t { tap, af_packet, af_xdp, memif, pci, vdev };
  Kind kind = Kind::vdev;
  std::string name;       // bus name: "net_tap0", "0000:3b:00.0"
  std::string arguments;  // devargs behind the name, without leading comma
  std::string interface;  // the kernel interface it sits on, or empty
  [[nodiscard]] bool is_virtual() const noexcept { return kind != Kind::pci; }
};

struct DeviceOptions {
  std::uint16_t index = 0;  // of the port in the config: makes virtual devices' names unique
  std::uint16_t queues = 1;
  std::uint16_t mtu = 1500;
};

/// Reads "tap:NAME", "af_packet:IFACE", "af_xdp:IFACE", "memif:SOCKET[,server]", "pci:ADDRESS" or "vdev:DEVARGS".
/// Errors: an unknown kind or a bad name, with what is allowed; "vlan:" is not supported yet.
Result<Device> parse_device(std::string_view text, const DeviceOptions& options);

}  // namespace engine
