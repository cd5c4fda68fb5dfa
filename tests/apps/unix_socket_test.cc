#include "apps/unix_socket.h"

#include <filesystem>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/process.h"

namespace apps {
namespace {

/// A socket file, listening or bound only; its descriptor.
class Bound {
 public:
  Bound(const std::string& path, int type, bool listens) : fd_{::socket(AF_UNIX, type | SOCK_CLOEXEC, 0)} {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_TRUE(!listens || ::listen(fd_, 4) == 0);
  }
  ~Bound() { ::close(fd_); }
  Bound(const Bound&) = delete;
  Bound& operator=(const Bound&) = delete;

 private:
  int fd_;
};

class UnixSockets : public testing::Test {
 protected:
  std::string path(const std::string& name = "a.sock") { return directory_.path(name); }
  support::TemporaryDirectory directory_;
};

TEST_F(UnixSockets, WhatIsNoSocketIsAbsent) {
  EXPECT_EQ(probe_unix_socket("/nonexistent/x.sock"), SocketState::absent);
  support::write_file(path("file"), "");
  EXPECT_EQ(probe_unix_socket(path("file")), SocketState::absent);
}

TEST_F(UnixSockets, AListenerIsLiveWhateverItListensFor) {
  for (const int type : {SOCK_STREAM, SOCK_SEQPACKET}) {  // the admin API's, memif's
    const std::string name = path(std::to_string(type));
    {
      const Bound listener{name, type, true};
      EXPECT_EQ(probe_unix_socket(name), SocketState::live) << type;
      remove_stale_socket(name);
      EXPECT_TRUE(std::filesystem::exists(name)) << type;
    }
    EXPECT_EQ(probe_unix_socket(name), SocketState::absent) << type;
    remove_stale_socket(name);
    EXPECT_FALSE(std::filesystem::exists(name)) << type;
  }
}

TEST_F(UnixSockets, NothingButSocketsIsRemoved) {
  support::write_file(path("file"), "precious");
  std::filesystem::create_directory(path("directory"));
  { const Bound gone{path("gone"), SOCK_STREAM, true}; }
  std::filesystem::create_symlink(path("gone"), path("link"));
  for (const char* name : {"file", "directory", "link", "nothing"}) remove_stale_socket(path(name));
  EXPECT_EQ(support::file_text(path("file")), "precious");
  EXPECT_TRUE(std::filesystem::exists(path("directory")));
  EXPECT_TRUE(std::filesystem::exists(path("gone"))) << "only its link was named";
}

TEST_F(UnixSockets, ASocketThatDoesNotLetUsInIsDenied) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0755), 0);
  const Bound listener{path(), SOCK_STREAM, true};
  ASSERT_EQ(::chmod(path().c_str(), 0660), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgroups(0, nullptr) != 0 || ::setgid(65'534) != 0 || ::setuid(65'534) != 0) ::_exit(3);
    ::_exit(probe_unix_socket(path()) == SocketState::denied ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

}  // namespace
}  // namespace apps
