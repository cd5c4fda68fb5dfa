#include "apps/admin/listen_socket.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace apps {

using engine::Errc;
using engine::Error;
using engine::Result;

namespace {

constexpr int backlog = 64;

Error failed(const char* what, int error, std::string where) {
  const Errc code = error == EACCES || error == EPERM ? Errc::denied : Errc::io;
  return Error{code, fmt::format("{}: {}", what, std::strerror(error)), std::move(where)};
}

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof address.sun_path - 1));
  return address;
}

template <typename Address>
const sockaddr* raw(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

Result<void> make_directory(const std::filesystem::path& directory, const std::string& where) {
  std::error_code error;
  if (!std::filesystem::create_directories(directory, error)) {
    if (error) return failed(fmt::format("cannot make the directory {}", directory.native()).c_str(), error.value(), where);
    return {};
  }
  std::filesystem::permissions(directory, std::filesystem::perms{0755}, error);  // whatever the umask is
  return {};
}

}  // namespace

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : fd_{std::exchange(other.fd_, -1)},
      path_{std::move(other.path_)},
      device_{other.device_},
      inode_{other.inode_},
      tcp_{other.tcp_} {
  other.path_.clear();
}

ListenSocket& ListenSocket::operator=(ListenSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  std::swap(device_, other.device_);
  std::swap(inode_, other.inode_);
  std::swap(tcp_, other.tcp_);
  return *this;
}

ListenSocket::~ListenSocket() {
  struct stat now {};
  if (!path_.empty() && ::lstat(path_.c_str(), &now) == 0 && now.st_dev == device_ && now.st_ino == inode_)
    ::unlink(path_.c_str());
  if (fd_ >= 0) ::close(fd_);
}

std::string ListenSocket::text() const { return is_unix() ? "unix:" + path_ : engine::to_string(tcp_); }

Result<ListenSocket> ListenSocket::open(const AdminAddress& address, const std::string& instance) {
  return address.is_unix() ? open_unix(address.unix_path, instance) : open_tcp(address.tcp);
}

Result<ListenSocket> ListenSocket::open_unix(const std::string& path, const std::string& instance) {
  const std::string where = "unix:" + path;
  const std::filesystem::path file{path};
  if (auto made = make_directory(file.parent_path(), where); !made) return made.error();
  struct stat there {};
  if (::lstat(path.c_str(), &there) == 0) {
    if (!S_ISSOCK(there.st_mode)) return Error{Errc::invalid, "is there and is no socket: it is not replaced", where};
    switch (probe_unix_socket(path)) {
      case SocketState::live:
        return Error{Errc::io, fmt::format("an instance named {} already runs: {}", instance, path), "admin.listen"};
      case SocketState::denied:
        return Error{Errc::denied, "somebody else's socket is there", where};
      case SocketState::absent:
        break;
    }
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
      return failed("cannot remove the socket of an instance that is gone", errno, where);
  }
  ListenSocket socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (socket.fd_ < 0) return failed("socket", errno, where);
  const sockaddr_un address = unix_address(path);
  if (::bind(socket.fd_, raw(address), sizeof address) != 0) return failed("cannot make the socket", errno, where);
  socket.path_ = path;
  if (::lstat(path.c_str(), &there) == 0) {
    socket.device_ = there.st_dev;
    socket.inode_ = there.st_ino;
  }
  // Before listen(): nobody gets in under the umask's mode.
  if (::chmod(path.c_str(), 0660) != 0) return failed("cannot set the mode of the socket", errno, where);
  if (::listen(socket.fd_, backlog) != 0) return failed("cannot listen", errno, where);
  return socket;
}

Result<ListenSocket> ListenSocket::open_tcp(engine::SocketAddress tcp) {
  const std::string where = engine::to_string(tcp);
  ListenSocket socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (socket.fd_ < 0) return failed("socket", errno, where);
  socket.tcp_ = tcp;
  const int yes = 1;  // our own connections in TIME-WAIT are no obstacle; another listener still is
  ::setsockopt(socket.fd_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(tcp.port);
  address.sin_addr.s_addr = htonl(tcp.address.value);
  if (::bind(socket.fd_, raw(address), sizeof address) != 0 || ::listen(socket.fd_, backlog) != 0) {
    if (errno == EADDRINUSE)
      return Error{Errc::io, fmt::format("another program listens on {}; `ss -ltnp` shows which", where), "admin.listen"};
    return failed("cannot listen", errno, where);
  }
  return socket;
}

}  // namespace apps
