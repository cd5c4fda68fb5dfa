#include "tests/support/eal.h"

#include <fmt/format.h>
#include <unistd.h>

namespace support {

engine::EalOptions eal_options() {
  engine::EalOptions options;
  options.name = fmt::format("test-{}", ::getpid());
  options.memory = engine::MemoryChoice::normal;
  options.memory_bytes = std::uint64_t{512} << 20;
  options.extra = {"--log-level=error"};
  return options;
}

void EalEnvironment::SetUp() {
  cpus_before_ = engine::allowed_cpus();
  auto eal = engine::Eal::start(eal_options());
  ASSERT_TRUE(eal) << eal.error().message();
  eal_ = *std::move(eal);
}

void EalEnvironment::TearDown() { eal_.reset(); }

}  // namespace support
