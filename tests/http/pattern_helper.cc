// The program that pattern_compiler_test starts as a child: `good` compiles, the others go wrong in one way each.
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

#include "http/pattern_compiler.h"
#include "http/pattern_wire.h"

namespace {

void say(const void* bytes, std::size_t size) {
  if (::write(STDOUT_FILENO, bytes, size) != static_cast<ssize_t>(size)) std::raise(SIGTERM);
}

void say(http::wire::Kind kind, std::uint32_t set, std::string_view payload = {}) {
  const http::wire::RecordHeader header{http::wire::magic, kind, set, http::wire::no_pattern,
                                        static_cast<std::uint32_t>(payload.size())};
  say(&header, sizeof(header));
  say(payload.data(), payload.size());
}

/// How many descriptors above 2 this process has inherited.
int inherited_descriptors() {
  int count = 0;
  for (int fd = 3; fd < 1024; ++fd) count += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  if (mode == "good") return http::run_pattern_compiler_child(STDIN_FILENO, STDOUT_FILENO);
  if (mode == "closed") return inherited_descriptors() == 0 ? http::run_pattern_compiler_child(STDIN_FILENO, STDOUT_FILENO) : 9;
  if (mode == "leave") return 7;
  if (mode == "talk") say("error: unknown command\n", 23);
  if (mode == "lie") {
    say(http::wire::Kind::begin, 0);
    say(http::wire::Kind::database, 0, "these bytes are no database");
    say(http::wire::Kind::done, 1);
  }
  if (mode == "cut") {
    say(http::wire::Kind::begin, 0);
    const http::wire::RecordHeader header{http::wire::magic, http::wire::Kind::database, 0, http::wire::no_pattern, 1000};
    say(&header, sizeof(header));
    return 3;
  }
  if (mode == "skip") say(http::wire::Kind::begin, 1);  // set 0 must come before it
  if (mode == "crash") {
    say(http::wire::Kind::begin, 0);
    std::raise(SIGABRT);
  }
  if (mode == "hang") {
    say(http::wire::Kind::begin, 0);
    while (true) ::pause();
  }
  if (mode == "silent") {
    ::shutdown(STDOUT_FILENO, SHUT_WR);
    while (true) ::pause();
  }
  return 0;
}
