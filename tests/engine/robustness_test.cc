// Whatever comes in: no crash (run it under ASan and UBSan), every packet accounted for after every turn, every mbuf back at the
// end.
#include <cstdlib>
#include <gtest/gtest.h>

#include "engine/random.h"
#include "tests/support/shard_fixture.h"

namespace engine {
namespace {

using support::Bytes;
using support::EngineOptions;
using support::ip;
using support::TestEngine;

constexpr int frames_in_all = 200'000;

/// PENSTOCK_SEED, for long runs; else always the same.
std::uint64_t seed() {
  const char* text = std::getenv("PENSTOCK_SEED");
  return text == nullptr ? 20'230'911 : std::strtoull(text, nullptr, 10);
}

/// Frames that are right, nearly right, or noise.
class FrameMaker {
 public:
  explicit FrameMaker(std::uint64_t seed) : random_{seed} {}

  Bytes next() {
    Bytes frame = random_.chance(0.1) ? noise() : valid();
    switch (random_.below(8)) {
      case 0:
        flip(frame, 1 + random_.below(8), frame.size());
        break;
      case 1:
        flip(frame, 1 + random_.below(3), 34);
        break;  // in the headers
      case 2:
        frame.resize(random_.below(frame.size() + 1));
        break;  // truncated
      case 3:
        set(frame, 14, 0x40 | random_.below(16), true);
        break;  // every header length
      case 4:
        set_total_length(frame);
        break;
      case 5:
        frame.resize(frame.size() + random_.below(80), std::byte{0xcc});
        break;  // padding
      default:
        break;
    }
    return frame;
  }
  std::vector<std::size_t> cuts(std::size_t bytes) {
    std::vector<std::size_t> all;
    if (random_.chance(0.7)) return all;
    for (std::uint64_t n = 1 + random_.below(5); n > 0; --n) all.push_back(random_.below(bytes + 1));
    std::sort(all.begin(), all.end());
    return all;
  }
  std::uint64_t rx_flags() {  // what a driver may say; it lies only about payloads
    const std::uint64_t all[] = {
        0, 0, 0, RTE_MBUF_F_RX_L4_CKSUM_GOOD, RTE_MBUF_F_RX_IP_CKSUM_BAD, RTE_MBUF_F_RX_RSS_HASH, RTE_MBUF_F_RX_IP_CKSUM_GOOD};
    return all[random_.below(std::size(all))];
  }
  Random& random() { return random_; }

 private:
  std::uint16_t number() { return static_cast<std::uint16_t>(random_.next()); }
  Bytes random_bytes(std::size_t n) {
    Bytes bytes(n);
    for (std::byte& b : bytes) b = static_cast<std::byte>(random_.next());
    return bytes;
  }
  Ipv4 address() {
    switch (random_.below(12)) {
      case 0:
        return Ipv4{static_cast<std::uint32_t>(random_.next())};
      case 1:
        return ip("10.0.0.255");
      case 2:
        return ip("255.255.255.255");
      case 3:
        return ip("224.0.0.5");
      case 4:
        return ip("10.0.0.1");
      case 5:
        return ip("10.0.1.1");
      case 6:
        return Ipv4{ip("20.0.0.0").value + number()};
      case 7:
        return ip("30.0.0.1");
      default:
        return Ipv4{(random_.chance(0.5) ? ip("10.0.0.0") : ip("10.0.1.0")).value + 2 +
                    static_cast<std::uint32_t>(random_.below(60))};
    }
  }
  Bytes link(const Bytes& packet, be16 type) {
    const MacAddress dst = random_.chance(0.9)   ? support::port_mac(0)
                           : random_.chance(0.5) ? mac_broadcast
                                                 : support::port_mac(7);
    return support::ethernet(dst, support::peer_mac(address()), packet, type, random_.chance(0.5) ? 60 : 0);
  }
  Bytes noise() {
    if (random_.chance(0.3)) return random_bytes(random_.below(200));
    const be16 types[] = {ether_type_ipv4, ether_type_arp, ether_type_vlan, be16{0x86dd}};
    return link(random_bytes(random_.below(300)), types[random_.below(std::size(types))]);
  }
  Bytes valid() {
    if (random_.chance(0.2)) return link(arp(), ether_type_arp);
    const std::string data(random_.below(random_.chance(0.05) ? 2900 : 200), 'd');
    support::Ipv4Fields fields{.src = address(), .dst = random_.chance(0.4) ? ip("10.0.0.1") : address()};
    fields.ttl = static_cast<std::uint8_t>(random_.below(5));
    if (random_.chance(0.1)) fields.flags_fragment = number();
    if (random_.chance(0.1)) fields.options = random_bytes(4 * random_.below(11));
    const auto quoted = support::ipv4({.src = address(), .dst = address()}, support::udp(1, 2));
    switch (random_.below(5)) {
      case 0:
        return link(support::ipv4(fields, support::icmp_echo(number(), number(), data)), ether_type_ipv4);
      case 1:
        return link(support::ipv4(fields, support::icmp(3, 1, 0, quoted)), ether_type_ipv4);
      case 2:
        return link(support::ipv4(fields, support::udp(number(), number(), data)), ether_type_ipv4);
      case 3:
        return link(support::ipv4(fields, support::raw(static_cast<std::uint8_t>(random_.next()), support::bytes_of(data))),
                    ether_type_ipv4);
      default:
        return link(support::ipv4(fields, support::tcp({.src_port = number(), .dst_port = 80, .flags = "A"}, data)),
                    ether_type_ipv4);
    }
  }
  Bytes arp() {
    const Ipv4 sender = address();
    return support::arp(random_.chance(0.5) ? arp_request : arp_reply, support::peer_mac(sender), sender, support::port_mac(0),
                        address());
  }
  void flip(Bytes& frame, std::uint64_t times, std::size_t within) {
    const std::size_t n = std::min(within, frame.size());
    for (; n != 0 && times > 0; --times) frame[random_.below(n)] ^= static_cast<std::byte>(1u << random_.below(8));
  }
  void set(Bytes& frame, std::size_t at, std::uint64_t value, bool fix) {
    if (at < frame.size()) frame[at] = static_cast<std::byte>(value);
    if (fix && frame.size() >= 34) {
      Bytes packet{frame.begin() + 14, frame.end()};
      support::fix_ip_checksum(packet);
      std::copy(packet.begin(), packet.end(), frame.begin() + 14);
    }
  }
  void set_total_length(Bytes& frame) {
    const std::uint64_t length = random_.below(2 * frame.size() + 1);
    set(frame, 16, length >> 8, false);
    set(frame, 17, length & 0xff, true);
  }

  Random random_;
};

EngineOptions options() {
  EngineOptions o;
  o.shards = 2;
  o.ports = {{{"10.0.0.1/24"}, 1500, 2, RssMode::software}, {{"10.0.1.1/24"}, 600, 1, RssMode::software, PortCapabilities{}}};
  o.routes = {support::route_via("20.0.0.0/8", 1, "10.0.1.254", "10.0.1.1"),
              support::route_of_kind("30.0.0.0/8", NextHop::Kind::unreachable)};
  o.handover_slots = 32;
  o.arp_held_packets = 64;
  return o;
}

/// Does what a TCP layer may do with a packet: answer it, hand it over, keep it for a while, count a drop.
void misbehave(TestEngine& engine, std::size_t shard, Random& random, std::vector<Packet>& kept) {
  engine.handler(shard).on_packet = [&engine, &random, &kept, shard](Packet& packet, Instant now) {
    Shard& self = engine.shard(shard);
    engine.handler(shard).received.clear();
    const auto header = packet.header_at<Ipv4Header>(0);
    switch (random.below(4)) {
      case 0:
        if (packet.first_segment().size() >= sizeof(Ipv4Header) + 4) {
          const auto ports = packet.header_at<std::array<be16, 2>>(sizeof(Ipv4Header));
          return self.hand_over(packet, {header.src, header.dst, ports[0], ports[1]});
        }
        return false;
      case 1: {
        self.counters().consumed.add();
        packet = Packet{};
        const Bytes reply =
            support::ipv4({.src = Ipv4{header.dst}, .dst = Ipv4{header.src}}, support::tcp({.flags = "R"}, "reply"));
        self.output().send(support::make_packet(engine.mempool(shard), reply), now);
        return true;
      }
      case 2:
        self.counters().consumed.add();
        if (kept.size() < 100) kept.push_back(std::move(packet));
        return true;
      default:
        return false;
    }
  };
}

TEST(Robustness, RandomAndMutatedFramesAreAllAccountedFor) {
  std::vector<Packet> kept;
  TestEngine engine{options()};
  FrameMaker maker{seed()};
  Random& random = maker.random();
  for (std::size_t shard = 0; shard < 2; ++shard) misbehave(engine, shard, random, kept);
  for (int made = 0; made < frames_in_all;) {
    for (std::uint64_t n = 1 + random.below(120); n > 0; --n, ++made) {
      const auto queue = static_cast<std::uint16_t>(random.below(2));
      const Bytes frame = maker.next();
      Packet packet = support::make_packet(engine.mempool(queue), frame, maker.cuts(frame.size()));
      packet.get()->ol_flags |= maker.rx_flags();
      engine.port(0).deliver(queue, std::move(packet));
    }
    if (random.chance(0.1)) engine.know({"10.0.0.5", "10.0.0.9", "10.0.1.7", "10.0.1.254"});
    if (random.chance(0.05)) engine.publish();
    if (random.chance(0.3)) engine.pass(10ms, 2ms);
    engine.control_listens = random.chance(0.5);
    for (std::size_t p = 0; p < 2; ++p) {
      engine.port(p).tx_room = random.chance(0.2) ? random.below(40) : support::SimPort::unlimited;
      static_cast<void>(engine.port(p).take_sent());
    }
    engine.expect_accounted();
    engine.snapshots().reclaim();
    kept.clear();
    ASSERT_FALSE(testing::Test::HasFailure()) << "after " << made << " frames of seed " << seed();
  }
  const auto& c = engine.shard(0).counters();
  for (const std::uint64_t reached : {c.tx.get(), c.consumed.get(), c.originated.get(), c.forwarded.get(), c.steered.get(),
                                      c.handed_in.get(), c.linearized.get()})
    EXPECT_GT(reached, 50u) << "the noise is to reach every part of the engine";
  for (const Drop why :
       {Drop::frame_truncated, Drop::not_for_this_mac, Drop::arp_malformed, Drop::arp_unresolved, Drop::ip_truncated,
        Drop::ip_bad_version, Drop::ip_bad_header_length, Drop::ip_bad_total_length, Drop::ip_bad_checksum, Drop::ip_options,
        Drop::ip_martian_source, Drop::ip_martian_destination, Drop::ip_fragment_for_us, Drop::ttl_expired, Drop::no_route,
        Drop::needs_fragmentation, Drop::icmp_malformed, Drop::port_unreachable, Drop::output_to_self})
    EXPECT_GT(engine.drops(why), 0u) << drop_info[index_of(why)].name;
}

TEST(Robustness, AnArpFloodNeitherFillsTheTableForGoodNorStopsTraffic) {
  EngineOptions o;
  o.ports = {{{"10.0.0.1/16"}}};
  TestEngine engine{o};
  Random random{9};
  for (int i = 0; i < 20'000; ++i) {
    const Ipv4 sender{ip("10.0.0.0").value + 2 + static_cast<std::uint32_t>(random.below(60'000))};
    engine.deliver_frame(
        0, support::arp_frame(mac_broadcast, support::arp(arp_request, support::peer_mac(sender), sender, {}, ip("10.0.0.1"))));
    if (i % 64 == 63) {
      engine.turn();
      static_cast<void>(engine.port(0).take_sent());
    }
  }
  engine.settle();
  static_cast<void>(engine.port(0).take_sent());
  EXPECT_LE(engine.neighbors().size(), 4096u);
  engine.deliver(0, support::ipv4({.src = ip("10.0.250.7"), .dst = ip("10.0.0.1")}, support::icmp_echo(1, 1)));
  engine.turn();
  const Ipv4 asker = ip("10.0.250.7");
  engine.deliver_frame(0, support::arp_frame(support::port_mac(0), support::arp(arp_reply, support::peer_mac(asker), asker,
                                                                                support::port_mac(0), ip("10.0.0.1"))));
  engine.turn();
  EXPECT_EQ(engine.sent(0).back(), "ip 10.0.0.1 > 10.0.250.7 icmp echo reply id 1 seq 1 ttl 64")
      << "a full table costs a question, not the neighbor";
  engine.expect_accounted();
}

}  // namespace
}  // namespace engine
