// DPDK's own messages: passed on line by line, without those that are known to mean nothing.
#pragma once

#include <functional>
#include <string_view>

namespace engine {

/// Whether a line of DPDK's log is known to be harmless where Penstock runs: docs/tuning.md says which and why.
[[nodiscard]] bool is_harmless_dpdk_message(std::string_view line) noexcept;

/// From now on every other line goes to `sink`, without its line end. Call before the EAL starts; once in a process.
void redirect_dpdk_log(std::function<void(std::string_view)> sink);

}  // namespace engine
