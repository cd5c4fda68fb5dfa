// An application that a test plays by hand: it opens, sends, reads or does not read, closes and resets as it is told, and notes
// what it sees.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "tcp/outbox.h"
#include "tcp/stack.h"

namespace sim {

class ScriptApp final : public tcp::Application {
 public:
  /// One end of a connection, as seen by who plays it. Kept when the connection is gone.
  struct End {
    tcp::ConnId id = engine::no_index;
    tcp::ListenerId listener = tcp::listener_none;  // of one that was accepted
    engine::Ipv4 remote{};
    bool is_connected = false;
    bool is_left = false;  // the script closed or reset it
    bool reads = true;     // false: what comes fills the window
    bool has_fin = false;  // the peer ended its direction
    bool shuts = false;    // FIN follows what is still to be sent
    std::optional<tcp::CloseReason> closed{};
    std::string received{};
    std::string to_send{};
    std::size_t sent = 0;  // of to_send
    std::uint64_t received_total = 0;
    [[nodiscard]] std::size_t unsent() const noexcept { return to_send.size() - sent; }
    [[nodiscard]] bool is_live() const noexcept { return !closed && !is_left; }
  };

  explicit ScriptApp(tcp::Stack& stack) : stack_{stack} {}

  /// Returns: the number of the new end.
  std::size_t connect(engine::SocketAddress remote, engine::Instant now);
  void send(std::size_t end, std::string_view bytes);
  /// FIN behind what was sent so far; receiving goes on.
  void shut(std::size_t end);
  /// FIN; what still comes is discarded.
  void leave(std::size_t end);
  void reset(std::size_t end);
  void set_reading(std::size_t end, bool reads);

  [[nodiscard]] End& end(std::size_t i) { return ends_[i]; }
  [[nodiscard]] std::size_t ends() const noexcept { return ends_.size(); }

  void on_events(std::span<const tcp::Event> events, engine::Instant now) noexcept override;
  bool on_time(engine::Instant) noexcept override { return false; }
  [[nodiscard]] std::optional<engine::Instant> next_deadline(engine::Instant) const noexcept override { return std::nullopt; }
  void adopt(const tcp::Snapshot&, engine::Instant) noexcept override {}

 private:
  void read(End& end) noexcept;
  void write(End& end) noexcept;

  tcp::Stack& stack_;
  std::deque<End> ends_;
  std::map<tcp::ConnId, std::size_t> live_;
};

}  // namespace sim
