#include "tests/sim/script_app.h"

#include <algorithm>

#include "engine/check.h"

namespace sim {

std::size_t ScriptApp::connect(engine::SocketAddress remote, engine::Instant now) {
  const auto id = stack_.connect({}, remote, 1, now);
  CHECK(id.has_value());
  ends_.emplace_back();
  ends_.back().id = *id;
  ends_.back().remote = remote.address;
  live_[*id] = ends_.size() - 1;
  return ends_.size() - 1;
}

void ScriptApp::send(std::size_t i, std::string_view bytes) {
  CHECK(!ends_[i].shuts);
  ends_[i].to_send += bytes;
  if (ends_[i].is_connected) write(ends_[i]);
}

void ScriptApp::shut(std::size_t i) {
  ends_[i].shuts = true;
  if (ends_[i].is_connected) write(ends_[i]);
}

void ScriptApp::leave(std::size_t i) {
  End& end = ends_[i];
  if (!end.is_live()) return;
  end.is_left = true;
  live_.erase(end.id);
  stack_.close(end.id);
}

void ScriptApp::reset(std::size_t i) {
  End& end = ends_[i];
  if (!end.is_live()) return;
  end.is_left = true;
  live_.erase(end.id);
  stack_.abort(end.id);
}

void ScriptApp::set_reading(std::size_t i, bool reads) {
  ends_[i].reads = reads;
  if (ends_[i].is_live()) read(ends_[i]);
}

void ScriptApp::on_events(std::span<const tcp::Event> events, engine::Instant) noexcept {
  for (const tcp::Event& event : events) {
    if (event.is(tcp::Outbox::accepted)) {
      ends_.emplace_back();
      ends_.back().id = event.connection;
      ends_.back().listener = event.listener;
      ends_.back().remote = engine::Ipv4{stack_.tcb(event.connection).tuple.remote};
      live_[event.connection] = ends_.size() - 1;
    }
    const auto at = live_.find(event.connection);
    if (at == live_.end()) continue;
    End& end = ends_[at->second];
    end.is_connected |= event.is(tcp::Outbox::accepted) || event.is(tcp::Outbox::connected);
    end.has_fin |= event.is(tcp::Outbox::peer_closed);
    read(end);
    if (event.is(tcp::Outbox::closed)) {
      end.closed = event.reason;
      live_.erase(at);
    } else if (end.is_connected) {
      write(end);
    }
  }
}

void ScriptApp::read(End& end) noexcept {
  while (end.reads && stack_.received_bytes(end.id) != 0) {
    const engine::Slice slice = stack_.take(end.id, UINT32_MAX);
    end.received += slice.text();
    end.received_total += slice.size();
  }
}

void ScriptApp::write(End& end) noexcept {
  while (end.unsent() != 0) {
    const std::uint32_t room = stack_.send_room(end.id);
    if (room == 0) return stack_.want_writable(end.id);
    const std::size_t n = std::min<std::size_t>({end.unsent(), room, 1400});
    if (!stack_.send_copy(end.id, {end.to_send.data() + end.sent, n})) return;
    end.sent += n;
  }
  end.to_send.clear();
  end.sent = 0;
  if (end.shuts && !stack_.tcb(end.id).has(tcp::Tcb::fin_queued)) stack_.shutdown(end.id);
}

}  // namespace sim
