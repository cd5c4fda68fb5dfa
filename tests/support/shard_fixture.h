// Shards over ports in memory, with routes, neighbors, a snapshot and somebody who does the control thread's work. Time stands
// still until a test moves it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/handover.h"
#include "engine/mempool.h"
#include "engine/neighbor_table.h"
#include "engine/packet_handler.h"
#include "engine/qsbr.h"
#include "engine/routes.h"
#include "engine/rss.h"
#include "engine/shard.h"
#include "engine/snapshot.h"
#include "tests/support/packet_builder.h"
#include "tests/support/sim_port.h"

namespace support {

/// Writes down what it is given; counts it as consumed.
class RecordingHandler : public engine::PacketHandler {
 public:
  explicit RecordingHandler(engine::ShardCounters& counters) noexcept : counters_{counters} {}

  std::vector<std::string> received;   // describe_ipv4 of every packet
  std::vector<std::uint64_t> adopted;  // generations, in order
  std::uint64_t bursts = 0;
  /// Sees every packet after it was written down, before it is counted; may take it, and then returns true.
  std::function<bool(engine::Packet&, engine::Instant)> on_packet{};
  std::function<bool(engine::Instant)> on_turn{};
  std::optional<engine::Instant> deadline{};

  void on_burst(engine::Burst& packets, engine::Instant now) noexcept override;
  bool on_time(engine::Instant now) noexcept override { return on_turn && on_turn(now); }
  [[nodiscard]] std::optional<engine::Instant> next_deadline(engine::Instant /*now*/) const noexcept override { return deadline; }
  void adopt(const engine::Snapshot& snapshot, engine::Instant /*now*/) noexcept override {
    adopted.push_back(snapshot.generation);
  }

 private:
  engine::ShardCounters& counters_;
};

struct PortSpec {
  std::vector<std::string> addresses;  // "10.0.0.1/24"
  std::uint16_t mtu = 1500;
  std::uint16_t queues = 1;
  engine::RssMode rss = engine::RssMode::single;
  engine::PortCapabilities capabilities{.tx_multi_segs = true};
};

struct EngineOptions {
  std::uint16_t shards = 1;
  std::vector<PortSpec> ports = {{{"10.0.0.1/24"}}, {{"10.0.1.1/24"}}};
  std::vector<engine::Route> routes{};  // besides those of the ports' addresses
  bool forwarding = true;
  std::uint32_t icmp_errors_per_second = 1000;
  std::uint32_t arp_held_packets = 512;
  std::uint32_t handover_slots = 128;
  std::uint16_t data_room_bytes = 2048;
  std::uint64_t tcp_account_mbufs = 2048;  // what a test's own packets come from
};

using Lines = std::vector<std::string>;

/// 02:00:00:00:00:NN of port NN - 1, and 02:01:A:B:C:D of neighbor A.B.C.D.
[[nodiscard]] engine::MacAddress port_mac(std::size_t port);
[[nodiscard]] engine::MacAddress peer_mac(engine::Ipv4 address);

/// What a configuration makes of the addresses of its ports: local, connected and broadcast routes.
[[nodiscard]] std::vector<engine::Route> port_routes(const std::vector<PortSpec>& ports);
[[nodiscard]] engine::Route route_via(std::string_view prefix, std::uint16_t port, std::string_view gateway,
                                      std::string_view source);
[[nodiscard]] engine::Route route_of_kind(std::string_view prefix, engine::NextHop::Kind kind);

/// An engine in one thread. Its end checks that every mbuf came back.
class TestEngine {
 public:
  explicit TestEngine(const EngineOptions& options = {});
  TestEngine(const TestEngine&) = delete;
  TestEngine& operator=(const TestEngine&) = delete;
  ~TestEngine();

  [[nodiscard]] engine::Shard& shard(std::size_t i = 0) { return *shards_[i]; }
  [[nodiscard]] RecordingHandler& handler(std::size_t i = 0) { return *handlers_[i]; }
  [[nodiscard]] SimPort& port(std::size_t i = 0) { return *ports_[i]; }
  [[nodiscard]] engine::Mempool& mempool(std::size_t i = 0) { return *mempools_[i]; }
  [[nodiscard]] engine::NeighborTable& neighbors() { return neighbors_; }
  [[nodiscard]] engine::Routes& routes() { return *routes_; }
  [[nodiscard]] engine::Handover& handover() { return *handover_; }
  [[nodiscard]] engine::SnapshotSlot& snapshots() { return snapshots_; }
  [[nodiscard]] engine::Qsbr& qsbr() { return qsbr_; }
  [[nodiscard]] const engine::Steering& steering() const { return steering_; }
  [[nodiscard]] engine::IpConfig& config() { return config_; }
  [[nodiscard]] engine::Instant now() const { return now_; }
  [[nodiscard]] std::size_t shards() const { return shards_.size(); }

  /// Publishes `config()` as it is now.
  void publish();
  void set_routes(const std::vector<engine::Route>& routes);
  /// Puts neighbors into the table, confirmed now, each on the port with its subnet, with peer_mac.
  void know(std::initializer_list<std::string_view> addresses);

  /// A frame to the port's MAC from the peer that the packet's source would have on the link.
  [[nodiscard]] Bytes frame(std::size_t port, const Bytes& packet) const;
  /// Puts a packet (from its IPv4 header) into an RX queue, in a frame for the port.
  void deliver(std::size_t port, const Bytes& packet, std::uint16_t queue = 0);
  void deliver_frame(std::size_t port, const Bytes& frame, std::uint16_t queue = 0) { ports_[port]->deliver(queue, frame); }

  /// One turn of every shard and of control, at the present time.   Returns: whether a shard had work.
  bool turn();
  /// Turns until nobody has work and no packet is between two shards.
  void settle();
  /// Moves time on by `total` in steps, a turn after each.
  void pass(engine::Duration total, engine::Duration step = std::chrono::milliseconds{1});
  /// The control thread's part of a turn: news into the neighbor table.
  void control();
  bool control_listens = true;  // false: news stay in the rings

  /// What left through `port` since the last call, a line each.
  [[nodiscard]] Lines sent(std::size_t port);
  [[nodiscard]] std::vector<Bytes> sent_bytes(std::size_t port) { return ports_[port]->take_sent_bytes(); }
  /// One packet in, everything that came out by the same turn.
  [[nodiscard]] Lines reply_to(std::size_t port, const Bytes& packet);

  /// Lost packets of a reason, all shards and ports; and of all reasons.
  [[nodiscard]] std::uint64_t drops(engine::Drop why) const;
  [[nodiscard]] std::uint64_t dropped() const;
  /// Lets a second pass and expects that every shard's audit comes out even.
  void expect_accounted();

 private:
  void make_ports(const EngineOptions& options);
  void make_shards(const EngineOptions& options);

  EngineOptions options_;
  std::string name_;
  engine::Instant now_{std::chrono::seconds{1000}};
  engine::Qsbr qsbr_;
  engine::SnapshotSlot snapshots_{qsbr_};
  engine::Steering steering_;
  engine::NeighborTable neighbors_{4096};
  engine::IpConfig config_{};
  std::uint64_t generation_ = 0;
  std::vector<std::unique_ptr<engine::Mempool>> mempools_;
  std::unique_ptr<engine::Routes> routes_;
  std::unique_ptr<engine::Handover> handover_;
  std::vector<std::unique_ptr<SimPort>> ports_;
  std::vector<std::unique_ptr<engine::Shard>> shards_;
  std::vector<std::unique_ptr<RecordingHandler>> handlers_;
};

/// A mempool of about `mbufs` for a test of its own, with a name of its own.
[[nodiscard]] std::unique_ptr<engine::Mempool> make_mempool(std::uint64_t mbufs, std::uint16_t data_room_bytes = 2048);
/// A name that no other object of this process has.
[[nodiscard]] std::string unique_name(std::string_view prefix);

}  // namespace support
