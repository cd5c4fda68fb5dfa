#include "apps/admin/packet_line.h"

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>
#include <random>

#include "engine/text.h"
#include "engine/wire.h"

namespace apps {
namespace {

using engine::be16;
using engine::be32;
using engine::DropExample;
using engine::PacketStart;

struct Bytes {
  std::vector<std::byte> all;
  template <typename T>
  Bytes& add(const T& header) {
    const auto* from = reinterpret_cast<const std::byte*>(&header);
    all.insert(all.end(), from, from + sizeof header);
    return *this;
  }
};

/// As a shard would have kept it; `packet_bytes` 0: as many as there are.
DropExample example(PacketStart start, const std::vector<std::byte>& bytes, std::size_t packet_bytes = 0) {
  DropExample e;
  e.start = start;
  e.packet_bytes = static_cast<std::uint32_t>(packet_bytes == 0 ? bytes.size() : packet_bytes);
  e.kept_bytes = static_cast<std::uint8_t>(std::min(bytes.size(), DropExample::bytes_max));
  std::copy_n(bytes.begin(), e.kept_bytes, e.bytes.begin());
  return e;
}

engine::Ipv4Header ip(std::uint8_t protocol, std::uint16_t total_length) {
  engine::Ipv4Header header{};
  header.version_ihl = 0x45;
  header.total_length = be16{total_length};
  header.ttl = 64;
  header.protocol = protocol;
  header.src = engine::Ipv4{198, 18, 0, 2}.wire();
  header.dst = engine::Ipv4{198, 18, 0, 10}.wire();
  return header;
}

engine::TcpHeader tcp(std::uint8_t flags) {
  engine::TcpHeader header{};
  header.src_port = be16{5555};
  header.dst_port = be16{80};
  header.seq = be32{17};
  header.ack = be32{4'000'000'000};
  header.offset_reserved = 5 << 4;
  header.flags = flags;
  header.window = be16{64'240};
  return header;
}

std::string ipv4_line(const Bytes& bytes) { return packet_line(example(PacketStart::ipv4, bytes.all)); }

TEST(PacketLine, ATcpSegmentHasFlagsAndNumbers) {
  EXPECT_EQ(ipv4_line(Bytes{}.add(ip(6, 40)).add(tcp(0x02))), "198.18.0.2:5555 > 198.18.0.10:80 tcp S seq 17 win 64240 len 0");
  EXPECT_EQ(ipv4_line(Bytes{}.add(ip(6, 140)).add(tcp(0x18))),
            "198.18.0.2:5555 > 198.18.0.10:80 tcp PA seq 17 ack 4000000000 win 64240 len 100");
  EXPECT_EQ(ipv4_line(Bytes{}.add(ip(6, 40)).add(tcp(0xff))),
            "198.18.0.2:5555 > 198.18.0.10:80 tcp FSRPAUEC seq 17 ack 4000000000 win 64240 len 0");
  EXPECT_EQ(ipv4_line(Bytes{}.add(ip(6, 40)).add(tcp(0))), "198.18.0.2:5555 > 198.18.0.10:80 tcp none seq 17 win 64240 len 0");
}

TEST(PacketLine, LengthsThatLieDoNotWrap) {
  EXPECT_EQ(ipv4_line(Bytes{}.add(ip(6, 20)).add(tcp(0x02))), "198.18.0.2:5555 > 198.18.0.10:80 tcp S seq 17 win 64240 len 0")
      << "total length below both headers";
  engine::TcpHeader long_header = tcp(0x02);
  long_header.offset_reserved = 15 << 4;
  EXPECT_EQ(ipv4_line(Bytes{}.add(ip(6, 40)).add(long_header)), "198.18.0.2:5555 > 198.18.0.10:80 tcp S seq 17 win 64240 len 0");
}

TEST(PacketLine, UdpAndIcmp) {
  engine::UdpHeader udp{be16{53}, be16{1024}, be16{20}, be16{0}};
  EXPECT_EQ(ipv4_line(Bytes{}.add(ip(17, 40)).add(udp)), "198.18.0.2:53 > 198.18.0.10:1024 udp len 12");
  udp.length = be16{3};
  EXPECT_EQ(ipv4_line(Bytes{}.add(ip(17, 40)).add(udp)), "198.18.0.2:53 > 198.18.0.10:1024 udp len 0");
  EXPECT_EQ(ipv4_line(Bytes{}.add(ip(1, 28)).add(engine::IcmpHeader{3, 4, {}, {}, {}})),
            "198.18.0.2 > 198.18.0.10 icmp type 3 code 4");
  EXPECT_EQ(ipv4_line(Bytes{}.add(ip(89, 64))), "198.18.0.2 > 198.18.0.10 protocol 89 len 64");
}

TEST(PacketLine, WhatIsCutOffIsSaidToBe) {
  for (const auto& [protocol, name] : {std::pair{6, "tcp"}, {17, "udp"}, {1, "icmp"}})
    EXPECT_EQ(ipv4_line(Bytes{}.add(ip(static_cast<std::uint8_t>(protocol), 40)).add(be32{7})),
              std::string{"198.18.0.2 > 198.18.0.10 "} + name + ", cut off");
}

TEST(PacketLine, OptionsOfIpAreSkipped) {
  engine::Ipv4Header header = ip(17, 52);
  header.version_ihl = 0x46;
  EXPECT_EQ(ipv4_line(Bytes{}.add(header).add(be32{0x01010101}).add(engine::UdpHeader{be16{1}, be16{2}, be16{8}, be16{0}})),
            "198.18.0.2:1 > 198.18.0.10:2 udp len 0");
}

TEST(PacketLine, AFragmentHasNoPorts) {
  engine::Ipv4Header header = ip(17, 1500);
  header.flags_fragment = be16{0x2000 | 185};
  EXPECT_EQ(ipv4_line(Bytes{}.add(header)), "198.18.0.2 > 198.18.0.10 protocol 17 fragment at 1480 len 1480");
  header.total_length = be16{10};
  EXPECT_EQ(ipv4_line(Bytes{}.add(header)), "198.18.0.2 > 198.18.0.10 protocol 17 fragment at 1480 len 0");
}

TEST(PacketLine, Arp) {
  engine::ArpPacket arp{};
  arp.operation = engine::arp_request;
  arp.sender_mac = {{2, 0, 0, 0, 0, 2}};
  arp.sender = engine::Ipv4{198, 18, 0, 2}.wire();
  arp.target = engine::Ipv4{198, 18, 0, 10}.wire();
  const auto line = [&] { return packet_line(example(PacketStart::arp, Bytes{}.add(arp).all)); };
  EXPECT_EQ(line(), "arp who-has 198.18.0.10 tell 198.18.0.2 (02:00:00:00:00:02)");
  arp.operation = engine::arp_reply;
  EXPECT_EQ(line(), "arp 198.18.0.2 is-at 02:00:00:00:00:02");
  arp.operation = be16{9};
  EXPECT_EQ(line(), "arp operation 9 from 02:00:00:00:00:02");
}

TEST(PacketLine, AFrameShowsItsAddressesAndWhatIsInIt) {
  engine::EthernetHeader ethernet{{{2, 0, 0, 0, 0, 1}}, {{2, 0, 0, 0, 0, 2}}, engine::ether_type_ipv4};
  const auto line = [&](const Bytes& inner, std::size_t packet_bytes = 0) {
    Bytes all;
    all.add(ethernet).all.insert(all.all.end(), inner.all.begin(), inner.all.end());
    return packet_line(example(PacketStart::ethernet, all.all, packet_bytes));
  };
  const std::string addresses = "02:00:00:00:00:02 > 02:00:00:00:00:01, ";
  EXPECT_EQ(line(Bytes{}.add(ip(6, 40)).add(tcp(0x02))),
            addresses + "198.18.0.2:5555 > 198.18.0.10:80 tcp S seq 17 win 64240 len 0");
  ethernet.ether_type = engine::ether_type_arp;
  engine::ArpPacket arp{};
  arp.operation = engine::arp_reply;
  EXPECT_EQ(line(Bytes{}.add(arp)), addresses + "arp 0.0.0.0 is-at 00:00:00:00:00:00");
  ethernet.ether_type = be16{0x86dd};
  EXPECT_EQ(line(Bytes{}, 94), addresses + "type 0x86dd len 80");
}

TEST(PacketLine, WhatCannotBeReadIsShownAsBytes) {
  std::vector<std::byte> bytes(30, std::byte{0xab});
  EXPECT_EQ(packet_line(example(PacketStart::ipv4, bytes, 1500)),
            "1500 bytes: ab ab ab ab ab ab ab ab ab ab ab ab ab ab ab ab ab ab ab ab ab ab ab ab ..");
  EXPECT_EQ(packet_line(example(PacketStart::ethernet, {std::byte{1}, std::byte{0x2f}})), "2 bytes: 01 2f");
  EXPECT_EQ(packet_line(example(PacketStart::arp, {})), "0 bytes:");
  engine::Ipv4Header header = ip(6, 40);
  header.version_ihl = 0x65;
  EXPECT_TRUE(ipv4_line(Bytes{}.add(header)).starts_with("20 bytes: 65 ")) << "version 6";
  header.version_ihl = 0x44;
  EXPECT_TRUE(ipv4_line(Bytes{}.add(header)).starts_with("20 bytes: 44 ")) << "a header of 16 bytes";
}

TEST(PacketLine, AnyBytesAtAllMakeALine) {
  std::mt19937 random{1};
  for (int i = 0; i < 20'000; ++i) {
    std::vector<std::byte> bytes(random() % (DropExample::bytes_max + 1));
    for (std::byte& b : bytes) b = static_cast<std::byte>(random());
    if (bytes.size() > 14 && i % 2 == 0) bytes[i % 4 == 0 ? 0 : 14] = std::byte{0x45};
    const auto start = static_cast<PacketStart>(random() % 3);
    const std::string line = packet_line(example(start, bytes, bytes.size() + random() % 2 * 1400));
    EXPECT_FALSE(line.empty());
    EXPECT_EQ(line.find('\n'), std::string::npos);
  }
}

TEST(PacketLine, AnExampleSaysWhenAndWhere) {
  EXPECT_EQ(example_line("PACKET", 3.24, "lan"), "PACKET, 3.2 s ago on port lan");
  EXPECT_EQ(example_line("PACKET", 0, ""), "PACKET, 0.0 s ago");
}

}  // namespace
}  // namespace apps
