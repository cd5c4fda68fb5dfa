#include "apps/instance/service_manager.h"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/support/process.h"

namespace apps {
namespace {

/// The service manager's end of $NOTIFY_SOCKET. `name`: a path, or "@name" for an abstract socket.
class Manager {
 public:
  explicit Manager(const std::string& name) : fd_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)} {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address),
                     static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())),
              0)
        << std::strerror(errno);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  ~Manager() {
    ::unsetenv("NOTIFY_SOCKET");
    ::close(fd_);
  }
  /// The next message, "" if there is none.
  std::string heard() const {
    char bytes[64];
    const ssize_t n = ::recv(fd_, bytes, sizeof bytes, 0);
    return n < 0 ? "" : std::string(bytes, static_cast<std::size_t>(n));
  }

 private:
  int fd_;
};

TEST(ServiceManager, HearsOnASocketInTheFileSystem) {
  support::TemporaryDirectory directory;
  const Manager manager{directory.path("notify")};
  tell_service_manager("READY=1");
  EXPECT_EQ(manager.heard(), "READY=1");
  EXPECT_EQ(manager.heard(), "");
}

TEST(ServiceManager, HearsOnAnAbstractSocket) {
  const Manager manager{"@penstock-test-" + std::to_string(::getpid())};
  tell_service_manager("STOPPING=1");
  EXPECT_EQ(manager.heard(), "STOPPING=1");
}

TEST(ServiceManager, NobodyAskedNobodyIsTold) {
  ::unsetenv("NOTIFY_SOCKET");
  tell_service_manager("READY=1");
  for (const std::string& name :
       {std::string{}, std::string{"relative"}, std::string{"/nowhere/at/all"}, "/" + std::string(200, 'x')}) {
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    tell_service_manager("READY=1");  // returns
  }
  ::unsetenv("NOTIFY_SOCKET");
}

TEST(ServiceManager, OneThatDoesNotReadHoldsUpNothing) {
  support::TemporaryDirectory directory;
  const Manager manager{directory.path("notify")};
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 5000; ++i) tell_service_manager("RELOADING=1");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{2});
}

}  // namespace
}  // namespace apps
