// A client in simulation: sends the requests of its plans over as few connections as it may, and checks every answer.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>

#include "tcp/outbox.h"
#include "tests/sim/http_plan.h"
#include "tests/sim/http_reader.h"
#include "tests/sim/paced_stream.h"

namespace sim {

/// What became of a request.
enum class Outcome : std::uint8_t {
  right,      // the answer that belongs to it, whole
  refused,    // an error answer of the balancer
  truncated,  // the connection ended before the answer did
  given_up,   // the client itself reset
};

class HttpClientApp final : public tcp::Application {
 public:
  HttpClientApp(tcp::Stack& stack, std::uint64_t seed, engine::SocketAddress balancer)
      : stack_{stack}, random_{seed}, balancer_{balancer} {}

  /// Opens a connection for these requests, at most `depth` of them unanswered at a time.
  void start(std::deque<HttpPlan> plans, std::size_t depth, engine::Instant now);

  void on_events(std::span<const tcp::Event> events, engine::Instant now) noexcept override;
  bool on_time(engine::Instant now) noexcept override;
  [[nodiscard]] std::optional<engine::Instant> next_deadline(engine::Instant now) const noexcept override;
  void adopt(const tcp::Snapshot&, engine::Instant) noexcept override {}

  [[nodiscard]] bool is_done() const noexcept { return connections_.empty() && restarts_.empty(); }
  std::map<std::uint64_t, Outcome> outcomes;
  std::map<std::uint64_t, unsigned> refusals;  // statuses of those that were refused
  std::string first_error;

 private:
  struct Connection {
    std::deque<HttpPlan> waiting{}, sent{};
    std::size_t depth = 1;
    PacedReader reader{};
    PacedWriter writer{};
    HttpReader messages{HttpReader::Kind::responses};
    bool awaits_continue = false;  // the body of the last sent request waits for 100
    bool is_last = false;          // a request said that it is the last, or a response did
    bool has_fin = false, has_shut = false;
  };
  void pump(tcp::ConnId id, engine::Instant now) noexcept;
  void send_requests(Connection& c);
  /// Returns: false if the connection is gone.
  [[nodiscard]] bool read_responses(tcp::ConnId id, Connection& c, engine::Instant now);
  void on_final(Connection& c, const HttpMessage& response, engine::Instant now);
  void check(const HttpPlan& plan, const HttpMessage& response);
  void check_own(const HttpPlan& plan, const HttpMessage& response);
  void check_persistence(const HttpPlan& plan, const HttpMessage& response);
  void on_end(Connection& c, engine::Instant now);
  /// What a connection cannot serve any more goes to another.
  void restart(Connection& c, engine::Instant now);
  void fail(const std::string& what) {
    if (first_error.empty()) first_error = what;
  }
  struct Restart {
    std::deque<HttpPlan> plans;
    std::size_t depth;
  };

  tcp::Stack& stack_;
  engine::Random random_;
  engine::SocketAddress balancer_;
  std::map<tcp::ConnId, Connection> connections_;
  std::deque<Restart> restarts_;
};

}  // namespace sim
