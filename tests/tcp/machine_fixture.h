// The machine with its memory, and a sink that writes down what it sends. No packets: text is heap slices, or mbufs of a pool.
#pragma once

#include <string>
#include <vector>

#include "tcp/machine.h"
#include "tests/tcp/text_slices.h"

namespace tcp {

class RecordingSink : public SegmentSink {
 public:
  std::vector<SegmentOut> sent;
  bool refuses = false;  // as without mbufs
  std::uint64_t refused = 0;

  bool emit(Tcb& /*tcb*/, const SegmentOut& segment) noexcept override {
    if (refuses) return ++refused, false;
    sent.push_back(segment);
    return true;
  }
  [[nodiscard]] std::uint16_t advertised_mss(const Tcb& /*tcb*/) noexcept override { return 1460; }
};

/// A segment of the peer in few words.
struct SegmentSpec {
  Seq seq, ack;
  std::uint8_t flags = Flags::ack_bit;
  std::uint16_t window = 65'535;
  std::uint32_t text_bytes = 0;  // bytes_at(seq)
  Options options{};
};

class MachineFixture {
 public:
  static constexpr Seq peer_isn{0xffff'f800u}, our_isn{0xffff'f000u};  // both wrap
  static constexpr std::uint16_t mss = 1460;

  explicit MachineFixture(std::uint64_t account_mbufs = 4096, const Config& config_of_test = {})
      : config{config_of_test},
        nodes{static_cast<std::uint32_t>(account_mbufs + 64)},
        colds{8},
        reassemblies{8},
        account{account_mbufs, 8},
        machine{config, Memory{nodes, colds, reassemblies, account}, counters} {}

  Config config;
  Counters counters;
  engine::Slab<Node> nodes;
  engine::Slab<Cold> colds;
  engine::Slab<Reassembly> reassemblies;
  engine::Account account;
  Machine machine;
  RecordingSink sink;
  Instant now{1000s};
  Tcb tcb{};
  Outbox out{};  // of the present turn

  /// A Tcb as the stack hands it to the machine.
  void make() {
    tcb = Tcb{};
    out = Outbox{};
    ASSERT_TRUE(account.try_open_connection());
  }
  void listen(const Options& options = {}) {
    make();
    Segment syn;
    syn.seq = peer_isn;
    syn.window = 65'535;
    syn.flags.bits = Flags::syn_bit;
    syn.options = options;
    machine.on_listen(tcb, syn, our_isn, mss, now, out);
    turn();
  }
  void open() {
    make();
    machine.open(tcb, our_isn, mss, now, out);
    turn();
  }
  void establish(const Options& options = {}) {
    listen(options);
    SegmentSpec ack{peer_isn + 1, our_isn + 1};
    ack.options.has_timestamps = options.has_timestamps;
    ack.options.ts_val = options.ts_val;
    now += 1ms;
    arrives(ack);
    turn();
    ASSERT_EQ(tcb.state, State::established);
    sink.sent.clear();
  }

  /// Without a turn: several may come before one.
  Verdict arrives(const SegmentSpec& spec) {
    engine::Slice text = spec.text_bytes == 0 ? engine::Slice{} : heap_slice(bytes_at(spec.seq, spec.text_bytes));
    return arrives(spec, {&text, spec.text_bytes == 0 ? 0u : 1u});
  }
  Verdict arrives(const SegmentSpec& spec, std::span<engine::Slice> text) {
    Segment segment{spec.seq, spec.ack, spec.window, Flags{spec.flags}, false, spec.options, text, spec.text_bytes};
    return machine.on_segment(tcb, segment, now, out);
  }
  /// Ends the turn.   Returns: whether there is more to send.
  bool turn() {
    Outbox due = std::exchange(out, Outbox{});
    return machine.output(tcb, due, now, sink);
  }
  [[nodiscard]] bool send(std::uint32_t bytes) {
    engine::Slice slice = heap_slice(std::string(bytes, 's'));
    return machine.send(tcb, slice, out);
  }
  /// Lets the earliest timer fire.   Returns: false if none runs.
  bool fire() {
    const auto deadline = Machine::next_deadline(tcb);
    if (!deadline) return false;
    const auto ahead = static_cast<std::int32_t>(*deadline - engine::TimerWheel::floor_tick(now));
    const engine::Duration::rep tick = now.time_since_epoch().count() >> engine::TimerWheel::tick_bits;
    if (ahead > 0) now = Instant{(tick + ahead) * engine::TimerWheel::tick};
    for (std::size_t i = 0; i < static_cast<std::size_t>(Timer::count_); ++i) {
      const auto timer = static_cast<Timer>(i);
      const bool is_due =
          tcb.is_armed(timer) && static_cast<std::int32_t>(tcb.deadline(timer) - engine::TimerWheel::floor_tick(now)) <= 0;
      if (is_due && tcb.state != State::closed) machine.on_timer(tcb, timer, now, out);
    }
    return true;
  }
  /// Gives back what the connection holds, as the stack does when it is over.
  void release() { machine.release(tcb); }
  /// Nothing may be left after `release`.
  void expect_nothing_left(std::uint64_t charged = 0) {
    EXPECT_EQ(account.used(), charged);
    EXPECT_EQ(nodes.used(), 0u);
    EXPECT_EQ(colds.used(), 0u);
    EXPECT_EQ(reassemblies.used(), 0u);
  }
};

}  // namespace tcp
