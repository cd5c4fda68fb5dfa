#include "apps/admin/listen_socket.h"

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/process.h"
#include "tests/support/raw_client.h"

namespace apps {
namespace {

using support::RawClient;

class ListenSockets : public testing::Test {
 protected:
  std::string path(const std::string& name = "edge1.sock") { return directory_.path(name); }
  engine::Result<ListenSocket> open(const std::string& path) { return ListenSocket::open(AdminAddress{path, {}}, "edge1"); }
  static mode_t mode(const std::string& path) {
    struct stat now {};
    EXPECT_EQ(::lstat(path.c_str(), &now), 0) << path;
    return now.st_mode & 07777;
  }
  support::TemporaryDirectory directory_;
};

/// A process that listened at `path` and was killed: its socket file stays.
void leave_stale_socket(const std::string& path) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto socket = ListenSocket::open(AdminAddress{path, {}}, "edge1");
    ::raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(std::filesystem::exists(path));
}

TEST_F(ListenSockets, ListensAndGoesWithItsFile) {
  {
    const auto socket = open(path());
    ASSERT_TRUE(socket) << socket.error().message();
    EXPECT_EQ(socket->text(), "unix:" + path());
    EXPECT_TRUE(socket->is_unix());
    EXPECT_EQ(probe_unix_socket(path()), SocketState::live);
    EXPECT_TRUE(RawClient::unix_socket(path()).connected());
  }
  EXPECT_EQ(probe_unix_socket(path()), SocketState::absent);
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(ListenSockets, OnlyOwnerAndGroupGetInWhateverTheUmaskIs) {
  for (const mode_t mask : {0, 022, 077, 0777}) {
    const mode_t before = ::umask(mask);
    const auto socket = open(path());
    ::umask(before);
    ASSERT_TRUE(socket) << socket.error().message();
    EXPECT_EQ(mode(path()), 0660u) << mask;
  }
}

TEST_F(ListenSockets, MakesItsDirectoryOpenForAll) {
  const mode_t before = ::umask(077);
  const auto socket = open(path("run/penstock/edge1.sock"));
  ::umask(before);
  ASSERT_TRUE(socket) << socket.error().message();
  EXPECT_EQ(mode(path("run/penstock")), 0755u);
  EXPECT_EQ(mode(path("run/penstock/edge1.sock")), 0660u);
}

TEST_F(ListenSockets, LeavesTheModeOfADirectoryThatIsThere) {
  ASSERT_TRUE(std::filesystem::create_directory(path("mine")));
  ASSERT_EQ(::chmod(path("mine").c_str(), 0700), 0);
  ASSERT_TRUE(open(path("mine/edge1.sock")));
  EXPECT_EQ(mode(path("mine")), 0700u);
}

TEST_F(ListenSockets, ReplacesTheSocketOfADeadProcess) {
  leave_stale_socket(path());
  EXPECT_EQ(probe_unix_socket(path()), SocketState::absent);
  const auto socket = open(path());
  ASSERT_TRUE(socket) << socket.error().message();
  EXPECT_TRUE(RawClient::unix_socket(path()).connected());
}

TEST_F(ListenSockets, RefusesWhereSomebodyListens) {
  const auto first = open(path());
  ASSERT_TRUE(first);
  const auto second = open(path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message(), "admin.listen: an instance named edge1 already runs: " + path());
  EXPECT_TRUE(RawClient::unix_socket(path()).connected()) << "and leaves it alone";
}

TEST_F(ListenSockets, RefusesWhereSomebodyListensWhoseQueueIsFull) {
  const auto first = open(path());
  ASSERT_TRUE(first);
  std::vector<int> waiting;
  for (int i = 0; i < 200; ++i) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    waiting.push_back(fd);
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    ASSERT_EQ(::getsockname(first->fd(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    ::connect(fd, reinterpret_cast<const sockaddr*>(&address), size);
  }
  EXPECT_EQ(probe_unix_socket(path()), SocketState::live);
  EXPECT_FALSE(open(path()));
  for (const int fd : waiting) ::close(fd);
}

TEST_F(ListenSockets, ReplacesNothingButSockets) {
  support::write_file(path(), "precious\n");
  const auto refused = open(path());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "unix:" + path() + ": is there and is no socket: it is not replaced");
  EXPECT_EQ(support::file_text(path()), "precious\n");
  std::filesystem::create_symlink(path(), path("link.sock"));
  EXPECT_FALSE(open(path("link.sock")));
  EXPECT_EQ(support::file_text(path()), "precious\n");
}

TEST_F(ListenSockets, RemovesOnlyItsOwnFile) {  // a successor may have replaced it already
  auto first = open(path());
  ASSERT_TRUE(first);
  std::filesystem::remove(path());
  const auto successor = open(path());
  ASSERT_TRUE(successor);
  first = engine::Error{};
  EXPECT_EQ(probe_unix_socket(path()), SocketState::live);
}

TEST_F(ListenSockets, MovingKeepsTheFile) {
  auto first = open(path());
  ASSERT_TRUE(first);
  ListenSocket moved{std::move(*first)};
  first = engine::Error{};
  EXPECT_EQ(probe_unix_socket(path()), SocketState::live);
  auto other = open(path("other.sock"));
  ASSERT_TRUE(other);
  moved = std::move(*other);
  EXPECT_EQ(moved.text(), "unix:" + path("other.sock"));
  EXPECT_EQ(probe_unix_socket(path("other.sock")), SocketState::live);
}

TEST_F(ListenSockets, SaysWhatIsInTheWay) {
  const auto refused = open("/proc/penstock/edge1.sock");
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().message().starts_with("unix:/proc/penstock/edge1.sock: cannot make the directory /proc/penstock: "))
      << refused.error().message();
}

TEST_F(ListenSockets, IsNotInheritedByPrograms) {
  const auto socket = open(path());
  ASSERT_TRUE(socket);
  EXPECT_NE(::fcntl(socket->fd(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(ListenTcp, AnotherListenerIsNamedAsTheReason) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in bound{};
  bound.sin_family = AF_INET;
  bound.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof bound;
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&bound), size), 0);
  ASSERT_EQ(::listen(fd, 1), 0);
  ASSERT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size), 0);
  const std::uint16_t port = ntohs(bound.sin_port);
  const AdminAddress address{"", {engine::Ipv4{127, 0, 0, 1}, port}};
  const auto refused = ListenSocket::open(address, "edge1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(),
            "admin.listen: another program listens on " + to_string(address) + "; `ss -ltnp` shows which");
  ::close(fd);
  const auto socket = ListenSocket::open(address, "edge1");
  ASSERT_TRUE(socket) << socket.error().message();
  EXPECT_EQ(socket->text(), to_string(address));
  EXPECT_FALSE(socket->is_unix());
  EXPECT_TRUE(RawClient::tcp(port).connected());
}

TEST(ListenTcp, CanListenAgainAtOnce) {  // connections in TIME-WAIT are no obstacle
  AdminAddress address{"", {engine::Ipv4{127, 0, 0, 1}, 0}};
  auto first = ListenSocket::open(address, "edge1");
  ASSERT_TRUE(first);
  sockaddr_in bound{};
  socklen_t size = sizeof bound;
  ASSERT_EQ(::getsockname(first->fd(), reinterpret_cast<sockaddr*>(&bound), &size), 0);
  address.tcp.port = ntohs(bound.sin_port);
  {
    const RawClient client = RawClient::tcp(address.tcp.port);
    ASSERT_TRUE(client.connected());
    const int fd = ::accept(first->fd(), nullptr, nullptr);
    ::shutdown(fd, SHUT_RDWR);  // our side closes first: TIME-WAIT is ours
    ::close(fd);
  }
  first = engine::Error{};
  EXPECT_TRUE(ListenSocket::open(address, "edge1"));
}

}  // namespace
}  // namespace apps
