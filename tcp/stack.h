// TCP of one shard: the machine bound to packets, tables, timers and an application.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/account.h"
#include "engine/flow_table.h"
#include "engine/icmp_error.h"
#include "engine/lease.h"
#include "engine/packet_handler.h"
#include "engine/shard.h"
#include "engine/timer_wheel.h"
#include "tcp/application.h"
#include "tcp/isn.h"
#include "tcp/local_ports.h"
#include "tcp/machine.h"
#include "tcp/path_mtu.h"
#include "tcp/syn_cookies.h"
#include "tcp/time_wait.h"

namespace tcp {

/// Why no connection could be opened: another peer may be in reach, or another port free; or there is no room here for any.
enum class NotOpened : std::uint8_t { no_route, no_port, no_room };

class Stack final : public engine::PacketHandler, private SegmentSink {
 public:
  /// Limits of the whole instance, shared by its shards.
  struct Limits {
    engine::SharedLimit connections, half_open;
    std::uint32_t time_wait_per_shard;
    Limits(std::uint64_t connections_max, std::uint64_t half_open_max, std::uint32_t time_wait) noexcept
        : connections{connections_max}, half_open{half_open_max}, time_wait_per_shard{time_wait} {}
  };
  struct Options {
    std::uint32_t connections_max = 100'000;  // whole instance: the tables of each shard can hold all of them
    std::uint64_t account_mbufs = 16'384;     // this shard
    std::uint64_t account_connections = 0;    // connections this shard reserves a floor for; 0: connections_max
    engine::SipKey hash_key, isn_key;
    std::uint64_t port_seed = 1;
  };
  Stack(const Options& options, Limits& limits, engine::Shard& shard);
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;
  ~Stack() override;

  void set_application(Application& application) noexcept { application_ = &application; }

  // --- engine::PacketHandler
  void on_burst(engine::Burst& packets, Instant now) noexcept override;
  bool on_time(Instant now) noexcept override;
  [[nodiscard]] std::optional<Instant> next_deadline(Instant now) const noexcept override;
  void adopt(const engine::Snapshot& snapshot, Instant now) noexcept override;

  // --- calls of the application, between the events of a burst
  /// Opens a connection to `remote`; `connected` or `closed` follows. `local` zero: the egress port's address.
  /// Returns: nothing, and `why`, when it cannot: counted.
  [[nodiscard]] std::optional<ConnId> connect(engine::Ipv4 local, engine::SocketAddress remote, std::uint32_t cookie, Instant now,
                                              NotOpened& why) noexcept;
  [[nodiscard]] std::optional<ConnId> connect(engine::Ipv4 local, engine::SocketAddress remote, std::uint32_t cookie,
                                              Instant now) noexcept {
    NotOpened why{};
    return connect(local, remote, cookie, now, why);
  }
  void set_cookie(ConnId id, std::uint32_t cookie) noexcept { tcbs_[id].cookie = cookie; }
  /// Queues bytes.   Returns: false, with `slice` untouched, if it cannot: `writable` follows when it can.
  [[nodiscard]] bool send(ConnId id, engine::Slice& slice) noexcept;
  /// Queues a copy, behind what is queued already or in an mbuf of its own.   Returns: as send.
  [[nodiscard]] bool send_copy(ConnId id, std::string_view bytes) noexcept;
  /// Whether `slices` calls of send would find room for their slices: asked once for what must be queued whole or not at all. If
  /// not, `writable` follows when they do.
  [[nodiscard]] bool may_queue(ConnId id, unsigned slices) noexcept;
  /// Bytes that may be queued now. When it is 0, `want_writable` asks for an event.
  [[nodiscard]] std::uint32_t send_room(ConnId id) const noexcept { return machine_.send_room(tcbs_[id]); }
  void want_writable(ConnId id) noexcept { tcbs_[id].set(Tcb::send_blocked); }
  /// Bytes received in order and not taken.
  [[nodiscard]] std::uint32_t received_bytes(ConnId id) const noexcept { return tcbs_[id].received.bytes(); }
  /// The first of them.   Requires: received_bytes(id) != 0.
  [[nodiscard]] const engine::Slice& front(ConnId id) const noexcept { return tcbs_[id].received.front(machine_.store()); }
  /// Takes the first slice, at most max_bytes of it.   Requires: received_bytes(id) != 0.
  [[nodiscard]] engine::Slice take(ConnId id, std::uint32_t max_bytes) noexcept;
  void consume(ConnId id, std::uint32_t bytes) noexcept;
  /// What is here cannot be taken before more has come: lets the peer send on although it fills the window, up to `bytes_max`.
  /// Returns: false when there is no memory for that.
  [[nodiscard]] bool make_room(ConnId id, std::uint32_t bytes_max) noexcept {
    return machine_.make_room(tcbs_[id], bytes_max, touch(id));
  }
  /// Copies from the front without taking.   Returns: bytes copied.
  std::size_t copy_received(ConnId id, std::span<char> to) const noexcept {
    return tcbs_[id].received.copy(machine_.store(), to);
  }
  /// Ends our direction; receiving goes on.
  void shutdown(ConnId id) noexcept;
  /// Ends our direction and forgets the connection.
  void close(ConnId id) noexcept;
  /// RST.
  void abort(ConnId id) noexcept;

  [[nodiscard]] const Tcb& tcb(ConnId id) const noexcept { return tcbs_[id]; }
  /// False once the application closed or aborted it: later events of the same burst are void.
  [[nodiscard]] bool is_attached(ConnId id) const noexcept { return !tcbs_[id].has(Tcb::app_gone); }
  /// All text and the FIN of ours was acknowledged, or nothing was ever sent.
  [[nodiscard]] bool is_all_acknowledged(ConnId id) const noexcept { return is_idle(tcbs_[id]); }
  /// From now on every SYN is refused with RST.
  void set_draining(bool draining) noexcept { draining_ = draining; }

  [[nodiscard]] Counters& counters() noexcept { return counters_; }
  [[nodiscard]] engine::Account& account() noexcept { return account_; }
  [[nodiscard]] engine::Mempool& mempool() noexcept { return shard_.mempool(); }
  [[nodiscard]] std::uint32_t connections() const noexcept { return tcbs_.used(); }
  [[nodiscard]] std::uint32_t time_wait() const noexcept { return time_wait_.size(); }

 private:
  /// Where things lie in a received packet.
  struct Parsed {
    engine::FourTuple tuple;
    std::uint64_t hash;
    std::uint16_t text_offset;
    bool is_icmp_error;  // about a segment of ours; else a segment
    Segment segment;
  };
  /// What the machine changes in a segment while it looks at it.
  struct Arrived {
    Seq seq;
    std::uint32_t text_bytes;
    Flags flags;
    engine::PortId port;
  };
  struct Touched {
    ConnId id;
    Outbox out;
  };
  static constexpr std::size_t touched_max = Tcb::untouched;
  static constexpr std::uint32_t expiries_per_turn = 256;
  static constexpr std::size_t slices_per_packet = 16;
  static constexpr std::uint16_t headers_bytes = 40;  // RFC 9293 3.7.1: of IP and of TCP, without options

  // stack_input.cc
  [[nodiscard]] Drop parse(const engine::Packet& packet, Parsed& out) const noexcept;
  void process(engine::Packet packet, Parsed& parsed, Instant now) noexcept;
  void on_connection(ConnId id, engine::Packet packet, Parsed& parsed, Instant now) noexcept;
  void on_time_wait(TimeWaitEntry& entry, engine::Packet packet, Parsed& parsed, Instant now) noexcept;
  void drop(engine::Packet packet, Drop why) noexcept;
  void keep_example(Drop why, const Parsed& parsed, const Arrived& arrived) noexcept;
  void consume(engine::Packet packet) noexcept;
  // stack_syn.cc
  void on_stranger(engine::Packet packet, Parsed& parsed, Instant now) noexcept;
  void on_syn(engine::Packet packet, const Parsed& parsed, std::optional<Seq> iss, Instant now) noexcept;
  void answer_with_cookie(const Parsed& parsed, std::uint16_t our_mss, Instant now) noexcept;
  void on_cookie(engine::Packet packet, const Segment& syn, Parsed& parsed, Instant now) noexcept;
  void answer_with_reset(const Parsed& parsed, Instant now) noexcept;
  // stack_icmp.cc
  [[nodiscard]] Drop parse_error(const engine::Packet& packet, Parsed& out) const noexcept;
  void on_icmp_error(engine::Packet packet, Parsed& parsed, Instant now) noexcept;
  bool on_needs_fragmentation(ConnId id, const engine::IcmpTcpError& error, Instant now) noexcept;
  // stack_output.cc
  bool emit(Tcb& tcb, const SegmentOut& segment) noexcept override;
  std::uint16_t advertised_mss(const Tcb& tcb) noexcept override;
  bool append_text(engine::Packet& packet, const Tcb& tcb, const SegmentOut& segment) noexcept;
  bool append_copy(engine::Packet& packet, std::span<const std::byte> bytes) noexcept;
  bool append_reference(engine::Packet& packet, const engine::Slice& part) noexcept;
  void emit_bare(const engine::FourTuple& tuple, const SegmentOut& segment) noexcept;
  void send_headers(engine::Packet packet, const engine::FourTuple& tuple, const SegmentOut& segment,
                    std::uint16_t header_bytes) noexcept;
  // stack.cc
  [[nodiscard]] ConnId make_connection(const engine::FourTuple& tuple, std::uint64_t hash, Drop& why) noexcept;
  Outbox& touch(ConnId id) noexcept;
  void deliver_events(Instant now) noexcept;
  void flush_output(Instant now) noexcept;
  void finish(const Touched& touched, bool more, Instant now) noexcept;
  void leave(const Touched& touched, Instant now) noexcept;
  void after_reading(ConnId id, std::uint32_t bytes) noexcept;
  void free_connection(ConnId id) noexcept;
  void rearm(ConnId id, Instant now) noexcept;
  void on_expiry(ConnId id, Instant now) noexcept;
  void block(ConnId id) noexcept;
  bool wake_blocked() noexcept;
  [[nodiscard]] std::uint64_t hash(const engine::FourTuple& tuple) const noexcept { return engine::keyed_hash(hash_key_, tuple); }
  /// The largest MSS with which a peer may be sent text; 0: no way to it.
  [[nodiscard]] std::uint16_t mss_for(engine::Ipv4 remote, Instant now) const noexcept;
  [[nodiscard]] static engine::SocketAddress local_of(const engine::FourTuple& t) noexcept {
    return {engine::Ipv4{t.local}, t.local_port.host()};
  }

  engine::Shard& shard_;
  Application* application_ = nullptr;
  const Snapshot* snapshot_ = nullptr;
  Config config_;
  Counters counters_;
  engine::Account account_;
  engine::Slab<Tcb> tcbs_;
  engine::Slab<Node> nodes_;
  engine::Slab<Cold> colds_;
  engine::Slab<Reassembly> reassemblies_;
  Machine machine_;
  engine::FlowTable table_;
  engine::TimerWheel wheel_;
  TimeWait time_wait_;
  LocalPorts ports_;
  IsnGenerator isn_;
  SynCookies cookies_;
  PathMtus path_mtus_;
  engine::SipKey hash_key_;
  engine::Lease connections_lease_, half_open_lease_;
  std::vector<Touched> touched_;
  std::vector<Event> events_;
  std::vector<Touched> late_events_;  // events that came up after the last delivery of a turn
  std::vector<ConnId> again_;         // had more to send than a turn allows
  std::vector<ConnId> blocked_;       // a send found the account used up; each once
  std::vector<bool> is_blocked_;      // by ConnId: it is in the list
  std::vector<ConnId> gone_;          // closed in this turn: freed at its end, so that ids of the turn's events stay unique
  engine::Burst spent_;
  Instant now_{};
  std::uint16_t ip_id_ = 0;
  bool draining_ = false;
};

}  // namespace tcp
