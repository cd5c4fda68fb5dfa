// Where a benchmark runs.
#pragma once

#include <string>

namespace bench {

/// Pins this thread to the last CPU that the process may use: the first ones have the most interrupts.
void run_on_last_cpu();
/// "AMD EPYC, TSC 2596 MHz, DPDK 22.11.11, GCC 12.2.0": what a figure must be quoted with.
[[nodiscard]] std::string describe_machine();
/// TSC cycles per second, measured against the steady clock: works without the EAL.
[[nodiscard]] double tsc_hz();

}  // namespace bench
