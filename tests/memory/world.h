// What most tests of this tier have: an instance, its network, and the look at what is left in the end.
#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <string>

#include "tests/memory/instance.h"
#include "tests/memory/load.h"
#include "tests/memory/peer.h"

namespace memory {

class World {
 public:
  /// Starts both and connects them. A failure is one of the test's.
  void start(const Instance::Options& options);

  /// No connection, no packet unaccounted, mempools back at the level after the start.
  void expect_nothing_left();
  /// SIGTERM to an instance without connections, and its end.
  void expect_clean_stop();
  /// Opens a connection and waits for it.   Returns: nothing if it is refused or takes too long.
  [[nodiscard]] std::optional<Web::Handle> connect(std::uint16_t port = 80);
  /// One GET on a connection of its own.   Returns: the answer, with status 0 if there is none.
  [[nodiscard]] Message get(const std::string& target);
  /// One request of the admin API while the network goes on.
  [[nodiscard]] Message admin(const std::string& path, const std::string& method = "GET");

  [[nodiscard]] Instance& instance() noexcept { return *instance_; }
  [[nodiscard]] Peer& peer() noexcept { return *peer_; }
  [[nodiscard]] Web& web() noexcept { return peer_->web(); }

  const support::TemporaryDirectory directory;

 private:
  std::unique_ptr<Instance> instance_;
  std::unique_ptr<Peer> peer_;
  double mbufs_at_start_ = 0;
};

/// 200 with that body, or what came instead.
[[nodiscard]] std::string expect_body(const Message& answer, const std::string& body);

}  // namespace memory
