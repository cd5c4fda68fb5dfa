#include "tests/support/process.h"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace support {

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "penstock-XXXXXX").native();
  if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << name << ": " << std::strerror(errno);
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  file << text;
  file.close();
  EXPECT_TRUE(file.good()) << path;
}

std::string file_text(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string built_program(const std::string& path) {
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
  return (self.parent_path() / "../.." / path).lexically_normal().native();
}

namespace {

/// Between fork and exec: nothing here but system calls.
[[noreturn]] void become(char* const* arguments, char* const* environment, const char* output, const char* errors) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // nothing outlives its test
  constexpr int append = O_WRONLY | O_CREAT | O_APPEND;
  ::dup2(::open("/dev/null", O_RDONLY), 0);
  ::dup2(::open(output, append, 0600), 1);
  ::dup2(::open(errors, append, 0600), 2);
  ::close_range(3, ~0u, 0);  // DPDK's descriptors are inherited otherwise
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  ::execve(arguments[0], arguments, environment);
  ::_exit(127);
}

}  // namespace

Process::Process(const std::vector<std::string>& command, const Options& options) {
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.emplace_back(*variable);
  for (const auto& [name, value] : options.environment) variables.push_back(name + "=" + value);
  std::vector<char*> environment;
  for (std::string& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) become(arguments.data(), environment.data(), options.output.c_str(), options.errors.c_str());
  if (pid_ > 0) return;
  ADD_FAILURE() << command[0] << ": " << std::strerror(errno);
  status_ = 127;
}

Process::~Process() {
  if (status()) return;
  signal(SIGKILL);
  static_cast<void>(wait(std::chrono::seconds{10}));
}

void Process::signal(int number) const noexcept {
  if (!status_) ::kill(pid_, number);
}

std::optional<int> Process::status() noexcept {
  if (status_) return status_;
  int how = 0;
  if (::waitpid(pid_, &how, WNOHANG) != pid_) return std::nullopt;
  status_ = WIFSIGNALED(how) ? 128 + WTERMSIG(how) : WEXITSTATUS(how);
  return status_;
}

std::optional<int> Process::wait(std::chrono::milliseconds timeout) noexcept {
  const auto end = std::chrono::steady_clock::now() + timeout;
  while (!status() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(std::chrono::milliseconds{2});
  return status();
}

Finished run_program(const std::vector<std::string>& command, std::chrono::milliseconds timeout) {
  const TemporaryDirectory directory;
  const std::string output = directory.path("output"), errors = directory.path("errors");
  Process process{command, {output, errors, {}}};
  const std::optional<int> status = process.wait(timeout);
  return {status.value_or(-1), file_text(output), file_text(errors)};
}

}  // namespace support
