// A port as the data path sees it: queues that give and take mbufs. Real ports are ethdevs (engine/eth_port.h); simulated ones
// live in the tests, so that everything above runs on virtual time.
#pragma once

#include <cstdint>
#include <string>

#include "engine/ids.h"
#include "engine/wire.h"

struct rte_mbuf;

namespace engine {

/// What the driver does for us. What it does not is done in software; `penstock run` prints both.
struct PortCapabilities {
  bool rx_ip_checksum = false;
  bool rx_l4_checksum = false;
  bool tx_ip_checksum = false;
  bool tx_tcp_checksum = false;
  bool tx_multi_segs = false;  // without it a chain is copied into one mbuf, counted
  bool rx_interrupts = false;
  bool rss_hash = false;  // the Toeplitz hash comes in the mbuf
};

enum class RssMode : std::uint8_t {
  single,    // one shard: nothing to spread
  hardware,  // key and RETA were set and read back: a packet is expected on its owner's queue
  software,  // every packet's owner is computed here
};

struct PortInfo {
  PortId id;
  std::string name;    // as configured
  std::string device;  // as configured: "tap:ps-lan"
  std::string driver;  // "net_tap"
  MacAddress mac;
  std::uint16_t mtu = 1500;
  std::uint16_t rx_queues = 1, tx_queues = 1;
  std::uint16_t rx_descriptors = 0, tx_descriptors = 0;
  PortCapabilities capabilities;
  RssMode rss = RssMode::single;
};

/// Losses and link as the driver tells them.
struct PortStatus {
  bool up = false;
  std::uint64_t rx_missed = 0;  // lost in the NIC: no descriptor in time
  std::uint64_t rx_errors = 0;
  std::uint64_t rx_no_mbuf = 0;  // RX could not be refilled
  std::uint64_t tx_errors = 0;
};

class Port {
 public:
  virtual ~Port() = default;
  [[nodiscard]] const PortInfo& info() const noexcept { return info_; }

  /// Up to `room` packets from an RX queue.   Requires: one caller per queue.
  virtual std::uint16_t receive(std::uint16_t queue, rte_mbuf** mbufs, std::uint16_t room) noexcept = 0;
  /// Readies packets with offload orders.   Returns: how many, from the front, the driver can send; it cannot send the one
  /// behind.
  virtual std::uint16_t prepare(std::uint16_t /*queue*/, rte_mbuf** /*mbufs*/, std::uint16_t count) noexcept { return count; }
  /// Returns: how many the driver took, from the front; those are the driver's. The rest stays the caller's.
  virtual std::uint16_t transmit(std::uint16_t queue, rte_mbuf** mbufs, std::uint16_t count) noexcept = 0;
  /// Control and admin threads.
  [[nodiscard]] virtual PortStatus status() = 0;

 protected:
  PortInfo info_;
};

}  // namespace engine
