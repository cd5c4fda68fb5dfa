// HTTP over a listening socket of the kernel, for people and scripts: a thread accepts, a thread per connection answers.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "apps/admin/listen_socket.h"

namespace apps {

struct AdminRequest {
  std::string method, path;
  std::string host, origin;  // field values, "" if absent
  std::string body;
  bool is_local = false;  // over the Unix socket: who connects was let in by the file's mode
};

struct AdminAnswer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::string allow{};  // with 405: the methods that there are (RFC 9110 15.5.6)
};

/// The library parses and writes HTTP; sockets and threads are ours, because stopping must not wait for idle clients.
class HttpServer {
 public:
  /// Called by many threads at once.
  using Handler = std::function<AdminAnswer(const AdminRequest&)>;
  static constexpr std::size_t connections_max = 64;  // more wait in the kernel's queue
  static constexpr std::size_t body_bytes_max = 64u << 10;

  HttpServer(ListenSocket socket, Handler handler);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  /// Closes all connections and joins all threads; waits only for a handler that is at work.
  ~HttpServer();

  [[nodiscard]] std::string address() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace apps
