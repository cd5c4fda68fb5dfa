#include "tests/tcp/player.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "engine/text.h"

namespace tcp::script {

namespace {

Instant next_tick(Instant at) {
  constexpr auto tick = engine::TimerWheel::tick.count();
  return Instant{engine::Duration{(at.time_since_epoch().count() + tick - 1) / tick * tick}};
}

}  // namespace

Player::Player(const StackOptions& options) : fixture_{std::make_unique<StackFixture>(options)} {
  start_ = last_ = fixture_->now();
  fixture_->after_turn = [this] {
    take_sent();
    check_invariants();
  };
  fixture_->application().on_event = [this](const Event& event, Instant) { on_event(event); };
}

std::string Player::play(std::string_view lines) {
  const Script script = parse_script(lines);
  if (!script.error.empty()) return script.error;
  int number = 0;
  for (const Line& line : script.lines) {
    number = line.number;
    std::string problem = step(line);
    if (problem.empty()) problem = std::exchange(failure_, {});
    if (!problem.empty()) return fmt::format("line {}: {}\n  {}", line.number, line.text, problem);
  }
  std::string problem = flush_turn();
  if (problem.empty()) problem = nothing_unmentioned();
  return problem.empty() ? "" : fmt::format("after line {}:\n  {}", number, problem);
}

std::string Player::step(const Line& line) {
  Instant when = line.is_relative ? last_ + line.time : start_ + line.time;
  if (when < fixture_->now()) {
    if (fixture_->now() - when >= engine::TimerWheel::tick) return "its time is over";
    when = fixture_->now();  // the line before was a timer's, and rounded up
  }
  const bool is_icmp = line.kind == Line::Kind::word && line.words[0] == "icmp";
  const bool is_arrival = is_icmp || line.kind == Line::Kind::arrives;
  const bool is_call = line.kind == Line::Kind::word && !is_icmp && !is_assertion(line);
  const bool starts_turn = when > fixture_->now() || (!calls_.empty() && is_arrival);
  if (starts_turn || !(is_arrival || is_call))
    if (std::string problem = flush_turn(); !problem.empty()) return problem;
  if (line.kind == Line::Kind::leaves) return expect_segment(line, when);
  if (when > fixture_->now()) {
    if (std::string problem = nothing_unmentioned(); !problem.empty()) return problem;
    fixture_->run_to(when);
    if (!sent_.empty() && sent_.front().at < when) return nothing_unmentioned();
  }
  last_ = when;
  if (is_icmp) return add_icmp(line);
  return is_arrival ? add_arrival(line) : is_call ? add_call(line) : check(line);
}

std::string Player::flush_turn() {
  if (!packets_.empty() || !calls_.empty()) fixture_->turn(std::exchange(packets_, {}), std::exchange(calls_, {}));
  return std::exchange(failure_, {});
}

std::string Player::nothing_unmentioned() const {
  if (sent_.empty()) return "";
  return fmt::format("nobody mentioned what left at {}:\n    {}", time_text(sent_.front().at), to_string(sent_.front().segment));
}

std::string Player::expect_segment(const Line& line, Instant when) {
  if (sent_.empty() && when > fixture_->now()) fixture_->run_to(when);
  if (sent_.empty()) fixture_->run_to(next_tick(when));
  if (sent_.empty()) return fmt::format("nothing left; it is {}", time_text(fixture_->now()));
  const Sent got = sent_.front();
  sent_.pop_front();
  last_ = got.at;
  SegmentText wanted = line.segment;
  if (wanted.options == "...") wanted.options = got.segment.options;
  if (!wanted.window) wanted.window = got.segment.window;
  const std::string expected_text = to_string(wanted), got_text = to_string(got.segment);
  if (line.peer != got.peer || expected_text != got_text)
    return fmt::format("expected #{} {}\n  got      #{} {} at {}", line.peer, expected_text, got.peer, got_text,
                       time_text(got.at));
  if (got.at != when && got.at != next_tick(when))
    return fmt::format("it left at {}, not at {}", time_text(got.at), time_text(when));
  return "";
}

std::string Player::add_arrival(const Line& line) {
  Peer& from = peer(line.peer);
  std::string error;
  const auto packet = encode(line.segment, from.tuple, {peer_isn_, from.our_isn, 0, from.our_clock}, error);
  if (!packet) return error;
  packets_.push_back(*packet);
  return "";
}

std::string Player::add_icmp(const Line& line) {
  std::array<std::uint32_t, 5> n{};  // TYPE CODE MTU SEQ BYTES
  if (line.words.size() != n.size() + 1) return "expected icmp TYPE CODE MTU SEQ BYTES";
  for (std::size_t i = 0; i < n.size(); ++i) {
    const auto number = engine::parse_number(line.words[i + 1], UINT32_MAX);
    if (!number) return fmt::format("'{}' is no number", line.words[i + 1]);
    n[i] = static_cast<std::uint32_t>(*number);
  }
  const Peer& about = peer(line.peer);
  const engine::FourTuple& t = about.tuple;
  support::Bytes quote = support::ipv4(
      {.src = engine::Ipv4{t.local}, .dst = engine::Ipv4{t.remote}, .total_length = static_cast<std::uint16_t>(n[4])},
      support::tcp({.src_port = t.local_port.host(), .dst_port = t.remote_port.host(), .seq = about.our_isn + n[3]}));
  quote.resize(sizeof(engine::Ipv4Header) + 8);  // RFC 792: the header and 64 bits
  packets_.push_back(support::ipv4({.src = engine::Ipv4{10, 0, 0, 99}, .dst = our_address},
                                   support::icmp(static_cast<std::uint8_t>(n[0]), static_cast<std::uint8_t>(n[1]), n[2], quote)));
  return "";
}

void Player::on_event(const Event& event) {
  const engine::FourTuple tuple = fixture_->stack().tcb(event.connection).tuple;
  Peer& from = peer(peer_of(tuple));
  if (event.is(Outbox::accepted)) {
    from.id = event.connection;
    from.bytes_read = from.bytes_sent = 0;
  }
  if (from.id != event.connection) return fail(fmt::format("an event of connection {}, which is closed", event.connection));
  from.events |= event.what;
  if (!event.is(Outbox::closed)) return;
  from.reason = event.reason;
  from.id.reset();
}

void Player::take_sent() {
  for (const support::Bytes& packet : fixture_->take_sent()) {
    std::string error;
    const auto decoded = decode(packet, error);
    if (!decoded) {
      fail(error);
      continue;
    }
    const unsigned number = peer_of(decoded->tuple);
    Peer& to = peer(number);
    if ((decoded->flags & Flags::syn_bit) != 0 && (!to.knows_our_isn || to.our_isn != decoded->seq)) {
      to.knows_our_isn = true;
      to.our_isn = decoded->seq;
      const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(fixture_->now() - start_).count();
      to.our_clock = decoded->ts_val - static_cast<std::uint32_t>(ms);
    }
    sent_.push_back({fixture_->now(), number, relative(*decoded, {to.our_isn, peer_isn_, to.our_clock, 0}, error)});
    if (!error.empty()) fail(fmt::format("{}\n    {}", error, to_string(sent_.back().segment)));
  }
}

void Player::check_invariants() {
  const engine::Account& account = fixture_->stack().account();
  if (account.used() > account.capacity()) fail("more is charged than the account has");
  fixture_->for_each([&](const Tcb& tcb) {
    if (tcb.snd_nxt < tcb.snd_una) fail("SND.NXT lies below SND.UNA");
    if (is_synchronized(tcb.state) && tcb.rcv_adv < tcb.rcv_nxt) fail("more was received than advertised");
  });
}

void Player::fail(const std::string& what) {
  if (failure_.empty()) failure_ = what;
}

Player::Peer& Player::peer(unsigned number) {
  const auto port = static_cast<std::uint16_t>(40'000 + number);
  const engine::FourTuple passive{peer_address.wire(), our_address.wire(), engine::be16{port}, engine::be16{our_port}};
  return peers_.try_emplace(number, Peer{passive}).first->second;
}

unsigned Player::peer_of(const engine::FourTuple& tuple) {
  for (const auto& [number, peer] : peers_)
    if (peer.tuple == tuple) return number;
  return tuple.remote_port.host() - 40'000u;
}

std::string Player::time_text(Instant at) const {
  return fmt::format("{:.6f}", std::chrono::duration<double>(at - start_).count());
}

std::string Player::end() {
  std::vector<std::function<void(Instant)>> calls;
  for (auto& [number, peer] : peers_)
    if (peer.id) calls.emplace_back([this, id = *std::exchange(peer.id, {})](Instant) { fixture_->stack().abort(id); });
  fixture_->turn({}, std::move(calls));
  fixture_->run_to(fixture_->now() + 20min);
  if (!failure_.empty()) return failure_;
  Stack& stack = fixture_->stack();
  if (stack.connections() != 0) return fmt::format("{} connections stay", stack.connections());
  if (stack.time_wait() != 0) return fmt::format("{} entries stay in TIME-WAIT", stack.time_wait());
  if (stack.account().used() != charged_) return fmt::format("{} mbufs stay charged", stack.account().used() - charged_);
  for (const engine::Counter& gauge : stack.counters().connections)
    if (gauge.get() != 0) return "a gauge of connections by state is not back at zero";
  const engine::ShardCounters& shard = fixture_->engine().shard().counters();
  if (shard.unaccounted.get() != 0) return fmt::format("{} packets are not accounted for", shard.unaccounted.get());
  return "";
}

}  // namespace tcp::script
