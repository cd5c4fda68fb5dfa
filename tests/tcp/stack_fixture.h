// The real Stack on a real shard with a port in memory, in virtual time, and an application that does what a test says.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tcp/stack.h"
#include "tests/support/shard_fixture.h"

namespace tcp {

/// Writes events down, and makes the calls of a test within a turn, as an application would.
class RecordingApplication : public Application {
 public:
  std::vector<Event> events;
  /// Called once each in the next turn, before segments are built.
  std::vector<std::function<void(Instant)>> calls;
  /// Sees events as they are delivered.
  std::function<void(const Event&, Instant)> on_event{};

  void on_events(std::span<const Event> delivered, Instant now) noexcept override;
  bool on_time(Instant now) noexcept override;
  [[nodiscard]] std::optional<Instant> next_deadline(Instant /*now*/) const noexcept override { return std::nullopt; }
  void adopt(const Snapshot& /*snapshot*/, Instant /*now*/) noexcept override {}
};

struct StackOptions {
  std::uint16_t mtu = 1500;
  std::uint32_t connections_max = 64, half_open_max = 64, time_wait_max = 64;
  std::uint64_t account_mbufs = 16'384;   // enough for initial windows of 64 KiB
  std::uint64_t account_connections = 1;  // floors that are reserved: few, so that `used` is easy to follow
  Config config{};
};

inline constexpr engine::Ipv4 our_address{10, 0, 0, 1}, peer_address{10, 0, 0, 2};
inline constexpr std::uint16_t our_port = 80, peers_listener = 8080;

class StackFixture {
 public:
  explicit StackFixture(const StackOptions& options = {});

  [[nodiscard]] Stack& stack() { return *stack_; }
  [[nodiscard]] RecordingApplication& application() { return application_; }
  [[nodiscard]] support::TestEngine& engine() { return engine_; }
  [[nodiscard]] Instant now() const { return engine_.now(); }

  /// Publishes a configuration in which our_port has a listener, or none.
  void listen(bool is_listening);
  /// Changes what a user can set, from now on.
  void set_config(const Config& config);

  /// Delivers packets (from their IPv4 headers) as one burst and lets the application make its calls, in one turn; then turns
  /// until nobody has work.
  void turn(const std::vector<support::Bytes>& packets, std::vector<std::function<void(Instant)>> calls = {});
  /// Moves time to `when`, with a turn at every instant on the way at which something is due.
  void run_to(Instant when);
  /// Called after every turn.
  std::function<void()> after_turn{};

  /// What left since the last call, each from its IPv4 header.
  [[nodiscard]] std::vector<support::Bytes> take_sent();
  /// The connection, or null; TIME-WAIT is none.
  [[nodiscard]] const Tcb* find(const engine::FourTuple& tuple) const;
  /// Calls f(const Tcb&) for every connection.
  template <typename F>
  void for_each(F&& f) const {
    for (ConnId id = 0; id < options_.connections_max; ++id)
      if (stack_->tcb(id).state != State::closed) f(stack_->tcb(id));
  }

 private:
  void publish();
  /// Returns: false if it never comes to rest.
  bool settle();

  StackOptions options_;
  support::TestEngine engine_;
  Stack::Limits limits_;
  RecordingApplication application_;
  std::unique_ptr<Stack> stack_;
  bool is_listening_ = false;
};

}  // namespace tcp
