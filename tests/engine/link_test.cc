#include "engine/link.h"

#include <gtest/gtest.h>

#include "engine/random.h"
#include "tests/support/shard_fixture.h"

namespace engine {
namespace {

using support::Bytes;
using support::ip;
using support::SimPort;

constexpr PortId port_id{0};
constexpr MacAddress peer{{2, 1, 10, 0, 0, 9}};

class LinkTest : public testing::Test {
 protected:
  static PortInfo info() {
    PortInfo info;
    info.id = port_id;
    info.mac = support::port_mac(0);
    info.capabilities.tx_multi_segs = true;
    return info;
  }
  PortCapabilities& can() { return port_.info_to_change().capabilities; }
  Packet sent() {
    tx_.flush();
    auto all = port_.take_sent();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? Packet{} : std::move(all.front());
  }
  /// A TCP packet as the TCP layer hands it over: no IP checksum, the pseudo-header's sum in the TCP checksum.
  Packet unfinished(std::string_view data, std::vector<std::size_t> cuts = {}) {
    Bytes bytes = support::ipv4({.src = ip("10.0.0.1"), .dst = ip("10.0.0.9")},
                                support::tcp({.src_port = 80, .dst_port = 4000, .flags = "PA"}, data));
    finished_ = bytes;
    auto header = load<Ipv4Header>(bytes);
    header.checksum = be16{};
    store(bytes.data(), header);
    const std::span tcp_bytes = std::span{bytes}.subspan(sizeof(Ipv4Header));
    auto tcp = load<TcpHeader>(tcp_bytes);
    tcp.checksum = be16::from_raw(
        pseudo_header_sum(header.src, header.dst, protocol_tcp, static_cast<std::uint16_t>(tcp_bytes.size())).fold());
    store(tcp_bytes.data(), tcp);
    Packet packet = support::make_packet(*mempool_, bytes, cuts);
    want_tcp_checksums(packet, sizeof(Ipv4Header), sizeof(TcpHeader));
    return packet;
  }

  std::unique_ptr<Mempool> mempool_ = support::make_mempool(64);
  SimPort port_{info(), {mempool_.get()}};
  std::unique_ptr<Handover> handover_ = *Handover::create(support::unique_name("link"), 1, 4);
  ShardCounters counters_;
  Tx tx_{ShardId{0}, {{&port_, 0, ShardId{0}}}, *handover_, *mempool_, counters_};
  Link link_{tx_, counters_};
  Bytes finished_;
};

TEST_F(LinkTest, PutsTheEthernetHeaderInFront) {
  link_.send(support::make_packet(*mempool_, support::bytes_of("payload")), port_id, peer, ether_type_arp);
  const Packet frame = sent();
  const auto ethernet = frame.header_at<EthernetHeader>(0);
  EXPECT_EQ(ethernet.dst, peer);
  EXPECT_EQ(ethernet.src, support::port_mac(0));
  EXPECT_EQ(ethernet.ether_type, ether_type_arp);
  EXPECT_EQ(frame.bytes(), sizeof(EthernetHeader) + 7);
  EXPECT_EQ(frame.port(), port_id);
}

TEST_F(LinkTest, ComputesInSoftwareWhatThePortCannot) {
  link_.send_ipv4(unfinished("hello"), port_id, peer);
  const Packet frame = sent();
  EXPECT_EQ(support::describe(support::bytes_of(frame)),
            "ip 10.0.0.1 > 10.0.0.9 tcp 80 > 4000 PA seq 0 ack 0 win 65535 len 5 ttl 64");
  EXPECT_EQ(frame.get()->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK, 0u) << "no order is left to the driver";
  Bytes bytes = support::bytes_of(frame);
  bytes.erase(bytes.begin(), bytes.begin() + sizeof(EthernetHeader));
  EXPECT_EQ(bytes, finished_);
}

TEST_F(LinkTest, ChecksumsOverChainsWithOddAndEmptySegments) {
  Random random{1};
  for (int round = 0; round < 300; ++round) {
    const std::string data(random.below(700), static_cast<char>('a' + round % 26));
    std::vector<std::size_t> cuts;  // headers lie in the first segment
    for (std::uint64_t n = random.below(6); n > 0; --n) cuts.push_back(40 + random.below(data.size() + 1));
    std::sort(cuts.begin(), cuts.end());
    link_.send_ipv4(unfinished(data, cuts), port_id, peer);
    Bytes bytes = support::bytes_of(sent());
    bytes.erase(bytes.begin(), bytes.begin() + sizeof(EthernetHeader));
    ASSERT_EQ(bytes, finished_) << "round " << round << ", " << data.size() << " bytes, " << cuts.size() << " cuts";
  }
}

TEST_F(LinkTest, LeavesToThePortWhatItCan) {
  can().tx_ip_checksum = can().tx_tcp_checksum = true;
  link_.send_ipv4(unfinished("hello"), port_id, peer);
  const Packet frame = sent();
  EXPECT_EQ(frame.get()->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK,
            RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM);
  EXPECT_EQ(frame.get()->l2_len, sizeof(EthernetHeader));
  EXPECT_EQ(frame.get()->l3_len, sizeof(Ipv4Header));
  EXPECT_EQ(frame.get()->l4_len, sizeof(TcpHeader));
  EXPECT_EQ(frame.header_at<Ipv4Header>(sizeof(EthernetHeader)).checksum, be16{}) << "what drivers ask for";
}

TEST_F(LinkTest, EachChecksumIsDecidedAlone) {
  can().tx_ip_checksum = true;
  link_.send_ipv4(unfinished("x"), port_id, peer);
  EXPECT_EQ(sent().get()->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK, RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM);
  can() = {};
  can().tx_tcp_checksum = true;
  link_.send_ipv4(unfinished("x"), port_id, peer);
  const Packet frame = sent();
  EXPECT_EQ(frame.get()->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK, RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_TCP_CKSUM);
  EXPECT_EQ(inet_sum(frame.first_segment().subspan(sizeof(EthernetHeader), sizeof(Ipv4Header))), 0xffff);
}

TEST_F(LinkTest, TouchesNoPacketThatAsksForNothing) {
  const Bytes bytes = support::ipv4({.src = ip("10.0.0.1"), .dst = ip("10.0.0.9")}, support::udp(1, 2, "data"));
  link_.send_ipv4(support::make_packet(*mempool_, bytes), port_id, peer);
  EXPECT_EQ(support::describe(support::bytes_of(sent())), "ip 10.0.0.1 > 10.0.0.9 udp 1 > 2 len 4 ttl 64");
}

TEST_F(LinkTest, SumFromAnOffsetInAnySegment) {
  const Bytes bytes = support::counted_bytes(100);
  const std::vector<std::size_t> cuts{7, 7, 20, 55};
  const Packet packet = support::make_packet(*mempool_, bytes, cuts);
  for (std::size_t offset = 0; offset < 100; ++offset)
    EXPECT_EQ(sum_from(packet, offset).fold(), inet_sum(std::span{bytes}.subspan(offset))) << offset;
}

}  // namespace
}  // namespace engine
