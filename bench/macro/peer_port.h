// A port in process behind which somebody is played, on the core that is measured: one queue each way, no driver.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/macro/meter.h"
#include "engine/mempool.h"
#include "engine/port.h"
#include "engine/wire.h"

namespace bench {

/// The MAC address of who has an IPv4 address: 02:01 and the address.
[[nodiscard]] constexpr engine::MacAddress peer_mac(engine::Ipv4 a) noexcept {
  const auto byte = [&](int shift) { return static_cast<std::uint8_t>(a.value >> shift); };
  return {{2, 1, byte(24), byte(16), byte(8), byte(0)}};
}

/// What a port is made of. mbufs come from the shard's own mempool, as a driver's do.
struct PeerContext {
  engine::PortInfo info;
  engine::Mempool& mempool;
  Meter& meter;
};

class PeerPort : public engine::Port {
 public:
  explicit PeerPort(const PeerContext& context);
  [[nodiscard]] engine::PortStatus status() override { return {.up = true}; }
  std::uint16_t receive(std::uint16_t queue, rte_mbuf** mbufs, std::uint16_t room) noexcept final;
  std::uint16_t transmit(std::uint16_t queue, rte_mbuf** mbufs, std::uint16_t count) noexcept final;

  /// Thorough: every header, checksum and byte of what the engine sends is checked. Else what costs a compare.
  void set_thorough(bool thorough) noexcept { thorough_ = thorough; }
  /// The warm-up is over: is all that shall take part there?
  virtual void check_warm() noexcept {}
  [[nodiscard]] const Faults& faults() const noexcept { return faults_; }

  static constexpr std::uint16_t burst_max = 32;  // of a receive, as the reference load says

 protected:
  /// Frames that are due, at most `room`.
  virtual std::uint16_t produce(rte_mbuf** mbufs, std::uint16_t room) noexcept = 0;
  /// A frame that the engine sent. It is freed afterwards.
  virtual void consume(const rte_mbuf* frame) noexcept = 0;
  [[nodiscard]] bool is_offloading() const noexcept { return info_.capabilities.tx_tcp_checksum; }

  engine::Mempool& mempool_;
  Faults faults_;
  bool thorough_ = true;

 private:
  Meter& meter_;
};

/// A TCP segment that a peer sends.
struct Segment {
  engine::be32 src, dst;
  engine::be16 src_port, dst_port;
  std::uint32_t seq = 0, ack = 0;
  std::uint8_t flags = 0;
  std::uint32_t ts_ecr = 0;
};

/// What clients and origin servers have in common: TCP segments built, and those of the engine read and checked.
class TcpPeerPort : public PeerPort {
 public:
  using PeerPort::PeerPort;

 protected:
  /// A segment of the engine.
  struct Seen {
    engine::Ipv4Header ip;
    engine::TcpHeader tcp;
    std::uint32_t ts_val;
    const rte_mbuf* frame;
    std::uint32_t text_offset, text_bytes;
    [[nodiscard]] bool has(std::uint8_t flag) const noexcept { return (tcp.flags & flag) != 0; }
  };
  virtual void on_segment(const Seen& seen) noexcept = 0;

  /// A frame with `text`, with timestamps; checksums as a sender makes them, or as a NIC that verified them hands them over.
  [[nodiscard]] rte_mbuf* build(const Segment& segment, std::string_view text) noexcept;
  /// All text of a segment.
  [[nodiscard]] static std::string text_of(const Seen& seen);

 private:
  void consume(const rte_mbuf* frame) noexcept final;
  void check_headers(const Seen& seen) noexcept;
  std::uint32_t packets_ = 0;  // drives the timestamp clock
};

}  // namespace bench
