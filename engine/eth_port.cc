#include "engine/eth_port.h"

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_version.h>

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <net/if.h>
#include <optional>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/driver_faults.h"
#include "engine/text.h"

namespace engine {

namespace {

constexpr std::uint16_t rss_key_bytes = 40;

/// Receive interrupts of an ethdev queue.
class EthRxInterrupt : public RxInterrupt {
 public:
  EthRxInterrupt(std::uint16_t port, std::uint16_t queue) noexcept : port_{port}, queue_{queue} {}
  bool add_to(int epoll_fd) noexcept override {
    return rte_eth_dev_rx_intr_ctl_q(port_, queue_, epoll_fd, RTE_INTR_EVENT_ADD, nullptr) == 0;
  }
  // net_tap returns ENOTSUP here and interrupts all the same.
  void enable() noexcept override { rte_eth_dev_rx_intr_enable(port_, queue_); }
  void disable() noexcept override { rte_eth_dev_rx_intr_disable(port_, queue_); }

 private:
  std::uint16_t port_, queue_;
};

/// Why a PCI device cannot be ours yet, or nothing.
Result<void> check_pci_binding(const std::string& address) {
  const std::filesystem::path path = "/sys/bus/pci/devices/" + address;
  if (!std::filesystem::exists(path))
    return Error{Errc::not_found, fmt::format("there is no PCI device {}; `lspci -D` lists them", address)};
  std::error_code failed;
  const auto driver = std::filesystem::read_symlink(path / "driver", failed).filename().string();
  if (driver == "vfio-pci" || driver == "uio_pci_generic" || driver == "igb_uio" || driver == "mlx5_core" ||
      driver == "mlx4_core")
    return {};
  return Error{Errc::denied, fmt::format("{} is bound to {}; run: dpdk-devbind.py --bind=vfio-pci {}", address,
                                         driver.empty() ? "no driver" : "kernel driver " + driver, address)};
}

/// What the kernel says about one of its interfaces: `what` is SIOCGIF...; nothing if there is none of this name.
std::optional<ifreq> ask_kernel(unsigned long what, const std::string& interface) noexcept {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::nullopt;
  ifreq request{};
  interface.copy(request.ifr_name, sizeof request.ifr_name - 1);
  const bool answered = ::ioctl(fd, what, &request) == 0;
  ::close(fd);
  return answered ? std::optional{request} : std::nullopt;
}

/// Whether somebody holds the other end of a tap of this name: a second one would get a part of its packets.
bool is_running(const std::string& interface) noexcept {
  const auto flags = ask_kernel(SIOCGIFFLAGS, interface);
  return flags && (flags->ifr_flags & IFF_RUNNING) != 0;
}

Result<void> probe_device(const Device& device) {
  if (device.kind == Device::Kind::pci)
    if (auto bound = check_pci_binding(device.name); !bound) return bound;
  if (device.kind == Device::Kind::tap && is_running(device.interface))
    return Error{Errc::denied, fmt::format("the interface {} is there already, and a program is behind it", device.interface)};
  if (device.kind == Device::Kind::af_packet || device.kind == Device::Kind::af_xdp)
    if (::if_nametoindex(device.interface.c_str()) == 0)
      return Error{Errc::not_found,
                   fmt::format("there is no interface {} in this network namespace; `ip link` lists them", device.interface)};
  std::uint16_t existing = 0;
  if (rte_eth_dev_get_port_by_name(device.name.c_str(), &existing) == 0) return {};  // PCI devices are probed by the EAL
  const int rc = rte_eal_hotplug_add(device.is_virtual() ? "vdev" : "pci", device.name.c_str(), device.arguments.c_str());
  if (rc == 0) return {};
  return Error{Errc::io, fmt::format("the driver refused {}{}{}: {}", device.name, device.arguments.empty() ? "" : ",",
                                     device.arguments, rte_strerror(rc < 0 ? -rc : rc)) +
                             (::geteuid() == 0 || device.kind == Device::Kind::memif
                                  ? ""
                                  : " (not root: is CAP_NET_ADMIN or CAP_NET_RAW missing?)")};
}

/// Takes a virtual device off its bus, so that it can be made again. PCI devices are the EAL's.
void forget_device(const Device& device) noexcept {
  if (device.is_virtual()) rte_eal_hotplug_remove("vdev", device.name.c_str());
}

}  // namespace

Error EthPort::refusal(Errc code, std::string what) const {
  return Error{code, std::move(what), fmt::format("port {} ({})", options_.name, options_.device)};
}

Error EthPort::error(const char* what, int rc) const {
  return refusal(Errc::io, fmt::format("{}: {}", what, rte_strerror(rc < 0 ? -rc : rc)));
}

Result<std::unique_ptr<EthPort>> EthPort::probe(const EthPortOptions& options) {
  const std::string where = fmt::format("port {} ({})", options.name, options.device);
  auto device = parse_device(options.device, {options.id.value, options.queues, options.mtu});
  if (!device) return Error{device.error().code, device.error().what, where};
  if (auto probed = probe_device(*device); !probed) return Error{probed.error().code, probed.error().what, where};
  std::uint16_t port_id = 0;
  if (rte_eth_dev_get_port_by_name(device->name.c_str(), &port_id) != 0) {
    forget_device(*device);
    return Error{Errc::not_found, fmt::format("no driver claimed {}", device->name), where};
  }
  std::unique_ptr<EthPort> port{new EthPort{options, *device, port_id}};
  if (auto read = port->read_capabilities(); !read) return read.error();
  return port;
}

EthPort::~EthPort() {
  stop();
  rte_eth_dev_close(port_id_);
  forget_device(device_);
}

Result<void> EthPort::read_capabilities() {
  rte_eth_dev_info device{};
  if (const int rc = rte_eth_dev_info_get(port_id_, &device); rc != 0) return error("cannot read what the device can do", rc);
  info_.id = options_.id;
  info_.name = options_.name;
  info_.device = options_.device;
  info_.driver = device.driver_name;
  info_.mtu = options_.mtu;
  info_.rx_queues = std::clamp<std::uint16_t>(device.max_rx_queues, 1, options_.queues);
  info_.tx_queues = std::clamp<std::uint16_t>(device.max_tx_queues, 1, options_.queues);
  if (auto checked = check_mtu(device); !checked) return checked;

  const std::uint64_t rx_wanted = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM;
  const std::uint64_t tx_wanted = RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM;
  if (options_.offloads) {
    rx_offloads_ = device.rx_offload_capa & rx_wanted;
    tx_offloads_ = device.tx_offload_capa & tx_wanted;
    // One checksum without the other would ask for half a job: both, or software.
    if (tx_offloads_ != tx_wanted || has_wrong_tx_checksums(info_.driver)) tx_offloads_ = 0;
  }
  rx_offloads_ |= device.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
  tx_offloads_ |= device.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
  auto& can = info_.capabilities;
  can.rx_ip_checksum = (rx_offloads_ & RTE_ETH_RX_OFFLOAD_IPV4_CKSUM) != 0;
  can.rx_l4_checksum = (rx_offloads_ & RTE_ETH_RX_OFFLOAD_TCP_CKSUM) != 0;
  can.tx_ip_checksum = can.tx_tcp_checksum = (tx_offloads_ & tx_wanted) != 0;
  can.tx_multi_segs = (tx_offloads_ & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) != 0;

  const bool can_steer = info_.rx_queues > 1 && (device.flow_type_rss_offloads & RTE_ETH_RSS_NONFRAG_IPV4_TCP) != 0 &&
                         device.reta_size >= 64 && device.reta_size % RTE_ETH_RETA_GROUP_SIZE == 0 &&
                         device.hash_key_size == rss_key_bytes;
  reta_size_ = can_steer && options_.rss != RssChoice::software ? device.reta_size : 0;
  can.rss_hash = reta_size_ != 0 && (device.rx_offload_capa & RTE_ETH_RX_OFFLOAD_RSS_HASH) != 0;
  if (options_.rss == RssChoice::hardware && reta_size_ == 0 && options_.queues > 1)
    return refusal(Errc::not_supported, fmt::format("rss = \"hardware\", but {} has no RSS with a settable table", info_.driver));
  return {};
}

/// Said before the start, and in words: what a driver cannot do it refuses with "Invalid argument", or carries cut.
Result<void> EthPort::check_mtu(const rte_eth_dev_info& device) const {
  std::uint32_t most = device.max_mtu;
  // A driver that does not say its MTU says its longest frame: rte_eth_dev_set_mtu reckons in this way, too.
  if (device.max_mtu == UINT16_MAX && device.max_rx_pktlen > RTE_ETHER_MIN_MTU + RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN)
    most = std::min(most, device.max_rx_pktlen - RTE_ETHER_HDR_LEN - RTE_ETHER_CRC_LEN);
  if (options_.mtu > most)
    return refusal(Errc::invalid,
                   fmt::format("mtu {} is above {}, the most that {} takes", options_.mtu, most, device.driver_name));
  // Other values than 1500 the driver gives to the interface: set_mtu.
  const auto kernels = device_.interface.empty() ? std::nullopt : ask_kernel(SIOCGIFMTU, device_.interface);
  if (options_.mtu == RTE_ETHER_MTU && kernels && kernels->ifr_mtu < options_.mtu)
    return refusal(Errc::invalid,
                   fmt::format("mtu {0} is above {1}, that of the interface {2}: ip link set {2} mtu {0}, or mtu = {1}",
                               options_.mtu, kernels->ifr_mtu, device_.interface));
  if (options_.mtu < device.min_mtu)
    return refusal(Errc::invalid,
                   fmt::format("mtu {} is below {}, the least that {} takes", options_.mtu, device.min_mtu, device.driver_name));
  return {};
}

Result<void> EthPort::configure_device(bool with_rss) {
  rte_eth_dev_info device{};
  rte_eth_dev_info_get(port_id_, &device);
  rte_eth_conf conf{};
  conf.rxmode.offloads = rx_offloads_;
  conf.txmode.offloads = tx_offloads_;
  conf.rxmode.mtu = std::min<std::uint16_t>(options_.mtu, RTE_ETHER_MTU);  // larger ones are set after start: net_tap wants it so
  conf.intr_conf.rxq = options_.rx_interrupts ? 1 : 0;
  if (with_rss) {
    conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    conf.rx_adv_conf.rss_conf.rss_hf = device.flow_type_rss_offloads & RTE_ETH_RSS_NONFRAG_IPV4_TCP;
    if (info_.capabilities.rss_hash) conf.rxmode.offloads |= RTE_ETH_RX_OFFLOAD_RSS_HASH;
  }
  int rc = rte_eth_dev_configure(port_id_, info_.rx_queues, info_.tx_queues, &conf);
  if (rc != 0 && conf.intr_conf.rxq != 0) {
    conf.intr_conf.rxq = 0;  // no vectors left, or none at all: the shard naps instead
    rc = rte_eth_dev_configure(port_id_, info_.rx_queues, info_.tx_queues, &conf);
  }
  if (rc != 0) return error("the device cannot be configured", rc);
  return {};
}

Result<void> EthPort::setup_queues(const std::vector<Mempool*>& mempools) {
  std::uint16_t rx = options_.rx_descriptors, tx = options_.tx_descriptors;
  if (const int rc = rte_eth_dev_adjust_nb_rx_tx_desc(port_id_, &rx, &tx); rc != 0) return error("descriptor counts", rc);
  info_.rx_descriptors = rx;
  info_.tx_descriptors = tx;
  const int socket = rte_eth_dev_socket_id(port_id_);
  const unsigned node = socket < 0 ? static_cast<unsigned>(SOCKET_ID_ANY) : static_cast<unsigned>(socket);
  for (std::uint16_t q = 0; q < info_.rx_queues; ++q)
    if (const int rc = rte_eth_rx_queue_setup(port_id_, q, rx, node, nullptr, mempools[q]->packets()); rc != 0)
      return error(fmt::format("RX queue {} with {} descriptors", q, rx).c_str(), rc);
  for (std::uint16_t q = 0; q < info_.tx_queues; ++q)
    if (const int rc = rte_eth_tx_queue_setup(port_id_, q, tx, node, nullptr); rc != 0)
      return error(fmt::format("TX queue {} with {} descriptors", q, tx).c_str(), rc);
  return {};
}

/// Sets key and table and reads both back: only what the device repeats is believed.
bool EthPort::program_rss(const Steering& steering) {
  RssKey key = steering.key();
  rte_eth_rss_conf conf{};
  conf.rss_key = key.data();
  conf.rss_key_len = rss_key_bytes;
  conf.rss_hf = RTE_ETH_RSS_NONFRAG_IPV4_TCP;
  if (rte_eth_dev_rss_hash_update(port_id_, &conf) != 0) return false;
  RssKey back{};
  conf.rss_key = back.data();
  if (rte_eth_dev_rss_hash_conf_get(port_id_, &conf) != 0 || back != steering.key() ||
      (conf.rss_hf & RTE_ETH_RSS_NONFRAG_IPV4_TCP) == 0)
    return false;
  const std::size_t groups = reta_size_ / RTE_ETH_RETA_GROUP_SIZE;
  std::vector<rte_eth_rss_reta_entry64> table(groups), seen(groups);
  for (std::size_t i = 0; i < reta_size_; ++i) {
    auto& group = table[i / RTE_ETH_RETA_GROUP_SIZE];
    group.mask = seen[i / RTE_ETH_RETA_GROUP_SIZE].mask = UINT64_MAX;
    group.reta[i % RTE_ETH_RETA_GROUP_SIZE] = steering.reta()[i % steering.reta_size()];
  }
  if (rte_eth_dev_rss_reta_update(port_id_, table.data(), reta_size_) != 0) return false;
  if (rte_eth_dev_rss_reta_query(port_id_, seen.data(), reta_size_) != 0) return false;
  return std::equal(table.begin(), table.end(), seen.begin(), [](const auto& a, const auto& b) {
    return std::equal(std::begin(a.reta), std::end(a.reta), std::begin(b.reta));
  });
}

Result<void> EthPort::configure(const Steering& steering, const std::vector<Mempool*>& mempools) {
  const bool with_rss = reta_size_ != 0 && steering.shards() > 1 && info_.rx_queues == steering.shards();
  if (auto done = configure_device(with_rss); !done) return done;
  if (auto done = setup_queues(mempools); !done) return done;
  for (std::uint16_t q = 0; q < info_.rx_queues; ++q) interrupts_.push_back(std::make_unique<EthRxInterrupt>(port_id_, q));
  info_.rss = steering.shards() == 1 ? RssMode::single : with_rss ? RssMode::hardware : RssMode::software;
  rte_ether_addr mac{};
  if (const int rc = rte_eth_macaddr_get(port_id_, &mac); rc != 0) return error("MAC address", rc);
  std::copy_n(mac.addr_bytes, 6, info_.mac.bytes.begin());
  // net_ring has none; what is not sent by ARP from an address of ours could not come back.
  if (info_.mac.is_zero()) info_.mac = {{0x02, 0x70, 0x73, 0, 0, static_cast<std::uint8_t>(info_.id.value)}};
  steering_ = &steering;
  return {};
}

Result<void> EthPort::start() {
  if (const int rc = rte_eth_dev_start(port_id_); rc != 0) return error("the device does not start", rc);
  started_ = true;
  prepares_ = (tx_offloads_ & (RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM)) != 0;
  if (auto set = set_mtu(); !set) return set;
  if (options_.promiscuous) rte_eth_promiscuous_enable(port_id_);
  // After start: some drivers take key and table only then.
  if (info_.rss == RssMode::hardware && !program_rss(*steering_)) {
    if (options_.rss == RssChoice::hardware)
      return error("rss = \"hardware\", but key and table do not read back as written", ENOTSUP);
    info_.rss = RssMode::software;
  }
  return {};
}

Result<void> EthPort::set_mtu() {
  if (options_.mtu == RTE_ETHER_MTU) return {};
  const int rc = rte_eth_dev_set_mtu(port_id_, options_.mtu);
  if (rc == 0) return {};
  if (rc != -ENOTSUP) return error(fmt::format("mtu {}", options_.mtu).c_str(), rc);
  // Nothing to be set: what we send is kept below it by IpOutput and IpForward, and frames of 1500 are received anyway.
  if (options_.mtu < RTE_ETHER_MTU) return {};
  return refusal(Errc::invalid, fmt::format("mtu {} is above {}, the most that {} takes: its MTU cannot be set", options_.mtu,
                                            RTE_ETHER_MTU, info_.driver));
}

void EthPort::stop() noexcept {
  if (!started_) return;
  started_ = false;
  rte_eth_dev_stop(port_id_);
}

std::uint16_t EthPort::receive(std::uint16_t queue, rte_mbuf** mbufs, std::uint16_t room) noexcept {
  return rte_eth_rx_burst(port_id_, queue, mbufs, room);
}

std::uint16_t EthPort::prepare(std::uint16_t queue, rte_mbuf** mbufs, std::uint16_t count) noexcept {
  return prepares_ ? rte_eth_tx_prepare(port_id_, queue, mbufs, count) : count;
}

std::uint16_t EthPort::transmit(std::uint16_t queue, rte_mbuf** mbufs, std::uint16_t count) noexcept {
  return rte_eth_tx_burst(port_id_, queue, mbufs, count);
}

PortStatus EthPort::status() {
  PortStatus status;
  rte_eth_link link{};
  if (rte_eth_link_get_nowait(port_id_, &link) == 0) status.up = link.link_status == RTE_ETH_LINK_UP;
  // A tap whose kernel side moved to another namespace cannot be asked any more: the driver says down for ever.
  if (!status.up && device_.kind == Device::Kind::tap && ::if_nametoindex(device_.interface.c_str()) == 0) status.up = started_;
  rte_eth_stats stats{};
  if (rte_eth_stats_get(port_id_, &stats) == 0) {
    status.rx_missed = stats.imissed;
    status.rx_errors = stats.ierrors;
    status.rx_no_mbuf = stats.rx_nombuf;
    status.tx_errors = stats.oerrors;
  }
  return status;
}

std::string EthPort::describe() const {
  const auto& can = info_.capabilities;
  const auto by = [](bool port) { return port ? "port" : "software"; };
  const char* rss = info_.rss == RssMode::hardware   ? "hardware RSS"
                    : info_.rss == RssMode::software ? "software RSS"
                                                     : "one worker";
  return fmt::format(
      "port {}: {} on {}, {}, mtu {}, queues {} rx + {} tx ({} + {} descriptors), {}, checksums rx by {} tx by {}{}", info_.name,
      info_.driver, info_.device, to_string(info_.mac), info_.mtu, info_.rx_queues, info_.tx_queues, info_.rx_descriptors,
      info_.tx_descriptors, rss, by(can.rx_l4_checksum), by(can.tx_tcp_checksum), can.tx_multi_segs ? "" : ", chains copied");
}

}  // namespace engine
