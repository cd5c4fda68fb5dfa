// Processes that are killed: the peer of a link, or the instance itself.
#include <csignal>
#include <filesystem>
#include <gtest/gtest.h>

#include "tests/memory/world.h"

namespace memory {
namespace {

using namespace std::chrono_literals;

class Recovery : public testing::Test {
 protected:
  /// This program as a peer, in a process of its own, that is already served.
  std::unique_ptr<support::Process> start_peer(const std::string& memif_socket, const std::string& name) {
    const std::string file = directory_.path(name + ".serving");
    auto process = std::make_unique<support::Process>(
        std::vector<std::string>{std::filesystem::read_symlink("/proc/self/exe").native(), "--peer", memif_socket, file},
        support::Process::Options{directory_.path(name + ".out"), directory_.path(name + ".log"), {}});
    const auto end = std::chrono::steady_clock::now() + time_left();
    while (support::file_text(file) != "serving" && !process->status() && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(5ms);
    EXPECT_EQ(support::file_text(file), "serving") << support::file_text(directory_.path(name + ".log"));
    return process;
  }
  static bool wait_for(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + time_left();
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(5ms);
    }
    return true;
  }
  support::TemporaryDirectory directory_;
};

TEST_F(Recovery, APeerThatIsKilledIsFollowedByAnother) {
  Instance instance{directory_, {.sections = balancer(), .engine = ""}};
  ASSERT_TRUE(instance.wait_until_ready()) << instance.log();
  EXPECT_EQ(instance.metric("penstock_port_up"), 0) << "ready does not wait for a link";
  EXPECT_NE(instance.log().find("port p has no link"), std::string::npos) << instance.log();
  for (int round = 0; round < 2; ++round) {
    const auto peer = start_peer(instance.memif_socket(), "peer" + std::to_string(round));
    EXPECT_EQ(instance.metric("penstock_port_up"), 1);
    peer->signal(SIGKILL);
    EXPECT_EQ(peer->wait(2s), 128 + SIGKILL);
    EXPECT_TRUE(wait_for([&] { return instance.metric("penstock_port_up") == 0; }));
    ASSERT_FALSE(instance.process().status()) << instance.log();
    EXPECT_EQ(instance.admin("/healthz").status(), 200);
  }
  Peer peer{instance.memif_socket()};
  ASSERT_TRUE(peer.wait_for_link());
  Load load{peer,
            {.connections = 8,
             .request = [](std::size_t) { return get_request("/hello"); },
             .check = [](std::size_t, const Message& answer) { return expect_body(answer, "hello"); }}};
  EXPECT_TRUE(peer.run_until([&] { return load.answered() >= 200; })) << load.first_failure() << instance.log();
  peer.run_for(1100ms);
  EXPECT_EQ(instance.metric("penstock_packets_unaccounted"), 0);
}

TEST_F(Recovery, AnInstanceThatWasKilledStartsAgain) {
  for (int round = 0; round < 2; ++round) {
    Instance instance{directory_, {.name = "round" + std::to_string(round), .sections = balancer(), .engine = ""}};
    ASSERT_TRUE(instance.wait_until_ready()) << instance.log();
    Peer peer{instance.memif_socket()};
    ASSERT_TRUE(peer.wait_for_link()) << instance.log();
    Load load{peer,
              {.connections = 4,
               .request = [](std::size_t) { return get_request("/hello"); },
               .check = [](std::size_t, const Message& answer) { return expect_body(answer, "hello"); }}};
    EXPECT_TRUE(peer.run_until([&] { return load.answered() >= 50; })) << load.first_failure() << instance.log();
    load.stop();
    instance.process().signal(SIGKILL);
    EXPECT_EQ(instance.process().wait(2s), 128 + SIGKILL);
    EXPECT_TRUE(std::filesystem::exists(instance.admin_socket())) << "what it could not remove";
  }
}

TEST_F(Recovery, ASecondInstanceLeavesTheFirstAlone) {
  Instance first{directory_, {.sections = balancer(), .engine = ""}};
  ASSERT_TRUE(first.wait_until_ready()) << first.log();
  const support::Finished second = support::run_program({support::built_program("apps/penstock"), "run", first.config_path()});
  EXPECT_EQ(second.status, 1);
  EXPECT_NE(second.errors.find("an instance named memory already runs: " + first.admin_socket()), std::string::npos)
      << second.errors;
  Peer peer{first.memif_socket()};
  ASSERT_TRUE(peer.wait_for_link());
  EXPECT_EQ(first.admin("/readyz").status(), 200);
}

}  // namespace
}  // namespace memory
