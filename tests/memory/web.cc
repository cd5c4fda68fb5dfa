#include "tests/memory/web.h"

#include <algorithm>
#include <memory>
#include <vector>

namespace memory {

std::optional<Web::Handle> Web::open(engine::SocketAddress remote, engine::Instant now) {
  const auto id = stack_.connect({}, remote, 0, now);
  if (!id) return std::nullopt;
  ends_[*id] = End{next_, true, false, {}, {}};
  ids_[next_] = *id;
  return next_++;
}

void Web::send(Handle handle, const std::string& bytes) {
  const auto at = ids_.find(handle);
  if (at == ids_.end()) return;  // it was closed meanwhile
  ends_.at(at->second).to_send += bytes;
}

void Web::close(Handle handle) {
  const auto at = ids_.find(handle);
  if (at == ids_.end()) return;
  stack_.close(at->second);
  ends_.erase(at->second);
  ids_.erase(at);
}

void Web::on_events(std::span<const tcp::Event> events, engine::Instant) noexcept {
  for (const tcp::Event& event : events) {
    const tcp::ConnId id = event.connection;
    if (event.is(tcp::Outbox::accepted)) {
      ends_[id] = End{next_, false, true, {}, {}};
      ids_[next_++] = id;
      ++served_;
    }
    const auto at = ends_.find(id);
    if (at == ends_.end()) continue;
    if (event.is(tcp::Outbox::connected)) {
      at->second.is_connected = true;
      if (on_connected) on_connected(at->second.handle);
    }
    read(id);
    if (!ends_.contains(id)) continue;  // whoever heard of a message closed it
    if (event.is(tcp::Outbox::closed))
      forget(id, event.reason);
    else if (event.is(tcp::Outbox::peer_closed)) {
      stack_.close(id);
      forget(id, tcp::CloseReason::finished);
    }
  }
}

void Web::forget(tcp::ConnId id, tcp::CloseReason reason) {
  const End end = std::move(ends_.at(id));
  ends_.erase(id);
  ids_.erase(end.handle);
  if (end.is_client && on_closed) on_closed(end.handle, reason);
}

void Web::read(tcp::ConnId id) {
  while (stack_.received_bytes(id) != 0) ends_.at(id).received += stack_.take(id, UINT32_MAX).text();
  for (;;) {
    const auto at = ends_.find(id);
    if (at == ends_.end()) return;
    const Handle handle = at->second.handle;
    auto message = take_message(at->second.received);
    if (!message) return;
    if (at->second.is_client) {
      if (on_response) on_response(handle, *std::move(message));
    } else if (const auto answer = on_request(handle, *message)) {
      send(handle, *answer);
    }
  }
}

/// What tests ask for between two turns leaves in the next.
bool Web::on_time(engine::Instant) noexcept {
  bool worked = false;
  std::vector<tcp::ConnId> ready;
  for (const auto& [id, end] : ends_)
    if (end.is_connected && !end.to_send.empty()) ready.push_back(id);
  for (const tcp::ConnId id : ready) {
    const std::size_t before = ends_.at(id).to_send.size();
    write(id);
    worked |= ends_.at(id).to_send.size() != before;
  }
  return worked;
}

void Web::write(tcp::ConnId id) {
  std::string& bytes = ends_.at(id).to_send;
  while (!bytes.empty()) {
    const std::size_t n = std::min<std::size_t>(bytes.size(), stack_.send_room(id));
    if (n == 0) return;
    engine::Slice slice = engine::SharedBytes::make(std::make_shared<const std::string>(bytes.substr(0, n)));
    if (!stack_.send(id, slice)) return;
    bytes.erase(0, n);
  }
}

}  // namespace memory
