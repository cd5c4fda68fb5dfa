// Both ends of HTTP on one stack: clients that open connections, and servers that answer on them.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "tcp/outbox.h"
#include "tcp/stack.h"
#include "tests/memory/message.h"

namespace memory {

class Web : public tcp::Application {
 public:
  /// Never used twice, other than a tcp::ConnId.
  using Handle = std::uint64_t;

  explicit Web(tcp::Stack& stack) : stack_{stack} {}

  // --- as a client
  /// Returns: nothing if TCP cannot even try.
  std::optional<Handle> open(engine::SocketAddress remote, engine::Instant now);
  void send(Handle handle, const std::string& bytes);
  void close(Handle handle);
  std::function<void(Handle)> on_connected;
  std::function<void(Handle, Message)> on_response;
  /// The last that is heard of a handle that was opened here and not closed by us.
  std::function<void(Handle, tcp::CloseReason)> on_closed;

  // --- as a server
  /// Returns: the bytes of the answer, or nothing: `send` follows later.
  std::function<std::optional<std::string>(Handle, const Message&)> on_request;
  [[nodiscard]] std::size_t served_connections() const noexcept { return served_; }

  void on_events(std::span<const tcp::Event> events, engine::Instant now) noexcept override;
  bool on_time(engine::Instant now) noexcept override;
  [[nodiscard]] std::optional<engine::Instant> next_deadline(engine::Instant) const noexcept override { return {}; }
  void adopt(const tcp::Snapshot&, engine::Instant) noexcept override {}

 private:
  struct End {
    Handle handle;
    bool is_client, is_connected;
    std::string received, to_send;
  };
  void read(tcp::ConnId id);
  void write(tcp::ConnId id);
  void forget(tcp::ConnId id, tcp::CloseReason reason);

  tcp::Stack& stack_;
  std::map<tcp::ConnId, End> ends_;
  std::map<Handle, tcp::ConnId> ids_;
  Handle next_ = 1;
  std::size_t served_ = 0;
};

}  // namespace memory
