#include "engine/device.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace engine {

namespace {

constexpr std::size_t interface_name_max = 15;  // IFNAMSIZ - 1

Result<std::string> interface_name(std::string_view kind, std::string_view name) {
  const bool ok = !name.empty() && name.size() <= interface_name_max &&
                  std::none_of(name.begin(), name.end(), [](char c) { return c == '/' || c == ',' || c == '=' || c <= ' '; });
  if (ok) return std::string{name};
  return Error{Errc::invalid,
               fmt::format("'{}' is not an interface name: {}:NAME needs 1 to {} characters without space, '/', ',' or '='", name,
                           kind, interface_name_max)};
}

Result<Device> parse_memif(std::string_view rest, const DeviceOptions& options) {
  const std::size_t comma = rest.find(',');
  const std::string_view socket = rest.substr(0, comma);
  const std::string_view role = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
  if (socket.empty() || socket.size() > 100 || (!role.empty() && role != "server" && role != "client"))
    return Error{Errc::invalid, fmt::format("'memif:{}': write memif:SOCKET or memif:SOCKET,server", rest)};
  return Device{Device::Kind::memif, fmt::format("net_memif{}", options.index),
                fmt::format("socket={},socket-abstract=no,role={},id=0", socket, role == "server" ? "server" : "client"), ""};
}

Result<Device> parse_pci(std::string_view address) {
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); };
  constexpr std::string_view shape = "0000:00:00.0";
  bool ok = address.size() == shape.size();
  for (std::size_t i = 0; ok && i < shape.size(); ++i) ok = shape[i] == '0' ? is_hex(address[i]) : shape[i] == address[i];
  if (ok) return Device{Device::Kind::pci, std::string{address}, "", ""};
  return Error{Errc::invalid, fmt::format("'{}' is not a PCI address like 0000:3b:00.0", address)};
}

}  // namespace

Result<Device> parse_device(std::string_view text, const DeviceOptions& options) {
  const std::size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  const std::string_view rest = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  if (kind == "tap" || kind == "af_packet" || kind == "af_xdp") {
    auto name = interface_name(kind, rest);
    if (!name) return name.error();
    if (kind == "tap")
      return Device{Device::Kind::tap, fmt::format("net_tap{}", options.index), fmt::format("iface={}", *name), *name};
    if (kind == "af_packet") {
      // Frames longer than framesz are cut and delivered all the same: make room for the MTU, Ethernet and the ring's own header.
      const std::uint32_t frame = options.mtu + 14u + 4u + 66u <= 2048u ? 2048u : 16'384u;
      return Device{Device::Kind::af_packet, fmt::format("net_af_packet{}", options.index),
                    fmt::format("iface={},qpairs={},framesz={},blocksz={},framecnt=512", *name, options.queues, frame, frame * 4),
                    *name};
    }
    return Device{Device::Kind::af_xdp, fmt::format("net_af_xdp{}", options.index),
                  fmt::format("iface={},start_queue=0,queue_count={}", *name, options.queues), *name};
  }
  if (kind == "memif") return parse_memif(rest, options);
  if (kind == "pci") return parse_pci(rest);
  if (kind == "vdev") {
    const std::size_t comma = rest.find(',');
    if (rest.substr(0, comma).empty()) return Error{Errc::invalid, "vdev: needs DPDK devargs, for example vdev:net_null0"};
    return Device{Device::Kind::vdev, std::string{rest.substr(0, comma)},
                  std::string{comma == std::string_view::npos ? "" : rest.substr(comma + 1)}, ""};
  }
  if (kind == "vlan") return Error{Errc::not_supported, "VLAN sub-ports are not supported yet"};
  return Error{
      Errc::invalid,
      fmt::format("'{}': a device is tap:NAME, af_packet:IFACE, af_xdp:IFACE, memif:SOCKET[,server], pci:ADDRESS or vdev:DEVARGS",
                  text)};
}

}  // namespace engine
