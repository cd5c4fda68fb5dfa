#include "engine/dpdk_log.h"

#include <rte_log.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "engine/check.h"

namespace engine {

namespace {

constexpr auto harmless = std::to_array<std::string_view>({
    // net_tap without the kernel's multiq qdisc: only rte_flow is missing, which we do not use.
    "tap_nl_dump_ext_ack(): Specified qdisc kind is unknown",
    "qdisc_create_multiq(): Could not add multiq qdisc",
    "failed to create multiq qdisc",
    "Disabling rte flow support",
    // net_tap and net_memif tell secondary processes, of which there are none without shared files.
    "tap_mp_req_on_rxtx(): Failed to send",
    "rte_pmd_memif_probe(): Failed to register mp action callback",
    // A queue without receive interrupts: the shard polls it between short naps.
    "Rx Intr handle unset",
    // net_tap whose interface was moved to another namespace, as our own scripts do.
    "ioctl(SIOCGIFFLAGS) failed",
    "tap_ioctl(): ",
    // PCI devices under vfio, as QEMU emulates them.
    "Error disabling MSI-X interrupts",
    "Ignore mapping IO port bar",
});

/// Lines are put together here: DPDK writes in pieces.
struct LineSink {
  std::function<void(std::string_view)> sink;
  std::string line;
};

ssize_t write_lines(void* cookie, const char* data, std::size_t bytes) {
  auto& self = *static_cast<LineSink*>(cookie);
  for (const char c : std::string_view{data, bytes}) {
    if (c != '\n') {
      self.line += c;
      continue;
    }
    if (!self.line.empty() && !is_harmless_dpdk_message(self.line)) self.sink(self.line);
    self.line.clear();
  }
  return static_cast<ssize_t>(bytes);
}

}  // namespace

bool is_harmless_dpdk_message(std::string_view line) noexcept {
  return std::any_of(harmless.begin(), harmless.end(),
                     [&](std::string_view known) { return line.find(known) != std::string_view::npos; });
}

void redirect_dpdk_log(std::function<void(std::string_view)> sink) {
  static LineSink self;  // DPDK logs until the process ends
  self.sink = std::move(sink);
  cookie_io_functions_t functions{};
  functions.write = &write_lines;
  std::FILE* stream = ::fopencookie(&self, "w", functions);
  CHECK(stream != nullptr);
  std::setvbuf(stream, nullptr, _IOLBF, 512);
  CHECK(rte_openlog_stream(stream) == 0);
}

}  // namespace engine
