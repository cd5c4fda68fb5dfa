// The stages of a shard without the shard: two ports that swallow what they get, routes, neighbors.
#pragma once

#include <rte_mbuf.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/handover.h"
#include "engine/icmp.h"
#include "engine/ip_forward.h"
#include "engine/ip_input.h"
#include "engine/ip_output.h"
#include "engine/link.h"
#include "engine/mempool.h"
#include "engine/neighbor.h"
#include "engine/tx.h"

namespace bench {

/// Frees what is sent. Checksums are for software.
class SwallowPort final : public engine::Port {
 public:
  explicit SwallowPort(std::uint16_t index) {
    info_.id = engine::PortId{index};
    info_.mac = {{2, 0, 0, 0, 0, static_cast<std::uint8_t>(index + 1)}};
    info_.capabilities.tx_multi_segs = true;
  }
  std::uint16_t receive(std::uint16_t, rte_mbuf**, std::uint16_t) noexcept override { return 0; }
  std::uint16_t transmit(std::uint16_t, rte_mbuf** mbufs, std::uint16_t count) noexcept override {
    rte_pktmbuf_free_bulk(mbufs, count);
    return count;
  }
  [[nodiscard]] engine::PortStatus status() override { return {.up = true}; }
};

/// Port 0 has 10.0.0.1/8; 20.0.0.0/8 to 35.0.0.0/8 are behind 64 gateways from 172.16.0.2 on, on port 1.
class Stages {
 public:
  static constexpr engine::Ipv4 own{10, 0, 0, 1};
  static constexpr std::uint32_t prefixes = 16, gateways = 64;

  explicit Stages(const std::string& name)
      : routes_{std::move(*engine::Routes::create({name, engine::Fib::Kind::dir24_8, 4096}))},
        handover_{std::move(*engine::Handover::create(name, 1, 64))},
        mempool_{make_mempool(name)},
        tx_{engine::ShardId{0},
            {{&ports_[0], 0, engine::ShardId{0}}, {&ports_[1], 0, engine::ShardId{0}}},
            *handover_,
            *mempool_,
            counters_},
        link_{tx_, counters_},
        neighbors_{{table_, news_, *mempool_, link_, counters_, 512}},
        output_{*routes_, neighbors_, link_, counters_},
        icmp_{{*mempool_, output_, counters_, 1000}},
        input_{*routes_, neighbors_, icmp_, counters_},
        forward_{*routes_, output_, icmp_, link_, counters_} {
    using Kind = engine::NextHop::Kind;
    const engine::PortId near{0}, far{1};
    std::vector<engine::Route> list{{{engine::Ipv4{10, 0, 0, 0}, 8}, {Kind::connected, near, {}, own}},
                                    {{own, 32}, {Kind::local, near, {}, own}}};
    for (std::uint32_t i = 0; i < prefixes; ++i)
      list.push_back({{engine::Ipv4{(20 + i) << 24}, 8}, {Kind::gateway, far, engine::Ipv4{0xac100002 + i % gateways}, {}}});
    CHECK(routes_->assign(list, [] {}).ok());
    for (std::uint32_t i = 0; i < gateways; ++i)
      CHECK(table_.put({far, engine::Ipv4{0xac100002 + i}, {{2, 1, 0, 0, 0, static_cast<std::uint8_t>(i)}}, true, {}}));
    config_.forwarding = true;
    config_.ports = {{"p0", {{own, 8}}, {own}}, {"p1", {}, {}}};
    neighbors_.set_config(config_);
    output_.set_config(config_);
    icmp_.set_config(config_);
    forward_.set_config(config_);
  }

  /// A frame for port 0 that carries an IPv4 header and `payload_bytes` of zeros.
  [[nodiscard]] engine::Packet make_frame(engine::Ipv4 dst, std::uint8_t protocol, std::uint16_t payload_bytes) {
    engine::Packet packet = mempool_->allocate();
    const auto ip_bytes = static_cast<std::uint16_t>(sizeof(engine::Ipv4Header) + payload_bytes);
    auto* at = reinterpret_cast<std::byte*>(
        rte_pktmbuf_append(packet.get(), static_cast<std::uint16_t>(sizeof(engine::EthernetHeader) + ip_bytes)));
    engine::store(at, engine::EthernetHeader{ports_[0].info().mac, {{2, 1, 10, 9, 0, 2}}, engine::ether_type_ipv4});
    engine::Ipv4Header ip{0x45,     0,  engine::be16{ip_bytes},           {},        {}, 64,
                          protocol, {}, engine::Ipv4{10, 9, 0, 2}.wire(), dst.wire()};
    engine::InetSum sum;
    sum.add(std::as_bytes(std::span{&ip, 1}));
    ip.checksum = sum.checksum();
    engine::store(at + sizeof(engine::EthernetHeader), ip);
    return packet;
  }

  [[nodiscard]] const engine::PortInfo& port_info() const { return ports_[0].info(); }
  [[nodiscard]] engine::IpInput& input() noexcept { return input_; }
  [[nodiscard]] engine::IpForward& forward() noexcept { return forward_; }
  [[nodiscard]] engine::Tx& tx() noexcept { return tx_; }
  [[nodiscard]] engine::ShardCounters& counters() noexcept { return counters_; }

 private:
  static std::unique_ptr<engine::Mempool> make_mempool(const std::string& name) {
    engine::Mempool::Options options;
    options.name = name;
    return std::move(*engine::Mempool::create(options));
  }
  engine::IpConfig config_;
  engine::NeighborTable table_{1024};
  engine::SpscRing<engine::NeighborNews> news_{64};
  SwallowPort ports_[2]{SwallowPort{0}, SwallowPort{1}};
  std::unique_ptr<engine::Routes> routes_;
  std::unique_ptr<engine::Handover> handover_;
  std::unique_ptr<engine::Mempool> mempool_;
  engine::ShardCounters counters_;
  engine::Tx tx_;
  engine::Link link_;
  engine::Neighbors neighbors_;
  engine::IpOutput output_;
  engine::Icmp icmp_;
  engine::IpInput input_;
  engine::IpForward forward_;
};

}  // namespace bench
