// The second part of tests/tcp/player.h: calls of the application.
#include <fmt/format.h>

#include "engine/text.h"
#include "tests/tcp/player.h"

namespace tcp::script {

namespace {

std::string join(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

}  // namespace

std::string Player::add_call(const Line& line) {
  if (line.words == Words{"listen"}) return fixture_->listen(true), "";
  Words words = line.words;
  const bool is_refused = words.back() == "refused";
  if (is_refused) words.pop_back();
  calls_.emplace_back([this, words, is_refused, line](Instant now) {
    const std::optional<bool> granted = call(words, line.peer, now);
    if (granted && *granted == is_refused)
      fail(fmt::format("line {}: {} was {}", line.number, join(words), is_refused ? "granted" : "refused"));
  });
  return "";
}

std::optional<bool> Player::call(const Words& words, unsigned number, Instant now) {
  Stack& stack = fixture_->stack();
  Peer& to = peer(number);
  const std::string& name = words[0];
  if (name == "connect") {
    const auto id = stack.connect({}, {peer_address, peers_listener}, number, now);
    if (!id) return false;
    to = Peer{stack.tcb(*id).tuple};
    to.id = id;
    return true;
  }
  if (name == "drain") return stack.set_draining(true), true;
  if (name == "charge" || name == "release") return charge(words);
  if (!to.id) return fail(fmt::format("{}: the application has no such connection", join(words))), std::nullopt;
  if (name == "send" || name == "send_copy") return send(to, words);
  if (name == "read") return read(to, words);
  if (name == "want_writable") return stack.want_writable(*to.id), true;
  if (name == "shutdown") return stack.shutdown(*to.id), true;
  if (name == "close") return stack.close(*std::exchange(to.id, {})), true;
  if (name == "abort") return stack.abort(*std::exchange(to.id, {})), true;
  return fail(fmt::format("'{}' is neither a call nor an assertion", join(words))), std::nullopt;
}

std::optional<bool> Player::send(Peer& to, const Words& words) {
  const auto count = words.size() == 2 ? engine::parse_number(words[1], 1u << 24) : std::nullopt;
  if (!count) return fail("send how much?"), std::nullopt;
  const std::string bytes = stream_bytes(true, to.bytes_sent, static_cast<std::uint32_t>(*count));
  bool granted = false;
  if (words[0] == "send_copy") {
    granted = fixture_->stack().send_copy(*to.id, bytes);
  } else {
    engine::Slice slice = engine::SharedBytes::make(std::make_shared<const std::string>(bytes));
    granted = fixture_->stack().send(*to.id, slice);
  }
  if (granted) to.bytes_sent += static_cast<std::uint32_t>(*count);
  return granted;
}

std::optional<bool> Player::read(Peer& from, const Words& words) {
  Stack& stack = fixture_->stack();
  std::uint64_t left = stack.received_bytes(*from.id);
  if (words.size() != 2) return fail("read how much?"), std::nullopt;
  if (words[1] != "all") {
    const auto count = engine::parse_number(words[1]);
    if (!count || *count > left) return fail(fmt::format("{} bytes are there to be read", left)), std::nullopt;
    left = *count;
  }
  while (left != 0) {
    const engine::Slice slice = stack.take(*from.id, static_cast<std::uint32_t>(left));
    if (slice.text() != stream_bytes(false, from.bytes_read, slice.size()))
      return fail(fmt::format("what was read at byte {} is not what was sent", from.bytes_read)), std::nullopt;
    from.bytes_read += slice.size();
    left -= slice.size();
  }
  return true;
}

std::optional<bool> Player::charge(const Words& words) {
  engine::Account& account = fixture_->stack().account();
  const auto number = words.size() == 2 ? engine::parse_number(words[1]) : std::nullopt;
  const std::uint64_t count = number.value_or(words[0] == "charge" ? account.available() : charged_);
  if (words[0] == "release") {
    if (count > charged_) return fail("that much was not charged"), std::nullopt;
    account.release(count);
    charged_ -= count;
    return true;
  }
  if (!account.try_charge(count)) return false;
  charged_ += count;
  return true;
}

}  // namespace tcp::script
