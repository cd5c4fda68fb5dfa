// Packets to be forwarded, and where they come out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "bench/macro/peer_port.h"

namespace bench {

/// UDP in frames of 60 bytes to a list of destinations, over and over.
class SourcePort final : public PeerPort {
 public:
  SourcePort(const PeerContext& context, const std::vector<engine::Ipv4>& destinations);

 private:
  /// 8 bytes a flow: a million of them leave the caches to the engine.
  struct Flow {
    engine::be32 dst;
    engine::be16 ip_checksum;
  };
  std::uint16_t produce(rte_mbuf** mbufs, std::uint16_t room) noexcept override;
  void consume(const rte_mbuf* frame) noexcept override;
  std::array<std::byte, 60> frame_{};
  std::vector<Flow> flows_;
  std::size_t next_ = 0;
};

/// Counts and checks what comes out.
class SinkPort final : public PeerPort {
 public:
  /// `gateway_of`: where a packet to a destination has to go.
  SinkPort(const PeerContext& context, std::function<engine::Ipv4(engine::Ipv4)> gateway_of)
      : PeerPort{context}, gateway_of_{std::move(gateway_of)} {}
  [[nodiscard]] std::uint64_t packets() const noexcept { return packets_; }

 private:
  std::uint16_t produce(rte_mbuf** /*mbufs*/, std::uint16_t /*room*/) noexcept override { return 0; }
  void consume(const rte_mbuf* frame) noexcept override;
  std::function<engine::Ipv4(engine::Ipv4)> gateway_of_;
  std::uint64_t packets_ = 0;
};

}  // namespace bench
