// A load balancer between clients and servers that a test plays by hand, over real TCP on a network without loss.
//
//     ProxyWorld world;
//     auto client = world.connect();
//     client.sends("GET /a HTTP/1.1\nHost: x\n\n");
//     auto server = world.accepted();
//     EXPECT_EQ(server.sees(), forwarded("GET /a HTTP/1.1\nHost: x"));
//     server.sends("HTTP/1.1 200 OK\nContent-Length: 2\n\nhi");
//     EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK\nContent-Length: 2") + "hi");
//
// Texts of heads have "\n" for CRLF, and "<now>" for our Date. Everything is quiet when a call returns.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/balancer.h"
#include "tests/sim/script_app.h"

namespace http {

using namespace std::chrono_literals;

class ProxyWorld;

/// A client's or a server's end of a connection with the proxy.
class Peer {
 public:
  Peer(ProxyWorld& world, sim::ScriptApp& app, std::size_t end) : world_{&world}, app_{&app}, end_{end} {}

  /// Sends a text, each "\n" as CRLF.
  void sends(std::string_view text);
  /// Sends bytes as they are.
  void sends_bytes(std::string_view bytes);
  /// Sends bytes, and does not wait for anything.
  void queues(std::string_view bytes) { app_->send(end_, bytes); }
  void shuts();
  void resets();
  /// Takes its leave: FIN, and what still comes is discarded.
  void leaves();
  void stops_reading() { app_->set_reading(end_, false); }
  void reads_again();

  /// What came since the last call: CRLF as "\n", a lone CR or LF as "<CR>" or "<LF>", our Date as "<now>".
  [[nodiscard]] std::string sees();
  /// The same as it came.
  [[nodiscard]] std::string sees_bytes();
  /// "open", "closed" (the other side ended its direction), or "reset", "timeout", "refused".
  [[nodiscard]] std::string state();
  /// The other side ended its direction: as far as it is known by now.
  [[nodiscard]] bool has_fin() const { return app_->end(end_).has_fin; }
  /// The address at the other side.
  [[nodiscard]] std::string remote_address() const;
  /// Bytes that came in all, read or not yet asked for.
  [[nodiscard]] std::uint64_t received() const { return app_->end(end_).received_total; }
  /// Bytes that the test gave and TCP did not take yet.
  [[nodiscard]] std::size_t unsent() const { return app_->end(end_).unsent(); }

 private:
  ProxyWorld* world_;
  sim::ScriptApp* app_;
  std::size_t end_;
};

/// Where things are: clients 10.0.0.1, the balancer's listener 10.0.0.10:80, server N at 10.0.0.2:800N.
[[nodiscard]] engine::SocketAddress server_address(unsigned n);
inline constexpr engine::SocketAddress listener_address{engine::Ipv4{10, 0, 0, 10}, 80};

class ProxyWorld {
 public:
  struct Options {
    unsigned servers = 1;  // of pool "p", numbers 1 to N
    std::uint16_t shards = 1;
    std::uint32_t connections_max = 64;
    std::uint64_t account_mbufs = 2048;
    std::uint64_t account_connections = 0;
    std::vector<std::string> answered{};  // further addresses of the balancer
    tcp::Config tcp{};
    tcp::Config peers_tcp{};
    std::function<void(SiteParts&)> edit{};  // of the site below
  };
  /// A site of one listener "web", rules "/p" (the default: every path) to the pool, with the defaults of the configuration.
  explicit ProxyWorld(const Options& options);
  ProxyWorld() : ProxyWorld{Options{}} {}
  ProxyWorld(const ProxyWorld&) = delete;
  ProxyWorld& operator=(const ProxyWorld&) = delete;
  /// Peers that are still there reset their connections; then nothing may be left in the balancer.
  ~ProxyWorld();

  [[nodiscard]] Peer connect(engine::SocketAddress to = listener_address);
  /// The next connection that server `n` got and nobody asked for yet, as soon as it is there; fails the test if none comes.
  [[nodiscard]] Peer accepted(unsigned n = 1);
  [[nodiscard]] bool has_accepted(unsigned n = 1);
  /// The same without letting anything happen: for run_until.
  [[nodiscard]] bool has_new(unsigned n = 1);
  /// Server `n` listens no more: SYNs are answered with RST.
  void stop_listening(unsigned n);
  void listen_again(unsigned n);
  /// All frames to and from the servers are lost, or not any more.
  void cut_off_servers(bool cut);
  void cut_off_clients(bool cut);

  /// What peers do in `f` reaches the balancer in one burst, behind it.
  void in_one_burst(const std::function<void()>& f);

  /// Publishes the site anew; `edit` as in Options.
  void reload(const std::function<void(SiteParts&)>& edit);
  /// The same with other listeners' addresses.
  void reload(SiteParts parts, std::vector<sim::BalancerConfig::Listen> listens);
  [[nodiscard]] SiteParts default_parts() const;

  /// Lets everything happen that happens at once.
  void settle() { run(20ms); }
  void run(engine::Duration duration);
  /// Returns: whether it came true within `limit`.
  [[nodiscard]] bool run_until(const std::function<bool()>& done, engine::Duration limit = 60s);

  [[nodiscard]] sim::Balancer& balancer() { return *balancer_; }
  [[nodiscard]] Proxy& proxy() { return balancer_->proxy(); }
  [[nodiscard]] Counters& counters() { return proxy().counters(); }
  [[nodiscard]] tcp::Stack& stack() { return balancer_->host().stack(); }
  [[nodiscard]] std::uint64_t rejected(Reject why) { return counters().rejected[static_cast<std::size_t>(why)].get(); }
  [[nodiscard]] ServerCounters& server_counters(unsigned n) { return counters().servers[n - 1]; }
  /// Requests counted with that status code, of any listener and server.
  [[nodiscard]] std::uint64_t requests(std::uint16_t code);
  [[nodiscard]] sim::Network& network() { return network_; }
  [[nodiscard]] engine::Instant now() const { return network_.now(); }

 private:
  [[nodiscard]] sim::ScriptApp& clients() { return static_cast<sim::ScriptApp&>(client_host_->application()); }
  [[nodiscard]] sim::ScriptApp& servers() { return static_cast<sim::ScriptApp&>(server_host_->application()); }
  void publish_server_listeners();

  Options options_;
  sim::Network network_{1};
  std::unique_ptr<sim::EngineHost> client_host_, server_host_;
  std::unique_ptr<sim::Balancer> balancer_;
  std::vector<bool> listening_;
  std::vector<bool> claimed_;  // by the servers' ends
};

// --- the texts that tests expect

/// What a server sees of a request whose request line, received fields and framing are `head`.
[[nodiscard]] std::string forwarded(std::string_view head, std::string_view host = "x");
/// What a client sees of a response without Date whose status line, received fields and framing are `head`; `connection`: "close"
/// or "keep-alive" if it is told so.
[[nodiscard]] std::string returned(std::string_view head, std::string_view connection = "");
/// An error answer of ours.
[[nodiscard]] std::string refusal(std::string_view status_and_phrase, std::string_view connection = "");
/// `n` bytes in which every position is recognisable.
[[nodiscard]] std::string long_body(std::size_t n);
/// The body of a chunked message as it stands in `text` from `offset` on; "" and a failure if it is not complete and alone.
[[nodiscard]] std::string dechunked(std::string_view text);

}  // namespace http
