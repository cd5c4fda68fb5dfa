// An origin server in simulation: answers each request as its plan says, and checks what the balancer made of it.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "tcp/outbox.h"
#include "tests/sim/http_plan.h"
#include "tests/sim/http_reader.h"
#include "tests/sim/paced_stream.h"

namespace sim {

class HttpOriginApp final : public tcp::Application {
 public:
  struct Options {
    std::uint64_t seed;  // of the plans
    bool with_faults;
  };
  HttpOriginApp(tcp::Stack& stack, std::uint64_t seed, const Options& options)
      : stack_{stack}, random_{seed}, options_{options} {}

  void on_events(std::span<const tcp::Event> events, engine::Instant now) noexcept override;
  bool on_time(engine::Instant now) noexcept override;
  [[nodiscard]] std::optional<engine::Instant> next_deadline(engine::Instant now) const noexcept override;
  void adopt(const tcp::Snapshot&, engine::Instant) noexcept override {}

  std::map<std::uint64_t, unsigned> seen;  // heads, by id
  std::uint64_t answered = 0;
  std::string first_error;

 private:
  struct Connection {
    PacedReader reader;
    PacedWriter writer;
    HttpReader messages{HttpReader::Kind::requests};
    std::optional<HttpPlan> plan{};
    bool is_answering = false;  // the response was given to the writer
    bool is_read = false;       // the request is complete
    bool has_fin = false, has_shut = false;
    std::optional<engine::Instant> closes_at{};
  };
  void pump(tcp::ConnId id, engine::Instant now) noexcept;
  void read_messages(Connection& c);
  void on_message(Connection& c, HttpReader::Step step);
  void check_head(const HttpPlan& plan, const HttpMessage& head);
  void check_body(const HttpPlan& plan, const HttpMessage& request);
  void answer(Connection& c);
  /// Returns: false if the connection is gone.
  [[nodiscard]] bool after_answer(tcp::ConnId id, Connection& c, engine::Instant now);
  void shut(tcp::ConnId id, Connection& c);
  void fail(const std::string& what) {
    if (first_error.empty()) first_error = what;
  }

  tcp::Stack& stack_;
  engine::Random random_;
  Options options_;
  std::map<tcp::ConnId, Connection> connections_;
};

}  // namespace sim
