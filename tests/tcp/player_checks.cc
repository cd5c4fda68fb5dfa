// The third part of tests/tcp/player.h: assertions, and the settings of a script.
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "engine/text.h"
#include "engine/units.h"
#include "tcp/congestion.h"
#include "tests/tcp/player.h"

namespace tcp::script {

namespace {

constexpr std::array<std::pair<std::uint8_t, std::string_view>, 6> event_names{{{Outbox::accepted, "accepted"},
                                                                                {Outbox::connected, "connected"},
                                                                                {Outbox::readable, "readable"},
                                                                                {Outbox::peer_closed, "peer_closed"},
                                                                                {Outbox::writable, "writable"},
                                                                                {Outbox::closed, "closed"}}};

std::optional<std::uint64_t> counter(Counters& c, std::string_view name) {
  if (name == "time_wait") return c.time_wait.get();
  for (const CounterInfo& info : counter_info)
    if (info.name == name) return (c.*info.value).get();
  return std::nullopt;
}

std::optional<std::uint64_t> drops(const Counters& c, std::string_view name) {
  const auto row = std::find_if(drop_info.begin(), drop_info.end(), [&](const auto& info) { return info.name == name; });
  if (row == drop_info.end()) return std::nullopt;
  return c.drops[engine::index_of(row->id)].get();
}

std::string upper(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

}  // namespace

bool Player::is_assertion(const Line& line) const {
  constexpr std::array<std::string_view, 10> names{"state", "event",   "unread", "cwnd", "ssthresh",
                                                   "mss",   "counter", "drop",   "used", "connections"};
  return std::find(names.begin(), names.end(), line.words[0]) != names.end();
}

std::string Player::check(const Line& line) {
  const Words& words = line.words;
  Peer& of = peer(line.peer);
  if (words[0] == "state" && words.size() == 2) {
    const std::string state = state_of(of);
    return state == words[1] ? "" : fmt::format("it is {}", state);
  }
  if (words[0] == "event") {
    const std::string wanted = fmt::format("{}", fmt::join(words.begin() + 1, words.end(), " "));
    const std::string got = events_of(of);
    of.events = 0;
    return wanted == got ? "" : fmt::format("what came is: {}", got);
  }
  std::string error;
  const auto value = value_of(words, of, error);
  if (!value) return error;
  const auto wanted = engine::parse_number(words.back());
  if (!wanted) return fmt::format("'{}' is no number", words.back());
  return *value == *wanted ? "" : fmt::format("it is {}", *value);
}

std::string Player::state_of(const Peer& of) const {
  const Tcb* tcb = fixture_->find(of.tuple);
  if (tcb != nullptr) return upper(name(tcb->state));
  return fixture_->stack().time_wait() != 0 ? "TIME_WAIT" : "CLOSED";
}

std::string Player::events_of(const Peer& of) const {
  std::string text;
  for (const auto& [bit, event] : event_names) {
    if ((of.events & bit) == 0) continue;
    text += fmt::format("{}{}", text.empty() ? "" : " ", event);
    if (bit == Outbox::closed) text += fmt::format("({})", name(of.reason));
  }
  return text.empty() ? "none" : text;
}

std::optional<std::uint64_t> Player::value_of(const Words& words, const Peer& of, std::string& error) const {
  Stack& stack = fixture_->stack();
  const std::string& what = words[0];
  const bool is_named = what == "counter" || what == "drop";
  if (words.size() != (is_named ? 3u : 2u)) {
    error = "an assertion is a name and a value";
    return std::nullopt;
  }
  if (is_named) {
    const auto value = what == "counter" ? counter(stack.counters(), words[1]) : drops(stack.counters(), words[1]);
    if (!value) error = fmt::format("there is no {} '{}'", what, words[1]);
    return value;
  }
  if (what == "used") return stack.account().used() - charged_;
  if (what == "connections") return stack.connections();
  const Tcb* tcb = fixture_->find(of.tuple);
  if (tcb == nullptr) {
    error = "there is no such connection";
    return std::nullopt;
  }
  if (what == "cwnd") return tcb->cwnd;
  if (what == "ssthresh") return tcb->ssthresh;
  if (what == "mss") return tcb->mss;
  return tcb->received.bytes();  // unread
}

/// Returns: what is wrong with the name, or nothing.
std::string choose_algorithm(Config& config, std::string_view name) {
  for (const CongestionAlgorithm& row : congestion_algorithms)
    if (row.name == name) return config.congestion_control = row.id, std::string{};
  return fmt::format("there is no algorithm '{}'", name);
}

StackOptions options_of(const Script& script, std::string& error) {
  StackOptions o;
  o.config.congestion_control = CongestionControl::new_reno;  // windows that one can work out in the head
  for (const auto& [name, value] : script.settings) {
    const auto number = engine::parse_number(value, UINT32_MAX);
    const auto duration = engine::parse_duration(value);
    const auto size = engine::parse_size(value);
    const auto set = [&](auto& field, const auto& parsed) {
      if (parsed)
        field = static_cast<std::remove_reference_t<decltype(field)>>(*parsed);
      else
        error = fmt::format("--{}: '{}' is no value for it", name, value);
    };
    if (name == "mtu")
      set(o.mtu, number);
    else if (name == "connections_max")
      set(o.connections_max, number);
    else if (name == "half_open_max")
      set(o.half_open_max, number);
    else if (name == "time_wait_max")
      set(o.time_wait_max, number);
    else if (name == "account_mbufs")
      set(o.account_mbufs, number);
    else if (name == "account_connections")
      set(o.account_connections, number);
    else if (name == "initial_window")
      set(o.config.initial_window, number);
    else if (name == "ecn")
      set(o.config.ecn, number);
    else if (name == "pmtud")
      set(o.config.pmtud, number);
    else if (name == "congestion_control")
      error = choose_algorithm(o.config, value);
    else if (name == "rto_min")
      set(o.config.rto_min, duration);
    else if (name == "keepalive")
      set(o.config.keepalive, duration);
    else if (name == "time_wait")
      set(o.config.time_wait, duration);
    else if (name == "delayed_ack")
      set(o.config.delayed_ack, duration);
    else if (name == "fin_wait_2")
      set(o.config.fin_wait_2, duration);
    else if (name == "receive_buffer_max")
      set(o.config.receive_buffer_max, size);
    else if (name == "send_buffer_max")
      set(o.config.send_buffer_max, size);
    else
      error = fmt::format("--{} is not known", name);
  }
  return o;
}

std::string play_script(std::string_view text) {
  const Script script = parse_script(text);
  std::string error = script.error;
  const StackOptions options = options_of(script, error);
  if (!error.empty()) return error;
  Player player{options};
  error = player.play(text);
  return error.empty() ? player.end() : error;
}

}  // namespace tcp::script
