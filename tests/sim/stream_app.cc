#include "tests/sim/stream_app.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <memory>
#include <vector>

namespace sim {

namespace {
constexpr std::uint64_t id_bytes = 8;
}

bool StreamApp::open(engine::SocketAddress remote, const Stream& stream, engine::Instant now) {
  const auto id = stack_.connect({}, remote, 1, now);
  if (!id) return false;
  streams_[*id] = End{stream, true, false, {}};
  return true;
}

void StreamApp::fail(const std::string& what) {
  ++failed;
  if (first_error.empty()) first_error = what;
}

void StreamApp::on_events(std::span<const tcp::Event> events, engine::Instant now) noexcept {
  for (const tcp::Event& event : events) {
    if (!stack_.is_attached(event.connection) && !event.is(tcp::Outbox::closed)) continue;
    if (event.is(tcp::Outbox::accepted)) streams_[event.connection] = End{};
    const auto at = streams_.find(event.connection);
    if (at == streams_.end()) continue;
    End& end = at->second;
    if (event.is(tcp::Outbox::peer_closed)) end.stream.peer_closed = true;
    if (event.is(tcp::Outbox::closed)) {
      read(event.connection, end, now);
      const bool complete = end.stream.received == end.stream.to_receive && end.stream.sent == end.stream.to_send;
      if (event.reason == tcp::CloseReason::finished && complete && end.named)
        ++finished;
      else
        fail(fmt::format("stream {}: closed as {} after {} of {} sent, {} of {} received", end.stream.id, tcp::name(event.reason),
                         end.stream.sent, end.stream.to_send, end.stream.received, end.stream.to_receive));
      streams_.erase(at);
      continue;
    }
    pump(event.connection, end, now);
  }
}

void StreamApp::pump(tcp::ConnId id, End& end, engine::Instant now) noexcept {
  read(id, end, now);
  write(id, end);
  Stream& s = end.stream;
  const bool all_sent = end.named && s.sent == s.to_send;
  if (all_sent && !s.shut) {
    s.shut = true;
    stack_.shutdown(id);
  }
}

void StreamApp::read(tcp::ConnId id, End& end, engine::Instant now) noexcept {
  if (!end.is_client && !end.named) {
    if (stack_.received_bytes(id) < id_bytes) return;
    std::array<char, id_bytes> name;
    stack_.copy_received(id, name);
    stack_.consume(id, id_bytes);
    std::uint64_t stream = 0;
    std::memcpy(&stream, name.data(), id_bytes);
    end.stream = on_stream(stream);
    end.named = true;
  }
  Stream& s = end.stream;
  std::uint64_t budget = UINT64_MAX;
  if (s.reads_slowly) {
    if (now < end.read_again) return;
    budget = 1 + random_.below(3000);
    end.read_again = now + std::chrono::milliseconds{1 + random_.below(400)};
  }
  while (stack_.received_bytes(id) != 0 && budget != 0) {
    const auto most = static_cast<std::uint32_t>(std::min<std::uint64_t>(budget, 1 + random_.below(4000)));
    const engine::Slice slice = stack_.take(id, most);
    budget -= slice.size();
    for (const char c : slice.text()) {
      if (c != stream_byte(s.id * 2 + (end.is_client ? 1 : 0), s.received)) {
        if (wrong_bytes++ == 0 && first_error.empty()) first_error = fmt::format("stream {}: byte {} is wrong", s.id, s.received);
      }
      ++s.received;
    }
  }
}

/// In an mbuf, as proxied text is, or on the heap, as a fixed body is.
engine::Slice StreamApp::make_slice(std::string bytes) {
  if (random_.below(2) == 0) return engine::SharedBytes::make(std::make_shared<const std::string>(std::move(bytes)));
  engine::Packet packet = stack_.mempool().allocate();
  CHECK(static_cast<bool>(packet));
  const auto n = static_cast<std::uint16_t>(std::min<std::size_t>(bytes.size(), 1800));
  auto* to = reinterpret_cast<std::byte*>(rte_pktmbuf_append(packet.get(), n));
  std::memcpy(to, bytes.data(), n);
  return engine::Slice::of_mbuf(std::move(packet).release(), {to, n});
}

void StreamApp::write(tcp::ConnId id, End& end) noexcept {
  Stream& s = end.stream;
  if (end.is_client && !end.named) {
    std::string name(id_bytes, '\0');
    std::memcpy(name.data(), &s.id, id_bytes);
    engine::Slice slice = engine::SharedBytes::make(std::make_shared<const std::string>(std::move(name)));
    if (!stack_.send(id, slice)) return;
    end.named = true;
  }
  if (!end.named) return;
  while (s.sent < s.to_send) {
    const std::uint32_t room = stack_.send_room(id);
    if (room == 0) return stack_.want_writable(id);
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>({s.to_send - s.sent, room, 1 + random_.below(5000)}));
    std::string bytes(n, '\0');
    for (std::size_t i = 0; i < n; ++i) bytes[i] = stream_byte(s.id * 2 + (end.is_client ? 0 : 1), s.sent + i);
    engine::Slice slice = make_slice(std::move(bytes));
    const std::uint32_t size = slice.size();
    if (!stack_.send(id, slice)) return;
    s.sent += size;
  }
}

bool StreamApp::on_time(engine::Instant now) noexcept {
  bool worked = false;
  for (auto& [id, end] : streams_) {
    if (!end.stream.reads_slowly || now < end.read_again || stack_.received_bytes(id) == 0) continue;
    pump(id, end, now);
    worked = true;
  }
  return worked;
}

std::optional<engine::Instant> StreamApp::next_deadline(engine::Instant) const noexcept {
  std::optional<engine::Instant> earliest;
  for (const auto& [id, end] : streams_)
    if (end.stream.reads_slowly && stack_.received_bytes(id) != 0 && (!earliest || end.read_again < *earliest))
      earliest = end.read_again;
  return earliest;
}

}  // namespace sim
