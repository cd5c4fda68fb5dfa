// HTTP clients: N connections with one request outstanding each, in random order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/macro/peer_port.h"
#include "engine/random.h"

namespace bench {

class ClientPort final : public TcpPeerPort {
 public:
  /// Who closes a connection after its first response; `nobody`: request after request.
  enum class Close : std::uint8_t { nobody, server, client };
  struct Options {
    std::uint32_t connections = 256;
    Close close = Close::nobody;
    std::string request;
    std::string body;  // of the response that is expected
  };
  ClientPort(const PeerContext& context, Options options);

  void check_warm() noexcept override;
  /// Responses that came whole.
  [[nodiscard]] std::uint64_t responses() const noexcept { return responses_; }
  [[nodiscard]] std::uint64_t connections_done() const noexcept { return connections_done_; }

  // Addresses 10.1.0.0 on, to the server 10.0.0.1:80.
  static constexpr std::uint32_t first_address = 0x0a010000, addresses = 32;
  static constexpr std::uint32_t connections_max = 65'536;

 private:
  enum class State : std::uint8_t { closed, syn_sent, open, waiting, closing, fin_sent, last_ack };
  struct Connection {
    std::uint32_t snd_nxt = 0, rcv_nxt = 0, ts_recent = 0, got = 0;
    std::uint32_t turn = 0;  // times opened: chooses its address and port
    std::uint16_t port = 0;
    std::uint16_t address = 0;
    State state = State::closed;
  };
  std::uint16_t produce(rte_mbuf** mbufs, std::uint16_t room) noexcept override;
  void on_segment(const Seen& seen) noexcept override;
  void on_text(std::uint32_t index, const Seen& seen) noexcept;
  void on_response(std::uint32_t index, bool has_fin) noexcept;
  void check_response(const Seen& seen) noexcept;
  [[nodiscard]] rte_mbuf* next_frame(std::uint32_t index) noexcept;
  [[nodiscard]] std::uint32_t take_due() noexcept;
  void choose_tuple(std::uint32_t index) noexcept;
  [[nodiscard]] Segment segment(const Connection& connection, std::uint8_t flags) const noexcept;

  Options options_;
  unsigned index_bits_;   // of a port that say whose it is, within its group of addresses
  std::uint32_t groups_;  // of addresses that are needed to tell the connections apart
  std::vector<Connection> connections_;
  // A round after the other, each in a random order: nobody waits for longer than two rounds, which is far below any timer.
  std::vector<std::uint32_t> due_, later_;
  engine::Random random_{7};
  std::uint32_t started_ = 0;
  std::uint32_t isn_ = 1;
  std::uint32_t response_bytes_ = 0;  // learned from the first response
  std::uint64_t responses_ = 0, connections_done_ = 0;
};

}  // namespace bench
