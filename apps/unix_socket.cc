#include "apps/unix_socket.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace apps {

SocketState probe_unix_socket(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return SocketState::absent;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof address.sun_path - 1));
  const int error = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  ::close(fd);
  // EAGAIN: its backlog is full; EPROTOTYPE: it listens for packets, as memif does.
  if (error == 0 || error == EAGAIN || error == EPROTOTYPE) return SocketState::live;
  return error == EACCES || error == EPERM ? SocketState::denied : SocketState::absent;
}

void remove_stale_socket(const std::string& path) noexcept {
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0 || !S_ISSOCK(there.st_mode)) return;
  if (probe_unix_socket(path) == SocketState::absent) ::unlink(path.c_str());
}

}  // namespace apps
