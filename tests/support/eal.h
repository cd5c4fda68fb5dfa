// DPDK for tests: the EAL with normal pages, no PCI bus and no files, as any user.
#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <vector>

#include "engine/eal.h"

namespace support {

/// The options of a test process: 512 MiB of normal pages, a file prefix of its own, errors only.
[[nodiscard]] engine::EalOptions eal_options();

/// Starts the EAL before the first test of the process and stops it after the last (tests/support/main_eal.cc adds it).
class EalEnvironment : public testing::Environment {
 public:
  void SetUp() override;
  void TearDown() override;
  /// CPUs that the process could use before the EAL started.
  [[nodiscard]] static const std::vector<unsigned>& cpus_before() noexcept { return cpus_before_; }

 private:
  inline static std::vector<unsigned> cpus_before_{};
  std::unique_ptr<engine::Eal> eal_;
};

}  // namespace support
