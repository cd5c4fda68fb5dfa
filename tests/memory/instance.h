// The real program, started for one test over shared memory, and talked to as an operator does.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tests/memory/message.h"
#include "tests/support/exposition.h"
#include "tests/support/process.h"

namespace memory {

class Instance {
 public:
  struct Options {
    std::string name = "memory";
    std::string sections;       // listeners, rules, pools, ...
    std::string engine;         // more lines of [engine]
    std::string environment{};  // NOTIFY_SOCKET, if not empty
    int workers = 1;
  };
  /// Starts it; `wait_until_ready` follows. Its files are in `directory`.
  Instance(const support::TemporaryDirectory& directory, const Options& options);

  [[nodiscard]] bool wait_until_ready();
  [[nodiscard]] std::string memif_socket() const { return directory_.path("memif.sock"); }
  [[nodiscard]] std::string admin_socket() const { return directory_.path("admin.sock"); }
  [[nodiscard]] std::string config_path() const { return directory_.path(name_ + ".toml"); }
  /// Replaces the sections of the file.
  void write_config(const std::string& sections);

  /// One request of the admin API.   Returns: a message with status 0 if nobody answers.
  [[nodiscard]] Message admin(const std::string& path, const std::string& method = "GET") const;
  [[nodiscard]] support::Exposition metrics() const;
  [[nodiscard]] double metric(const std::string& name, const support::Exposition::Labels& labels = {}) const {
    return metrics().sum(name, labels);
  }
  /// mbufs out of all mempools.
  [[nodiscard]] double mbufs_in_use() const;

  [[nodiscard]] support::Process& process() noexcept { return process_; }
  [[nodiscard]] std::string output() const { return support::file_text(directory_.path(name_ + ".out")); }
  [[nodiscard]] std::string log() const { return support::file_text(directory_.path(name_ + ".log")); }

 private:
  [[nodiscard]] std::string whole_config(const std::string& sections) const;
  [[nodiscard]] std::vector<std::string> command() const;

  const support::TemporaryDirectory& directory_;
  std::string name_, fixed_;  // what every version of the file has
  support::Process process_;
};

/// A listener at 198.18.0.10:80, a rule that answers /hello with `body`, and a pool of two servers of the peer for all else.
[[nodiscard]] std::string balancer(const std::string& body = "hello");

}  // namespace memory
