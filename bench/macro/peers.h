// Peers in process: ports behind which clients, origin servers and packet sources are played, on the core that is measured. What
// they spend is measured and subtracted.
#pragma once

#include <rte_cycles.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/mempool.h"
#include "engine/port.h"
#include "engine/random.h"
#include "engine/wire.h"

namespace bench {

/// Cycles spent by peers, to be subtracted from the whole.
struct Meter {
  std::uint64_t own = 0;
};

/// Adds the cycles of its life to a meter.
class Metered {
 public:
  explicit Metered(Meter& meter) noexcept : meter_{meter}, start_{rte_rdtsc()} {}
  ~Metered() { meter_.own += rte_rdtsc() - start_; }
  Metered(const Metered&) = delete;
  Metered& operator=(const Metered&) = delete;

 private:
  Meter& meter_;
  std::uint64_t start_;
};

/// A TCP header's worth of what a peer sends.
struct Reply {
  engine::be32 src, dst;
  engine::be16 src_port, dst_port;
  std::uint32_t seq, ack;
  std::uint8_t flags;
  std::uint32_t ts_ecr;
};

/// What all TCP peers have in common: one queue each way, mbufs of their own, frames built and read.
class PeerPort : public engine::Port {
 public:
  PeerPort(engine::PortInfo info, engine::Mempool& mempool, Meter& meter);
  [[nodiscard]] engine::PortStatus status() override { return {.up = true}; }
  std::uint16_t receive(std::uint16_t queue, rte_mbuf** mbufs, std::uint16_t room) noexcept final;
  std::uint16_t transmit(std::uint16_t queue, rte_mbuf** mbufs, std::uint16_t count) noexcept final;

  static constexpr std::uint16_t burst_max = 32;  // as the reference load says
  std::uint64_t packets_in = 0, packets_out = 0;  // seen from the engine

 protected:
  /// Frames that are due, at most `room`.
  virtual std::uint16_t produce(rte_mbuf** mbufs, std::uint16_t room) noexcept = 0;
  /// A frame that the engine sent: headers, and the bytes of text in all segments.
  struct Seen {
    engine::Ipv4Header ip;
    engine::TcpHeader tcp;
    std::uint32_t ts_val;
    const rte_mbuf* mbuf;
    std::uint32_t text_offset, text_bytes;
  };
  virtual void consume(const Seen& seen) noexcept = 0;

  /// A frame with `text`, checksums made in software.
  [[nodiscard]] rte_mbuf* build(const Reply& reply, std::string_view text, bool is_syn) noexcept;
  engine::Mempool& mempool_;
  engine::MacAddress engine_mac_;

 private:
  Meter& meter_;
  std::uint32_t ts_ = 1;
};

/// Clients: N connections with one request outstanding each, in random order.
class ClientPort final : public PeerPort {
 public:
  struct Options {
    std::uint32_t connections = 256;
    bool close_each = false;  // a connection per request, closed by the client
    std::string request;
  };
  ClientPort(engine::PortInfo info, engine::Mempool& mempool, Meter& meter, Options options);

  std::uint64_t responses = 0, connections_done = 0, resets = 0, unexpected = 0;

 private:
  enum class State : std::uint8_t { closed, syn_sent, open, waiting, closing };
  struct Connection {
    std::uint32_t snd_nxt = 0, rcv_nxt = 0, ts_recent = 0, got = 0;
    std::uint16_t port = 0;
    State state = State::closed;
    bool ack_due = false;
  };
  std::uint16_t produce(rte_mbuf** mbufs, std::uint16_t room) noexcept override;
  void consume(const Seen& seen) noexcept override;
  [[nodiscard]] rte_mbuf* next_frame(std::uint32_t index) noexcept;
  void make_due(std::uint32_t index) noexcept;
  [[nodiscard]] engine::be32 address(std::uint32_t index) const noexcept;
  [[nodiscard]] Reply reply(std::uint32_t index, std::uint8_t flags) const noexcept;
  [[nodiscard]] std::uint32_t learn_response_bytes(const Seen& seen) noexcept;

  Options options_;
  std::vector<Connection> connections_;
  std::vector<std::uint32_t> due_;
  engine::Random random_{7};
  std::uint32_t response_bytes_ = 0;  // learned from the first response
  std::uint32_t started_ = 0;
  std::uint32_t isn_ = 1;
};

/// Origin servers: accept everything, answer every request head with one response.
class OriginPort final : public PeerPort {
 public:
  OriginPort(engine::PortInfo info, engine::Mempool& mempool, Meter& meter, std::string response);
  std::uint64_t requests = 0;

 private:
  struct Answer {
    Reply reply;
    bool is_syn, with_text;
  };
  std::uint16_t produce(rte_mbuf** mbufs, std::uint16_t room) noexcept override;
  void consume(const Seen& seen) noexcept override;
  std::string response_;
  std::vector<Answer> due_;
};

/// Packets to be forwarded: UDP of 60-byte frames to random destinations; what comes out is counted and freed.
class PacketPort final : public engine::Port {
 public:
  PacketPort(engine::PortInfo info, engine::Mempool& mempool, Meter& meter, std::vector<engine::Ipv4> destinations);
  [[nodiscard]] engine::PortStatus status() override { return {.up = true}; }
  std::uint16_t receive(std::uint16_t queue, rte_mbuf** mbufs, std::uint16_t room) noexcept override;
  std::uint16_t transmit(std::uint16_t queue, rte_mbuf** mbufs, std::uint16_t count) noexcept override;
  std::uint64_t packets_out = 0;

 private:
  engine::Mempool& mempool_;
  Meter& meter_;
  std::vector<std::array<std::byte, 60>> frames_;
  std::size_t next_ = 0;
};

}  // namespace bench
