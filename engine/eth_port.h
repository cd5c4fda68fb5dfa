// A port over a DPDK ethdev: probed, configured by what it can do, started.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/device.h"
#include "engine/idle.h"
#include "engine/mempool.h"
#include "engine/port.h"
#include "engine/result.h"
#include "engine/rss.h"

struct rte_eth_dev_info;

namespace engine {

enum class RssChoice : std::uint8_t { automatic, hardware, software };

struct EthPortOptions {
  PortId id;
  std::string name;    // as configured, for messages
  std::string device;  // as configured
  std::uint16_t mtu = 1500;
  std::uint16_t queues = 1;  // wanted, each way
  std::uint16_t rx_descriptors = 1024, tx_descriptors = 1024;
  RssChoice rss = RssChoice::automatic;
  bool offloads = true;
  bool promiscuous = false;
  bool rx_interrupts = true;  // wanted: poll = "adaptive"
};

class EthPort : public Port {
 public:
  /// Finds or makes the device.   Errors: no such interface, bound to a kernel driver, refused by the driver.
  static Result<std::unique_ptr<EthPort>> probe(const EthPortOptions& options);
  EthPort(const EthPort&) = delete;
  EthPort& operator=(const EthPort&) = delete;
  ~EthPort() override;

  /// RETA entries of a device whose RSS we could steer; 0 if it has none.
  [[nodiscard]] std::uint16_t reta_size() const noexcept { return reta_size_; }
  /// Queues, offloads, RSS. RX queue i takes its mbufs from mempools[i].
  Result<void> configure(const Steering& steering, const std::vector<Mempool*>& mempools);
  Result<void> start();
  void stop() noexcept;

  std::uint16_t receive(std::uint16_t queue, rte_mbuf** mbufs, std::uint16_t room) noexcept override;
  std::uint16_t prepare(std::uint16_t queue, rte_mbuf** mbufs, std::uint16_t count) noexcept override;
  std::uint16_t transmit(std::uint16_t queue, rte_mbuf** mbufs, std::uint16_t count) noexcept override;
  [[nodiscard]] PortStatus status() override;
  [[nodiscard]] RxInterrupt& rx_interrupt(std::uint16_t queue) { return *interrupts_[queue]; }

  /// "lan: net_tap, 02:..:01, mtu 1500, 2 rx + 2 tx queues, software RSS, checksums rx+tx by the port, ..."
  [[nodiscard]] std::string describe() const;

 private:
  EthPort(const EthPortOptions& options, Device device, std::uint16_t port_id)
      : options_{options}, device_{std::move(device)}, port_id_{port_id} {}
  Result<void> read_capabilities();
  [[nodiscard]] Result<void> check_mtu(const rte_eth_dev_info& device) const;
  Result<void> set_mtu();
  Result<void> configure_device(bool with_rss);
  Result<void> setup_queues(const std::vector<Mempool*>& mempools);
  [[nodiscard]] bool program_rss(const Steering& steering);
  [[nodiscard]] Error error(const char* what, int rc) const;
  [[nodiscard]] Error refusal(Errc code, std::string what) const;

  EthPortOptions options_;
  Device device_;
  std::uint16_t port_id_;  // DPDK's
  std::uint16_t reta_size_ = 0;
  std::uint64_t rx_offloads_ = 0, tx_offloads_ = 0;
  bool started_ = false, prepares_ = false;
  const Steering* steering_ = nullptr;
  std::vector<std::unique_ptr<RxInterrupt>> interrupts_;
};

}  // namespace engine
