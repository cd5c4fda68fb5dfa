// Programs that tests run: started with nothing of ours but the environment, their output in files, never left behind.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace support {

/// Removed with all that is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();
  [[nodiscard]] std::string path(const std::string& name) const { return (path_ / name).native(); }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// Writes the whole file; a failure fails the test.
void write_file(const std::string& path, const std::string& text);
/// "" if there is none.
[[nodiscard]] std::string file_text(const std::string& path);
/// A program of this build, "apps/penstock": the tests lie in `tests/X/` beside it.
[[nodiscard]] std::string built_program(const std::string& path);

class Process {
 public:
  struct Options {
    std::string output, errors;                                      // files that are appended to
    std::vector<std::pair<std::string, std::string>> environment{};  // besides ours
  };
  /// A program that is not there ends with 127, as in a shell.   Requires: called by the main thread, whose end ends it.
  Process(const std::vector<std::string>& command, const Options& options);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  /// Kills it if it still runs.
  ~Process();

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  void signal(int number) const noexcept;
  /// Its exit status, 128 + N if signal N ended it; nothing while it runs.
  [[nodiscard]] std::optional<int> status() noexcept;
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds timeout) noexcept;

 private:
  pid_t pid_ = -1;
  std::optional<int> status_;
};

struct Finished {
  int status = -1;  // -1: it did not end in time
  std::string output, errors;
};
/// Runs a program to its end.
[[nodiscard]] Finished run_program(const std::vector<std::string>& command,
                                   std::chrono::milliseconds timeout = std::chrono::seconds{60});

}  // namespace support
