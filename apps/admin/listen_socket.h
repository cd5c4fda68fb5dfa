// A socket that listens for the admin API: a path in the file system, or a TCP port.
#pragma once

#include <string>
#include <sys/types.h>

#include "apps/config.h"
#include "apps/unix_socket.h"
#include "engine/result.h"

namespace apps {

/// Closed, and its path removed, at its end.
class ListenSocket {
 public:
  /// The directory of a Unix socket is made (mode 0755), a socket whose instance is gone is replaced, the new one gets mode 0660.
  /// `instance`: the name, for messages.   Errors: somebody else listens there, no permission; with the address.
  static engine::Result<ListenSocket> open(const AdminAddress& address, const std::string& instance);
  ListenSocket(ListenSocket&& other) noexcept;
  ListenSocket& operator=(ListenSocket&& other) noexcept;
  ~ListenSocket();

  [[nodiscard]] int fd() const noexcept { return fd_; }
  [[nodiscard]] bool is_unix() const noexcept { return !path_.empty(); }
  /// "unix:/run/penstock/edge1.sock", "127.0.0.1:9180".
  [[nodiscard]] std::string text() const;

 private:
  explicit ListenSocket(int fd) noexcept : fd_{fd} {}
  static engine::Result<ListenSocket> open_unix(const std::string& path, const std::string& instance);
  static engine::Result<ListenSocket> open_tcp(engine::SocketAddress address);

  int fd_ = -1;
  std::string path_;  // of a Unix socket
  dev_t device_ = 0;  // who the path was when we made it: a successor's socket is not ours to remove
  ino_t inode_ = 0;
  engine::SocketAddress tcp_;
};

}  // namespace apps
