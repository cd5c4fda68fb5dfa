// Plays scripts (tests/tcp/script.h) against the real Stack.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "tests/tcp/script.h"
#include "tests/tcp/stack_fixture.h"

namespace tcp::script {

class Player {
 public:
  explicit Player(const StackOptions& options = {});
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  /// Plays lines; the next call goes on where this one ended.   Returns: "", or what went wrong and at which line.
  [[nodiscard]] std::string play(std::string_view lines);
  /// Ends all connections and lets their time pass.   Returns: "", or what they left behind.
  [[nodiscard]] std::string end();
  [[nodiscard]] StackFixture& fixture() { return *fixture_; }

 private:
  /// The other side of a connection, and what is known of ours.
  struct Peer {
    engine::FourTuple tuple;
    std::uint32_t our_isn = 0, our_clock = 0;
    bool knows_our_isn = false;
    std::optional<ConnId> id{};  // once the application knows it, and until it is closed
    std::uint32_t bytes_read = 0, bytes_sent = 0;
    std::uint8_t events = 0;
    CloseReason reason = CloseReason::none;
  };
  struct Sent {
    Instant at;
    unsigned peer;
    SegmentText segment;
  };
  using Words = std::vector<std::string>;

  [[nodiscard]] std::string step(const Line& line);
  [[nodiscard]] std::string flush_turn();
  [[nodiscard]] std::string expect_segment(const Line& line, Instant when);
  [[nodiscard]] std::string add_arrival(const Line& line);
  [[nodiscard]] std::string add_icmp(const Line& line);
  [[nodiscard]] std::string add_call(const Line& line);
  [[nodiscard]] std::string check(const Line& line);
  [[nodiscard]] bool is_assertion(const Line& line) const;
  [[nodiscard]] std::string nothing_unmentioned() const;
  [[nodiscard]] std::string time_text(Instant at) const;

  /// Makes the call.   Returns: whether it was granted; nothing, with `failure_` set, if it could not be made.
  [[nodiscard]] std::optional<bool> call(const Words& words, unsigned peer, Instant now);
  [[nodiscard]] std::optional<bool> send(Peer& peer, const Words& words);
  [[nodiscard]] std::optional<bool> read(Peer& peer, const Words& words);
  [[nodiscard]] std::optional<bool> charge(const Words& words);
  void on_event(const Event& event);
  void take_sent();
  void check_invariants();
  void fail(const std::string& what);

  [[nodiscard]] Peer& peer(unsigned number);
  [[nodiscard]] unsigned peer_of(const engine::FourTuple& tuple);
  [[nodiscard]] std::string state_of(const Peer& peer) const;
  [[nodiscard]] std::string events_of(const Peer& peer) const;
  [[nodiscard]] std::optional<std::uint64_t> value_of(const Words& words, const Peer& peer, std::string& error) const;

  std::unique_ptr<StackFixture> fixture_;
  Instant start_{}, last_{};               // of the script; of its last line
  std::uint32_t peer_isn_ = 0xffff'fe00u;  // the peer's numbers wrap after 511 bytes
  std::uint64_t charged_ = 0;
  std::map<unsigned, Peer> peers_;
  std::deque<Sent> sent_;  // and not mentioned yet
  // The turn that is being put together.
  std::vector<support::Bytes> packets_;
  std::vector<std::function<void(Instant)>> calls_;
  std::string failure_;  // of a call or an invariant
};

/// The settings of a script.   Returns: with `error` set if one is not known.
[[nodiscard]] StackOptions options_of(const Script& script, std::string& error);
/// Plays a script from its settings to the end of its connections.   Returns: "", or what went wrong.
[[nodiscard]] std::string play_script(std::string_view text);

}  // namespace tcp::script
