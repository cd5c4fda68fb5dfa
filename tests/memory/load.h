// Requests over many connections, one outstanding on each, every answer checked.
#pragma once

#include <map>
#include <string>

#include "tests/memory/peer.h"

namespace memory {

/// Keeps `connections` busy until `stop`; a connection that the other side ends between two requests is opened anew. Takes the
/// client's part of the peer's Web.
class Load {
 public:
  struct Options {
    std::size_t connections = 20;
    /// The request number `n` of a connection.
    std::function<std::string(std::size_t n)> request;
    /// "" or what is wrong with the answer.
    std::function<std::string(std::size_t n, const Message& answer)> check;
  };
  Load(Peer& peer, Options options);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  /// No further requests; those that are outstanding go on.
  void stop() noexcept { stopping_ = true; }
  [[nodiscard]] std::size_t answered() const noexcept { return answered_; }
  [[nodiscard]] std::size_t outstanding() const noexcept { return outstanding_; }
  /// Connections that ended while a request was outstanding, or never began; answers that were wrong.
  [[nodiscard]] std::size_t failed() const noexcept { return failed_; }
  [[nodiscard]] const std::string& first_failure() const noexcept { return first_failure_; }

 private:
  struct Client {
    std::size_t number = 0;
    bool is_waiting = false;
  };
  void open();
  void ask(Web::Handle handle);
  void fail(const std::string& what);

  Peer& peer_;
  Options options_;
  std::map<Web::Handle, Client> clients_;
  std::size_t next_ = 0, answered_ = 0, outstanding_ = 0, failed_ = 0;
  bool stopping_ = false;
  std::string first_failure_;
};

}  // namespace memory
