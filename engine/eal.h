// DPDK's environment: started once, with the memory that the machine has.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/result.h"

namespace engine {

enum class MemoryChoice : std::uint8_t { automatic, hugepages, normal };

struct EalOptions {
  std::string name;  // instance name: prefix of DPDK's runtime files
  MemoryChoice memory = MemoryChoice::automatic;
  std::uint64_t memory_bytes = 0;        // what the plan needs
  std::vector<unsigned> worker_cpus;     // one lcore per worker, pinned; empty: none (tests)
  std::vector<unsigned> control_cpus;    // where the main lcore may run; empty: anywhere
  std::vector<std::string> pci_devices;  // allowed PCI addresses; none: the PCI bus is not scanned
  std::vector<std::string> extra;        // what the user gave behind `--`
};

/// CPUs that this process may use, ascending.
[[nodiscard]] std::vector<unsigned> allowed_cpus();
/// Bytes of free hugepages of any size.
[[nodiscard]] std::uint64_t free_hugepage_bytes();
/// A seed from the kernel, for keys.
[[nodiscard]] std::uint64_t random_seed();

/// The arguments for rte_eal_init, and the one line that says which memory was chosen and why.
struct EalPlan {
  std::vector<std::string> arguments;
  std::string memory_line;
};
/// Pure. Errors: hugepages were demanded and are not free, with the command that reserves them.
Result<EalPlan> plan_eal(const EalOptions& options, std::uint64_t free_hugepage_bytes);

class Eal {
 public:
  static Result<std::unique_ptr<Eal>> start(const EalOptions& options);
  Eal(const Eal&) = delete;
  Eal& operator=(const Eal&) = delete;
  ~Eal();

  [[nodiscard]] const std::string& memory_line() const noexcept { return memory_line_; }
  /// DPDK's lcore ids of the workers, in the order of worker_cpus.
  [[nodiscard]] std::vector<unsigned> worker_lcores() const;

 private:
  explicit Eal(std::string memory_line) : memory_line_{std::move(memory_line)} {}
  std::string memory_line_;
};

}  // namespace engine
