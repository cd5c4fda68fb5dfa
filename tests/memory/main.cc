// Tests of whole instances over shared memory. `memory_test --peer SOCKET FILE`: only a peer, that asks for /hello until it is
// killed and writes "serving" into the file once it was answered.
#include <cstring>
#include <gtest/gtest.h>

#include "tests/memory/load.h"
#include "tests/support/eal.h"
#include "tests/support/process.h"

namespace {

int run_peer(const std::string& socket, const std::string& file) {
  engine::EalOptions options = support::eal_options();
  options.memory_bytes = std::uint64_t{256} << 20;
  const auto eal = engine::Eal::start(options);
  if (!eal) return 1;
  memory::Peer peer{socket};
  if (!peer.wait_for_link()) return 1;
  memory::Load load{
      peer,
      {.connections = 4,
       .request = [](std::size_t) { return memory::get_request("/hello"); },
       .check = [](std::size_t, const memory::Message& answer) { return answer.status() == 200 ? "" : answer.start; }}};
  if (!peer.run_until([&] { return load.answered() > 100; })) return 1;
  support::write_file(file, "serving");
  peer.run_for(std::chrono::minutes{5});
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::strcmp(argv[1], "--peer") == 0) return run_peer(argv[2], argv[3]);
  testing::InitGoogleTest(&argc, argv);
  testing::AddGlobalTestEnvironment(new support::EalEnvironment);  // GoogleTest deletes it
  return RUN_ALL_TESTS();
}
