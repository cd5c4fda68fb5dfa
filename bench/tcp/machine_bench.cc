// The TCP machine without packets: segments as values, text in static storage. Argument: connections, served in a random order.
#include <array>
#include <benchmark/benchmark.h>
#include <string>
#include <vector>

#include "bench/support/flows.h"
#include "bench/support/per_item.h"
#include "tcp/machine.h"

namespace tcp {
namespace {

using namespace std::chrono_literals;

const std::string request(128, 'q'), response(203, 'r');

/// Takes every segment and forgets it.
class ForgetfulSink final : public SegmentSink {
 public:
  bool emit(Tcb&, const SegmentOut& segment) noexcept override {
    ++segments;
    bench::keep(segment.seq);
    return true;
  }
  std::uint16_t advertised_mss(const Tcb&) noexcept override { return 1460; }
  std::uint64_t segments = 0;
};

class World {
 public:
  explicit World(std::uint32_t connections)
      : tcbs_{connections},
        nodes_{connections * 4},
        colds_{connections},
        reassemblies_{connections},
        account_{std::uint64_t{connections} * 100, connections},
        flows_{bench::make_flows({.count = connections})} {}

  /// SYN, SYN-ACK, ACK.   Returns: the connection.
  std::uint32_t open(std::size_t flow) {
    CHECK(account_.try_open_connection());
    const std::uint32_t id = tcbs_.allocate();
    Tcb& tcb = tcbs_[id];
    tcb.tuple = flows_[flow];
    Segment syn;
    syn.seq = Seq{1000};
    syn.window = 65'535;
    syn.flags.bits = Flags::syn_bit;
    syn.options.mss = 1460;
    syn.options.window_shift = 7;
    syn.options.sack_permitted = syn.options.has_timestamps = true;
    Outbox out;
    machine_.on_listen(tcb, syn, Seq{77}, 1460, now_, out);
    machine_.output(tcb, out, now_, sink_);
    Segment ack = segment(tcb, Flags::ack_bit);
    Outbox answer;
    machine_.on_segment(tcb, ack, now_, answer);
    machine_.output(tcb, answer, now_, sink_);
    return id;
  }
  /// A request in one segment, which acknowledges the last response; the response in one segment.
  void serve(std::uint32_t id, bool and_close = false) {
    Tcb& tcb = tcbs_[id];
    engine::Slice text = engine::Slice::of_static(request);
    Segment seg = segment(tcb, Flags::ack_bit | Flags::psh_bit);
    seg.text = {&text, 1};
    seg.text_bytes = static_cast<std::uint32_t>(request.size());
    Outbox out;
    machine_.on_segment(tcb, seg, now_, out);
    const std::uint32_t bytes = tcb.received.bytes();
    tcb.received.consume(machine_.store(), bytes);
    machine_.received(tcb, bytes, now_, out);
    engine::Slice answer = engine::Slice::of_static(response);
    CHECK(machine_.send(tcb, answer, out));
    if (and_close) machine_.close(tcb, now_, out);
    machine_.output(tcb, out, now_, sink_);
  }
  /// The peer's FIN after ours: TIME-WAIT, and the end.
  void finish(std::uint32_t id) {
    Tcb& tcb = tcbs_[id];
    Segment fin = segment(tcb, Flags::fin_bit | Flags::ack_bit);
    Outbox out;
    machine_.on_segment(tcb, fin, now_, out);
    machine_.output(tcb, out, now_, sink_);
    CHECK(out.enter_time_wait);
    machine_.release(tcb);
    tcbs_.release(id);
  }
  void pass(engine::Duration d) noexcept { now_ += d; }
  [[nodiscard]] std::uint64_t segments() const noexcept { return sink_.segments; }

 private:
  /// From the peer, next in order, acknowledging all.
  [[nodiscard]] Segment segment(const Tcb& tcb, unsigned flags) const noexcept {
    Segment s;
    s.seq = tcb.rcv_nxt;
    s.ack = tcb.snd_nxt;
    s.window = 512;
    s.flags.bits = static_cast<std::uint8_t>(flags);
    s.options.has_timestamps = true;
    s.options.ts_val = tcb.ts_recent;
    return s;
  }

  Config config_;
  Counters counters_;
  engine::Slab<Tcb> tcbs_;
  engine::Slab<Node> nodes_;
  engine::Slab<Cold> colds_;
  engine::Slab<Reassembly> reassemblies_;
  engine::Account account_;
  Machine machine_{config_, Memory{nodes_, colds_, reassemblies_, account_}, counters_};
  ForgetfulSink sink_;
  std::vector<engine::FourTuple> flows_;
  engine::Instant now_{1000s};
};

/// A request and its response.
void BM_Request(benchmark::State& state) {
  const auto count = static_cast<std::uint32_t>(state.range(0));
  World world{count};
  for (std::uint32_t i = 0; i < count; ++i) CHECK(world.open(i) == i);
  const auto order = bench::make_order(count, 2);
  const std::uint64_t before = world.segments();
  bench::run(state, count, [&] {
    for (const std::uint32_t id : order) world.serve(id);
    world.pass(100us);
  });
  if (world.segments() - before != static_cast<std::uint64_t>(state.iterations()) * count)
    state.SkipWithError("not one segment per request");
}

/// A connection with one request that we close: SYN, request, FIN; SYN-ACK, response with FIN, ACK.
void BM_Connection(benchmark::State& state) {
  const auto count = static_cast<std::uint32_t>(state.range(0));
  World world{count};
  std::vector<std::uint32_t> ids(count);
  bench::run(state, count, [&] {
    for (std::uint32_t i = 0; i < count; ++i) ids[i] = world.open(i);
    for (const std::uint32_t id : ids) world.serve(id, true);
    for (const std::uint32_t id : ids) world.finish(id);
    world.pass(100us);
  });
}

BENCHMARK(BM_Request)->Arg(256)->Arg(10'000)->Apply(bench::by_tsc);
BENCHMARK(BM_Connection)->Arg(256)->Arg(10'000)->Apply(bench::by_tsc);

}  // namespace
}  // namespace tcp
