#include "engine/eth_port.h"

#include <rte_ethdev.h>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/shard_fixture.h"

namespace engine {
namespace {

constexpr RssKey key{};

EthPortOptions options(std::string device) {
  EthPortOptions o;
  o.id = PortId{0};
  o.name = "lan";
  o.device = std::move(device);
  o.rx_descriptors = o.tx_descriptors = 256;
  return o;
}

/// A ring device sends to itself: what is transmitted is received.
class RingPort : public testing::Test {
 protected:
  void SetUp() override {
    auto probed = EthPort::probe(options("vdev:" + support::unique_name("net_ring")));
    ASSERT_TRUE(probed) << probed.error().message();
    port_ = *std::move(probed);
    const auto configured = port_->configure(steering_, {mempool_.get()});
    ASSERT_TRUE(configured) << configured.error().message();
    const auto started = port_->start();
    ASSERT_TRUE(started) << started.error().message();
  }
  void TearDown() override {
    port_.reset();
    EXPECT_EQ(mempool_->available(), mempool_->size()) << "mbufs lost";
  }
  std::unique_ptr<Mempool> mempool_ = support::make_mempool(1000);
  Steering steering_{key, 128, 1};
  std::unique_ptr<EthPort> port_;
};

TEST_F(RingPort, CarriesPackets) {
  std::array<rte_mbuf*, 8> mbufs{};
  for (std::size_t i = 0; i < 3; ++i)
    mbufs[i] = std::move(support::make_packet(*mempool_, support::counted_bytes(60 + i))).release();
  EXPECT_EQ(port_->prepare(0, mbufs.data(), 3), 3);
  ASSERT_EQ(port_->transmit(0, mbufs.data(), 3), 3);
  std::array<rte_mbuf*, 8> back{};
  ASSERT_EQ(port_->receive(0, back.data(), 8), 3);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(support::bytes_of(Packet{back[i]}), support::counted_bytes(60 + i));
}

TEST_F(RingPort, SaysWhatItIs) {
  const PortInfo& info = port_->info();
  EXPECT_EQ(info.id, PortId{0});
  EXPECT_EQ(info.name, "lan");
  EXPECT_EQ(info.driver, "net_ring");
  EXPECT_FALSE(info.mac.is_multicast());
  EXPECT_EQ(info.rx_queues, 1);
  EXPECT_EQ(info.mtu, 1500);
  EXPECT_EQ(info.rss, RssMode::single);
  EXPECT_TRUE(info.capabilities.tx_multi_segs);
  EXPECT_FALSE(info.capabilities.tx_tcp_checksum);
  EXPECT_TRUE(port_->status().up);
  const std::string line = port_->describe();
  for (const char* part :
       {"port lan: net_ring on vdev:net_ring", "mtu 1500", "one worker", "checksums rx by software tx by software"})
    EXPECT_NE(line.find(part), std::string::npos) << line;
}

TEST_F(RingPort, ADriverWithoutInterruptsSaysSo) { EXPECT_FALSE(port_->rx_interrupt(0).add_to(-1)); }

TEST(EthPort, SeveralShardsOverADriverWithoutRssAreSteeredInSoftware) {
  const auto mempool = support::make_mempool(1000);
  auto o = options("vdev:" + support::unique_name("net_ring"));
  o.queues = 2;
  auto port = EthPort::probe(o);
  ASSERT_TRUE(port) << port.error().message();
  const Steering steering{key, 128, 2};
  ASSERT_TRUE((*port)->configure(steering, {mempool.get(), mempool.get()}));
  EXPECT_EQ((*port)->info().rss, RssMode::software);
  EXPECT_EQ((*port)->reta_size(), 0);
}

Error refusal(const EthPortOptions& o) {
  auto port = EthPort::probe(o);
  EXPECT_FALSE(port) << o.device;
  return port ? Error{} : port.error();
}

TEST(EthPort, RefusalsNameThePortAndWhatToDo) {
  const Error no_interface = refusal(options("af_packet:nosuchif0"));
  EXPECT_EQ(no_interface.code, Errc::not_found);
  EXPECT_EQ(no_interface.where, "port lan (af_packet:nosuchif0)");
  EXPECT_NE(no_interface.what.find("ip link"), std::string::npos) << no_interface.what;
  const Error no_pci = refusal(options("pci:ffff:ff:1f.7"));
  EXPECT_EQ(no_pci.code, Errc::not_found);
  EXPECT_NE(no_pci.what.find("lspci"), std::string::npos) << no_pci.what;
  EXPECT_EQ(refusal(options("nonsense")).code, Errc::invalid);
  EXPECT_NE(refusal(options("vdev:net_nosuchdriver0")).what.find("net_nosuchdriver0"), std::string::npos);
}

TEST(EthPort, HardwareRssThatIsNotThereIsRefused) {
  auto o = options("vdev:" + support::unique_name("net_ring"));
  o.queues = 2;
  o.rss = RssChoice::hardware;
  const Error error = refusal(o);
  EXPECT_EQ(error.code, Errc::not_supported);
  EXPECT_NE(error.what.find("net_ring"), std::string::npos);
}

std::string memif_server() {
  return fmt::format("memif:{}/penstock-test-{}-{},server", testing::TempDir(), ::getpid(), support::unique_name("memif"));
}

/// Probes and starts a port with this MTU.   Returns: "", or what was said.
std::string start_with_mtu(const std::string& device, std::uint16_t mtu) {
  const auto mempool = support::make_mempool(1000);
  auto o = options(device);
  o.mtu = mtu;
  auto port = EthPort::probe(o);
  if (!port) return port.error().message();
  const Steering steering{key, 128, 1};
  if (const auto done = (*port)->configure(steering, {mempool.get()}); !done) return done.error().message();
  if (const auto done = (*port)->start(); !done) return done.error().message();
  EXPECT_EQ((*port)->info().mtu, mtu);
  return "";
}

TEST(EthPort, AnMtuThatTheDriverCannotDoIsRefusedWithItsLimit) {
  const std::string memif = memif_server();
  EXPECT_EQ(start_with_mtu(memif, 1500), "");
  EXPECT_EQ(start_with_mtu(memif, 1501), "port lan (" + memif + "): mtu 1501 is above 1500, the most that net_memif takes");
  const std::string ring = "vdev:" + support::unique_name("net_ring");
  EXPECT_EQ(start_with_mtu(ring, 9000),
            "port lan (" + ring + "): mtu 9000 is above 1500, the most that net_ring takes: its MTU cannot be set");
}

TEST(EthPort, ASmallerMtuNeedsNoDriver) {  // what we send is kept below it, whatever the driver would take
  EXPECT_EQ(start_with_mtu(memif_server(), 1400), "");
  EXPECT_EQ(start_with_mtu("vdev:" + support::unique_name("net_ring"), 1400), "");
}

TEST(EthPort, ADeviceThatIsNoPortLeavesTheOtherPortsAlone) {
  auto port = EthPort::probe(options("vdev:" + support::unique_name("net_ring")));
  ASSERT_TRUE(port);
  std::uint16_t count_before = rte_eth_dev_count_avail();
  const Error error = refusal(options("vdev:crypto_null0"));  // a driver, but not of ports
  EXPECT_EQ(error.code, Errc::not_found) << error.message();
  EXPECT_EQ(rte_eth_dev_count_avail(), count_before) << "it must not close somebody else's port";
}

TEST(EthPort, ADeviceCanBeProbedAgainAfterItsPortWent) {
  const std::string device = "vdev:" + support::unique_name("net_ring");
  for (int round = 0; round < 3; ++round) {
    auto port = EthPort::probe(options(device));
    ASSERT_TRUE(port) << round << ": " << port.error().message();
  }
}

}  // namespace
}  // namespace engine
