// Both sides of the child process that compiles patterns: http/pattern_compiler.h.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <new>
#include <optional>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "engine/check.h"
#include "http/pattern_compiler.h"
#include "http/pattern_wire.h"

namespace http {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Deadline = SteadyClock::time_point;

#ifdef __SANITIZE_ADDRESS__
constexpr bool limits_address_space = false;
#else
constexpr bool limits_address_space = true;
#endif
constexpr std::size_t answer_bytes_max = std::size_t{2} << 30;

engine::Error io_error(std::string_view what, int error) {
  return {engine::Errc::io, fmt::format("pattern compiler: {}: {}", what, std::strerror(error))};
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd = -1) noexcept : fd_{fd} {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept { return std::swap(fd_, other.fd_), *this; }
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

/// How a child ended and what it had used.
struct Exit {
  int status = 0;
  double cpu_seconds = 0;
};

/// A running child and our end of the socket that is its standard input and output. Dies with this object.
class Child {
 public:
  /// posix_spawn and not fork: nothing of ours runs between fork and exec in a process that has other threads.
  static engine::Result<Child> spawn(const std::vector<std::string>& command);
  Child(Child&& other) noexcept : pid_{std::exchange(other.pid_, -1)}, socket_{std::move(other.socket_)} {}
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (pid_ < 0) return;
    kill();
    [[maybe_unused]] const auto exit = wait(std::nullopt);
  }

  [[nodiscard]] engine::Result<void> limit(const PatternLimits& limits) const;
  /// Writes the request and reads to the end of file. False: the deadline passed.
  [[nodiscard]] engine::Result<bool> exchange(std::span<const std::byte> request, std::vector<std::byte>& answer,
                                              Deadline deadline) const;
  /// Absent: the deadline passed and it runs still.
  [[nodiscard]] std::optional<Exit> wait(std::optional<Deadline> deadline);
  void kill() const noexcept { ::kill(pid_, SIGKILL); }

 private:
  Child(pid_t pid, FileDescriptor socket) noexcept : pid_{pid}, socket_{std::move(socket)} {}
  pid_t pid_;
  FileDescriptor socket_;
};

struct SpawnSettings {
  SpawnSettings() {
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
};

engine::Result<Child> Child::spawn(const std::vector<std::string>& command) {
  CHECK(!command.empty());
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return io_error("socketpair", errno);
  FileDescriptor ours{ends[0]}, low{ends[1]};
  const FileDescriptor theirs{::fcntl(low.get(), F_DUPFD_CLOEXEC, 3)};  // above 0 to 2, so that dup2 below cannot overwrite it
  if (theirs.get() < 0) return io_error("fcntl", errno);

  SpawnSettings spawn;
  posix_spawn_file_actions_adddup2(&spawn.files, theirs.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&spawn.files, theirs.get(), STDOUT_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&spawn.files, 3);  // also what libraries opened without O_CLOEXEC
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&spawn.attributes, &none);  // shards and the builder block signals; SIGXCPU must end the child
  posix_spawnattr_setsigdefault(&spawn.attributes, &all);
  posix_spawnattr_setflags(&spawn.attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, arguments[0], &spawn.files, &spawn.attributes, arguments.data(), environ);
  if (error != 0) return io_error("cannot start " + command[0], error);
  return Child{pid, std::move(ours)};
}

/// The child has no work before the request arrives, so limits set from outside precede all that they limit.
engine::Result<void> Child::limit(const PatternLimits& limits) const {
  const auto set = [pid = pid_](__rlimit_resource resource, rlim_t soft, rlim_t hard) noexcept {
    rlimit old{};
    if (::prlimit(pid, resource, nullptr, &old) != 0) return false;
    const rlim_t ceiling = std::min(hard, old.rlim_max);
    const rlimit limit{std::min(soft, ceiling), ceiling};
    return ::prlimit(pid, resource, &limit, nullptr) == 0;
  };
  const auto cpu = static_cast<rlim_t>(limits.cpu.count());
  const bool done = set(RLIMIT_CPU, cpu, cpu + 1)  // SIGXCPU at the soft limit, SIGKILL at the hard one
                    && set(RLIMIT_CORE, 0, 0)      // SIGXCPU would dump core
                    && (!limits_address_space || set(RLIMIT_AS, limits.address_space_bytes, limits.address_space_bytes));
  if (!done) return io_error("cannot set its limits", errno);
  return {};
}

engine::Result<bool> Child::exchange(std::span<const std::byte> request, std::vector<std::byte>& answer,
                                     Deadline deadline) const {
  std::array<std::byte, 65'536> chunk;
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now()).count();
    if (left <= 0) return false;
    pollfd ready{socket_.get(), static_cast<short>(request.empty() ? POLLIN : POLLIN | POLLOUT), 0};
    if (::poll(&ready, 1, static_cast<int>(std::min<std::int64_t>(left, 3'600'000))) < 0 && errno != EINTR)
      return io_error("poll", errno);

    if ((ready.revents & POLLOUT) != 0 && !request.empty()) {
      const ssize_t sent = ::send(socket_.get(), request.data(), request.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent > 0)
        request = request.subspan(static_cast<std::size_t>(sent));
      else if (errno == EPIPE || errno == ECONNRESET)
        request = {};  // it is gone; what it said and how it ended tell why
      else if (errno != EAGAIN && errno != EINTR)
        return io_error("send", errno);
      if (request.empty()) ::shutdown(socket_.get(), SHUT_WR);
    }
    if ((ready.revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
    const ssize_t received = ::recv(socket_.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (received == 0 || (received < 0 && errno == ECONNRESET)) return true;
    if (received < 0 && errno != EAGAIN && errno != EINTR) return io_error("recv", errno);
    if (received > 0) answer.insert(answer.end(), chunk.begin(), chunk.begin() + received);
    if (answer.size() > answer_bytes_max)
      return engine::Error{engine::Errc::exhausted, "pattern compiler: its answer is larger than 2 GiB"};
  }
}

std::optional<Exit> Child::wait(std::optional<Deadline> deadline) {
  rusage used{};
  Exit exit;
  pid_t ended = 0;
  while (true) {
    do ended = ::wait4(pid_, &exit.status, deadline ? WNOHANG : 0, &used);
    while (ended < 0 && errno == EINTR);
    if (ended != 0) break;
    if (SteadyClock::now() >= *deadline) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  pid_ = -1;  // ECHILD, when SIGCHLD is ignored: it is gone all the same
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
  exit.cpu_seconds = seconds(used.ru_utime) + seconds(used.ru_stime);
  return exit;
}

class ChildPatternCompiler final : public PatternCompiler {
 public:
  ChildPatternCompiler(std::vector<std::string> command, PatternLimits limits) : command_{std::move(command)}, limits_{limits} {}

  engine::Result<std::vector<PatternSet>> compile_all(std::span<const std::vector<PatternSource>> sets) override {
    if (sets.empty()) return std::vector<PatternSet>{};
    for (const auto& set : sets) CHECK(!set.empty());
    const Deadline deadline = SteadyClock::now() + limits_.wall;
    auto child = Child::spawn(command_);
    if (!child) return child.error();
    if (auto limited = child->limit(limits_); !limited) return limited.error();

    std::vector<std::byte> bytes;
    const auto answered = child->exchange(wire::encode_request(sets), bytes, deadline);
    if (!answered) return answered.error();
    const wire::Answer answer = wire::decode_answer(bytes, sets.size());
    const std::span<const PatternSource> at = sets[std::min<std::size_t>(answer.begun.value_or(0), sets.size() - 1)];
    if (!*answered) return too_slow(at);
    if (answer.garbage)
      return engine::Error{engine::Errc::io, fmt::format("\"{}\" did not answer as a pattern compiler does", command_[0])};
    if (answer.failure && answer.failure->out_of_memory) return too_large(at);
    if (answer.failure) return to_error(*answer.failure, at);
    if (answer.done) return load(answer, sets);
    const auto exit = child->wait(deadline);
    if (!exit) return too_slow(at);
    return unanswered(*exit, at);
  }

 private:
  /// Hyperscan's checksum over each database is verified here.
  static engine::Result<std::vector<PatternSet>> load(const wire::Answer& answer,
                                                      std::span<const std::vector<PatternSource>> sets) {
    std::vector<PatternSet> compiled;
    for (std::size_t i = 0; i < sets.size(); ++i) {
      auto set = PatternSet::deserialize(answer.databases[i], static_cast<std::uint32_t>(sets[i].size()));
      if (!set)
        return engine::Error{set.error().code, fmt::format("pattern compiler: for {}: {}", places_of(sets[i]), set.error().what)};
      compiled.push_back(std::move(*set));
    }
    return compiled;
  }

  [[nodiscard]] engine::Error too_slow(std::span<const PatternSource> at) const {
    return {engine::Errc::exhausted, fmt::format("pattern compilation took more than {} s: {}",
                                                 static_cast<double>(limits_.wall.count()) / 1000, places_of(at))};
  }
  [[nodiscard]] engine::Error too_large(std::span<const PatternSource> at) const {
    return {engine::Errc::exhausted, fmt::format("pattern compilation needed more than {} MiB of memory: {}",
                                                 limits_.address_space_bytes >> 20, places_of(at))};
  }
  [[nodiscard]] engine::Error unanswered(const Exit& exit, std::span<const PatternSource> at) const {
    const int signal = WIFSIGNALED(exit.status) ? WTERMSIG(exit.status) : 0;
    const bool used_up = exit.cpu_seconds >= static_cast<double>(limits_.cpu.count());
    if (signal == SIGXCPU || (signal == SIGKILL && used_up))
      return {engine::Errc::exhausted,
              fmt::format("pattern compilation took more than {} s of CPU: {}", limits_.cpu.count(), places_of(at))};
    if (signal != 0)
      return {engine::Errc::io, fmt::format("the pattern compiler was killed by signal {} ({}) while it worked on {}", signal,
                                            ::strsignal(signal), places_of(at))};
    return {engine::Errc::io, fmt::format("\"{}\" left with status {} without an answer", command_[0], WEXITSTATUS(exit.status))};
  }

  std::vector<std::string> command_;
  PatternLimits limits_;
};

bool read_all(int fd, std::vector<std::byte>& bytes) {
  std::array<std::byte, 65'536> chunk;
  while (true) {
    const ssize_t received = ::read(fd, chunk.data(), chunk.size());
    if (received == 0) return true;
    if (received < 0 && errno != EINTR) return false;
    if (received > 0) bytes.insert(bytes.end(), chunk.begin(), chunk.begin() + received);
  }
}

bool write_all(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

bool write_record(int out, wire::Kind kind, std::size_t set, std::uint32_t pattern, std::span<const std::byte> payload) {
  const wire::RecordHeader header{wire::magic, kind, static_cast<std::uint32_t>(set), pattern,
                                  static_cast<std::uint32_t>(payload.size())};
  return write_all(out, std::as_bytes(std::span{&header, 1})) && write_all(out, payload);
}

bool write_failure(int out, std::size_t set, const PatternFailure& failure) {
  const auto kind = failure.out_of_memory ? wire::Kind::no_memory : wire::Kind::failure;
  return write_record(out, kind, set, failure.pattern.value_or(wire::no_pattern), std::as_bytes(std::span{failure.what}));
}

/// False: `out` is closed. A failure is written and ends the work.
bool compile_and_answer(int out, std::span<const std::vector<PatternSource>> sets) {
  for (std::size_t i = 0; i < sets.size(); ++i) {
    if (!write_record(out, wire::Kind::begin, i, wire::no_pattern, {})) return false;
    auto set = PatternSet::compile(sets[i]);
    if (const auto* failure = std::get_if<PatternFailure>(&set)) return write_failure(out, i, *failure);
    const auto bytes = std::get<PatternSet>(set).serialize();
    if (!bytes) return write_failure(out, i, {std::nullopt, bytes.error().what, bytes.error().code == engine::Errc::exhausted});
    if (!write_record(out, wire::Kind::database, i, wire::no_pattern, *bytes)) return false;
  }
  return true;
}

}  // namespace

std::unique_ptr<PatternCompiler> make_child_pattern_compiler(std::vector<std::string> command, PatternLimits limits) {
  return std::make_unique<ChildPatternCompiler>(std::move(command), limits);
}

int run_pattern_compiler_child(int in, int out) {
  try {
    std::vector<std::byte> request;
    if (!read_all(in, request)) return 1;
    const auto sets = wire::decode_request(request);
    if (!sets) return 1;
    const bool written =
        compile_and_answer(out, *sets) && write_record(out, wire::Kind::done, sets->size(), wire::no_pattern, {});
    return written ? 0 : 1;
  } catch (const std::bad_alloc&) {  // the limit on address space; the record needs no memory
    constexpr std::string_view what = "out of memory";
    write_record(out, wire::Kind::no_memory, 0, wire::no_pattern, std::as_bytes(std::span{what}));
    return 1;
  }
}

}  // namespace http
