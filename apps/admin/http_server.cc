#include "apps/admin/http_server.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <httplib.h>
#include <list>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>

#include "engine/check.h"

namespace apps {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto idle_timeout = std::chrono::seconds{15};      // between two requests of a connection
constexpr auto transfer_timeout = std::chrono::seconds{10};  // for a whole request, and for a whole answer
constexpr std::size_t head_bytes_max = 64u << 10;

/// A connection as the library reads and writes it. Uses poll(2): with DPDK's descriptors ours may lie beyond what select(2) can
/// take.
class SocketStream final : public httplib::Stream {
 public:
  explicit SocketStream(int fd) noexcept : fd_{fd} {}

  /// Before each request: its time begins when its first byte is there.   Returns: false if nothing came.
  [[nodiscard]] bool wait_for_request() {
    deadline_ = Clock::now() + idle_timeout;
    if (begin_ == end_ && !wait(POLLIN)) return false;
    deadline_ = Clock::now() + transfer_timeout;
    bytes_left_ = head_bytes_max + HttpServer::body_bytes_max;
    return true;
  }
  void begin_answer() { deadline_ = Clock::now() + transfer_timeout; }

  bool is_readable() const override { return begin_ != end_ || wait(POLLIN); }
  bool is_writable() const override { return wait(POLLOUT); }
  ssize_t read(char* to, std::size_t size) override {
    while (begin_ == end_) {
      if (!wait(POLLIN)) return -1;
      const ssize_t n = ::recv(fd_, buffer_.data(), buffer_.size(), 0);
      if (n < 0 && errno == EAGAIN) continue;
      if (n <= 0) return n;
      begin_ = 0;
      end_ = static_cast<std::size_t>(n);
    }
    const std::size_t n = std::min({size, end_ - begin_, bytes_left_});
    if (n == 0) return -1;  // the library would gather a line without end for as long as it comes
    bytes_left_ -= n;
    std::memcpy(to, buffer_.data() + begin_, n);
    begin_ += n;
    return static_cast<ssize_t>(n);
  }
  ssize_t write(const char* from, std::size_t size) override {
    while (wait(POLLOUT)) {
      const ssize_t n = ::send(fd_, from, size, MSG_NOSIGNAL);
      if (n >= 0 || errno != EAGAIN) return n;
    }
    return -1;
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override { ip.clear(), port = 0; }
  void get_local_ip_and_port(std::string& ip, int& port) const override { ip.clear(), port = 0; }
  /// The library refuses numbers beyond select's range, and asks for nothing else.
  socket_t socket() const override { return 0; }

 private:
  [[nodiscard]] bool wait(short events) const {
    pollfd poll{fd_, events, 0};
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
      if (left <= 0) return false;
      const int n = ::poll(&poll, 1, static_cast<int>(left));
      if (n > 0) return true;  // also for an error: recv and send tell which
      if (n < 0 && errno != EINTR) return false;
    }
  }

  int fd_;
  Clock::time_point deadline_{};
  std::array<char, 4096> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  std::size_t bytes_left_ = 0;  // of the request that is being read
};

/// The library's server without its sockets and threads.
class Parser final : public httplib::Server {
 public:
  Parser(HttpServer::Handler handler, bool is_local) : handler_{std::move(handler)}, is_local_{is_local} {
    const auto any = [this](const httplib::Request& request, httplib::Response& response) { answer(request, response); };
    Get(".*", any).Post(".*", any).Put(".*", any).Patch(".*", any).Delete(".*", any).Options(".*", any);
    set_payload_max_length(HttpServer::body_bytes_max);
    set_keep_alive_max_count(10'000);
    set_keep_alive_timeout(idle_timeout.count());
    set_exception_handler([](const httplib::Request& request, httplib::Response& response, std::exception_ptr problem) {
      std::string what = "unknown";
      try {
        std::rethrow_exception(problem);
      } catch (const std::exception& e) {
        what = e.what();
      } catch (...) {
      }
      spdlog::error("admin: {} {}: {}", request.method, request.path, what);
      response.status = 500;
      response.set_content("{\"error\": \"internal error; the log says which\"}\n", "application/json");
    });
    set_error_handler([](const httplib::Request&, httplib::Response& response) {
      if (response.body.empty())
        response.set_content("{\"error\": \"not a request that can be answered\"}\n", "application/json");
    });
  }

  /// One request.   Returns: whether the connection can carry another one.
  [[nodiscard]] bool serve(SocketStream& stream) {
    bool closed = false, is_understood = false;
    const bool ok = process_request(stream, false, closed, [&](httplib::Request& request) {
      stream.begin_answer();
      // RFC 9112 6.3: neither field means no body. The library would read until the client closes.
      if (!request.has_header("Content-Length") && !request.has_header("Transfer-Encoding"))
        request.set_header("Content-Length", "0");
      // Nothing that was refused unread may be taken for the next request.
      is_understood = !request.has_header("Transfer-Encoding") &&
                      request.get_header_value("Content-Length", 0).find_first_not_of('0') == std::string::npos;
    });
    return ok && !closed && is_understood;
  }

 private:
  void answer(const httplib::Request& from, httplib::Response& to) const {
    const AdminRequest request{from.method, from.path, from.get_header_value("Host"), from.get_header_value("Origin"),
                               from.body,   is_local_};
    AdminAnswer answer = handler_(request);
    to.status = answer.status;
    to.set_header("Cache-Control", "no-store");
    to.set_header("X-Content-Type-Options", "nosniff");
    if (!answer.allow.empty()) to.set_header("Allow", answer.allow);
    to.set_content(answer.body, answer.content_type);
  }

  HttpServer::Handler handler_;
  bool is_local_;
};

}  // namespace

class HttpServer::Impl {
 public:
  Impl(ListenSocket socket, Handler handler) : socket_{std::move(socket)}, parser_{std::move(handler), socket_.is_unix()} {
    wake_fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    CHECK(wake_fd_ >= 0);
    acceptor_ = std::thread{[this] { accept_all(); }};
  }
  ~Impl() {
    stopping_.store(true);
    wake();
    acceptor_.join();
    for (Connection& connection : connections_) ::shutdown(connection.fd, SHUT_RDWR);  // wakes whoever waits for a client
    for (Connection& connection : connections_) end(connection);
    ::close(wake_fd_);
  }
  [[nodiscard]] std::string address() const { return socket_.text(); }

 private:
  /// The descriptor is closed by the acceptor, after the thread: its number means this connection as long as the list has it.
  struct Connection {
    int fd = -1;
    std::atomic<bool> is_over{false};
    std::thread thread{};
  };

  void wake() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_fd_, &one, sizeof one);
  }

  static void end(Connection& connection) {
    connection.thread.join();
    ::close(connection.fd);
  }

  void accept_all() {
    ::pthread_setname_np(::pthread_self(), "admin-accept");
    while (!stopping_.load()) {
      const bool has_room = connections_.size() < connections_max;
      pollfd polls[] = {{wake_fd_, POLLIN, 0}, {has_room ? socket_.fd() : -1, POLLIN, 0}};
      if (::poll(polls, 2, -1) < 0 && errno != EINTR) return;
      if ((polls[0].revents & POLLIN) != 0) {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto got = ::read(wake_fd_, &count, sizeof count);
      }
      std::erase_if(connections_, [](Connection& connection) {
        if (!connection.is_over.load()) return false;
        end(connection);
        return true;
      });
      if (has_room && (polls[1].revents & POLLIN) != 0) accept_one();
    }
  }

  void accept_one() {
    const int fd = ::accept4(socket_.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
      // Without a descriptor or memory the client stays in the queue: later, and not in a tight loop.
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) std::this_thread::sleep_for(std::chrono::milliseconds{50});
      return;
    }
    if (!socket_.is_unix()) {  // head and body leave in two writes: the second must not wait for the client's delayed ACK
      const int yes = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    }
    Connection& connection = connections_.emplace_back();
    connection.fd = fd;
    try {
      connection.thread = std::thread{[this, &connection] { serve(connection); }};
    } catch (const std::system_error& e) {
      spdlog::error("admin: no thread for a connection: {}", e.what());
      ::close(fd);
      connections_.pop_back();
    }
  }

  void serve(Connection& connection) {
    ::pthread_setname_np(::pthread_self(), "admin");
    SocketStream stream{connection.fd};
    while (!stopping_.load() && stream.wait_for_request() && parser_.serve(stream)) {
    }
    ::shutdown(connection.fd, SHUT_RDWR);
    connection.is_over.store(true);
    wake();
  }

  ListenSocket socket_;
  Parser parser_;
  int wake_fd_ = -1;
  std::atomic<bool> stopping_{false};
  std::list<Connection> connections_;  // the acceptor's, then the destructor's
  std::thread acceptor_;
};

HttpServer::HttpServer(ListenSocket socket, Handler handler)
    : impl_{std::make_unique<Impl>(std::move(socket), std::move(handler))} {}
HttpServer::~HttpServer() = default;
std::string HttpServer::address() const { return impl_->address(); }

}  // namespace apps
