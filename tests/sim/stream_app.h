// Applications for TCP in simulation: streams of known bytes both ways, ended in every manner.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "engine/random.h"
#include "tcp/outbox.h"
#include "tcp/stack.h"

namespace sim {

/// Byte i of stream `id`: both ends know it.
[[nodiscard]] inline char stream_byte(std::uint64_t id, std::uint64_t i) noexcept {
  std::uint64_t x = id * 0x9e3779b97f4a7c15u + i / 8;
  x ^= x >> 31, x *= 0xbf58476d1ce4e5b9u, x ^= x >> 29;
  return static_cast<char>(x >> (i % 8 * 8));
}

/// One end of a stream: sends `to_send` bytes, expects `to_receive`, then closes when both are through.
struct Stream {
  std::uint64_t id = 0;
  std::uint64_t to_send = 0, to_receive = 0;
  std::uint64_t sent = 0, received = 0;
  bool peer_closed = false, shut = false, done = false;
  bool reads_slowly = false;  // takes at most a little per turn: closes its window
  tcp::CloseReason reason = tcp::CloseReason::none;
};

class StreamApp : public tcp::Application {
 public:
  StreamApp(tcp::Stack& stack, std::uint64_t seed) : stack_{stack}, random_{seed} {}

  /// Client: opens a connection for the stream. The peer learns it by the remote port order, so ids travel in the first 8 bytes.
  bool open(engine::SocketAddress remote, const Stream& stream, engine::Instant now);
  /// Server: what to send on a connection, by the stream id that the client announces.
  std::function<Stream(std::uint64_t id)> on_stream;

  void on_events(std::span<const tcp::Event> events, engine::Instant now) noexcept override;
  bool on_time(engine::Instant now) noexcept override;
  [[nodiscard]] std::optional<engine::Instant> next_deadline(engine::Instant now) const noexcept override;
  void adopt(const tcp::Snapshot&, engine::Instant) noexcept override {}

  [[nodiscard]] std::size_t open_streams() const noexcept { return streams_.size(); }
  std::uint64_t finished = 0, failed = 0, wrong_bytes = 0;
  std::string first_error;

 private:
  struct End {
    Stream stream;
    bool is_client = false;
    bool named = false;  // the id was received or sent
    engine::Instant read_again{};
  };
  void pump(tcp::ConnId id, End& end, engine::Instant now) noexcept;
  void read(tcp::ConnId id, End& end, engine::Instant now) noexcept;
  void write(tcp::ConnId id, End& end) noexcept;
  [[nodiscard]] engine::Slice make_slice(std::string bytes);
  void fail(const std::string& what);

  tcp::Stack& stack_;
  engine::Random random_;
  std::map<tcp::ConnId, End> streams_;
};

}  // namespace sim
