// Whatever comes, in every state: no crash (run it under ASan and UBSan), numbers move forward, what is outstanding has a timer,
// and all memory comes back. PENSTOCK_SEED runs other seeds.
#include <cstdlib>
#include <gtest/gtest.h>

#include "engine/random.h"
#include "tcp/options.h"
#include "tests/tcp/machine_fixture.h"

namespace tcp {
namespace {

constexpr int connections = 1200, steps_per_connection = 150;

std::uint64_t seed_of_run() {
  const char* text = std::getenv("PENSTOCK_SEED");
  return text == nullptr ? 20'240'229 : std::strtoull(text, nullptr, 10);
}

/// One connection under fire.
class Ordeal {
 public:
  Ordeal(MachineFixture& f, engine::Mempool& mempool, std::uint64_t seed) : f_{f}, mempool_{mempool}, random_{seed} {}

  void reach(State state);
  void run(int steps);
  void end();
  std::array<std::uint64_t, engine::index_of(State::count_)> steps_in{};

 private:
  [[nodiscard]] bool is_over() const { return f_.tcb.state == State::closed || f_.tcb.state == State::time_wait; }
  [[nodiscard]] std::uint32_t below(std::uint64_t bound) { return static_cast<std::uint32_t>(random_.below(bound)); }
  void step();
  void segment();
  void call();
  void end_turn();
  void check_segments();
  void check_numbers();
  void check_timers(bool more);
  [[nodiscard]] Seq near(std::initializer_list<Seq> edges);
  [[nodiscard]] Options random_options();
  [[nodiscard]] engine::Slice text_slice(Seq seq, std::uint32_t bytes);
  void read(std::uint32_t bytes);

  MachineFixture& f_;
  engine::Mempool& mempool_;
  engine::Random random_;
  Seq una_, nxt_, rcv_nxt_, rcv_adv_;  // as of the last check
  Seq read_to_;                        // what the application has read
  bool has_left_ = false;              // the application
  std::uint64_t charged_ = 0;
};

void Ordeal::reach(State state) {
  Options options;
  options.sack_permitted = random_.chance(0.7);
  options.has_timestamps = random_.chance(0.5);
  options.ts_val = 100;
  options.window_shift = random_.chance(0.5) ? static_cast<std::int8_t>(random_.below(15)) : std::int8_t{-1};
  options.mss = static_cast<std::uint16_t>(random_.below(2000));
  const Seq peer = MachineFixture::peer_isn + 1, ours = MachineFixture::our_isn + 1;
  SegmentSpec fin{peer, ours, Flags::ack_bit | Flags::fin_bit};
  fin.options.has_timestamps = options.has_timestamps;
  fin.options.ts_val = 100;
  if (state == State::syn_sent) return f_.open();
  if (state == State::syn_received) {
    if (random_.chance(0.7)) return f_.listen(options);
    f_.open();
    SegmentSpec syn{MachineFixture::peer_isn, Seq{}, Flags::syn_bit};
    syn.options = options;
    f_.arrives(syn);
    f_.turn();
    return;
  }
  f_.establish(options);
  if (state == State::close_wait || state == State::last_ack) f_.arrives(fin);
  if (state != State::established && state != State::close_wait) f_.machine.shutdown(f_.tcb, f_.out);
  f_.turn();
  if (state == State::closing) f_.arrives(fin);
  SegmentSpec ack{peer, ours + 1};
  ack.options = fin.options;
  if (state == State::fin_wait_2) f_.arrives(ack);
  f_.turn();
  ASSERT_EQ(f_.tcb.state, state);
}

void Ordeal::run(int steps) {
  una_ = f_.tcb.snd_una, nxt_ = f_.tcb.snd_nxt, rcv_nxt_ = f_.tcb.rcv_nxt, rcv_adv_ = f_.tcb.rcv_adv;
  read_to_ = MachineFixture::peer_isn + 1;
  for (int i = 0; i < steps && !is_over() && !testing::Test::HasFailure(); ++i) {
    ++steps_in[engine::index_of(f_.tcb.state)];
    step();
  }
}

void Ordeal::step() {
  if (random_.chance(0.05)) f_.sink.refuses = !f_.sink.refuses;
  if (random_.chance(0.02) && charged_ == 0) {  // other connections take all there is, and give it back
    charged_ = f_.account.available();
    ASSERT_TRUE(f_.account.try_charge(charged_));
  } else if (random_.chance(0.1)) {
    f_.account.release(std::exchange(charged_, 0));
  }
  if (random_.chance(0.2)) f_.now += std::chrono::microseconds{random_.below(random_.chance(0.1) ? 5'000'000 : 20'000)};
  if (random_.chance(0.1)) f_.fire();
  for (std::uint64_t n = random_.below(4); n > 0 && !is_over(); --n) segment();
  if (random_.chance(0.3) && !is_over() && !has_left_) call();
  end_turn();
}

/// A number at or beside one of these, or anywhere.
Seq Ordeal::near(std::initializer_list<Seq> edges) {
  if (random_.chance(0.02)) return Seq{static_cast<std::uint32_t>(random_.next())};
  const Seq edge = *(edges.begin() + below(edges.size()));
  if (random_.chance(0.5)) return edge;
  return random_.chance(0.5) ? edge + below(3) - 1u : edge + below(4000) - 2000u;
}

Options Ordeal::random_options() {
  const Tcb& tcb = f_.tcb;
  Options o;
  if (tcb.has(Tcb::timestamps_ok) ? random_.chance(0.95) : random_.chance(0.05)) {
    o.has_timestamps = true;
    o.ts_val = tcb.ts_recent + below(3);
    if (random_.chance(0.05)) o.ts_val -= 5;
    o.ts_ecr = f_.machine.timestamp(tcb, f_.now) - below(50);
  }
  if (random_.chance(0.4))
    for (std::uint32_t n = below(4); n > 0; --n) {
      const Seq start = near({tcb.snd_una, tcb.snd_una + tcb.flight() / 2, tcb.snd_nxt});
      o.sack[o.sack_count++] = {start, start + below(3000)};
    }
  return o;
}

/// A segment that is right, nearly right, or neither.
void Ordeal::segment() {
  const Tcb& tcb = f_.tcb;
  SegmentSpec s;
  s.seq = near({tcb.rcv_nxt, tcb.rcv_nxt, tcb.rcv_nxt, tcb.rcv_adv, tcb.rcv_nxt + tcb.rcv_wnd() / 2, tcb.rcv_nxt - 1u});
  s.ack = near({tcb.snd_una, tcb.snd_nxt, tcb.snd_nxt, tcb.snd_una + tcb.flight() / 2, tcb.snd_una - tcb.max_snd_wnd()});
  if (random_.chance(0.005)) s.flags |= Flags::rst_bit;
  if (random_.chance(0.05) || (tcb.state == State::syn_sent && random_.chance(0.4))) s.flags |= Flags::syn_bit;
  if (random_.chance(0.01)) s.flags |= Flags::fin_bit;
  if (random_.chance(0.02)) s.flags = static_cast<std::uint8_t>(random_.next());
  if (random_.chance(0.04)) s.flags = static_cast<std::uint8_t>(s.flags & ~Flags::ack_bit);
  if (tcb.state == State::syn_sent && (s.flags & Flags::syn_bit) != 0) s.seq = MachineFixture::peer_isn;  // as `read` expects
  const std::uint16_t windows[] = {0, 1, 100, 3000, tcb.snd_wnd_field, 65'535};
  s.window = windows[below(std::size(windows))];
  s.options = random_options();
  std::array<engine::Slice, 3> text;
  std::size_t slices = 0;
  if (random_.chance(0.5))
    for (slices = 1 + below(3); auto& slice : std::span{text}.first(slices)) {
      const std::uint32_t bytes = below(random_.chance(0.5) ? 20 : 1460);  // 0 too: a chain may have an empty mbuf
      const bool has_syn = (s.flags & Flags::syn_bit) != 0;
      slice = text_slice(s.seq + s.text_bytes + (has_syn ? 1u : 0u), bytes);
      s.text_bytes += bytes;
    }
  const bool believes_reset = (s.flags & Flags::rst_bit) != 0 && s.seq == tcb.rcv_nxt;
  f_.arrives(s, std::span{text}.first(slices));
  if (believes_reset && is_synchronized(f_.tcb.state)) {
    EXPECT_TRUE(tcb.has(Tcb::timestamps_ok)) << "RST at RCV.NXT ends a connection";
  }
}

engine::Slice Ordeal::text_slice(Seq seq, std::uint32_t bytes) {
  const std::string text = bytes_at(seq, bytes);
  if (random_.chance(0.4)) return heap_slice(text);
  const std::string packet = std::string(66, 'h') + text;
  rte_mbuf* mbuf = support::make_packet(mempool_, std::as_bytes(std::span{packet})).release();
  return engine::Slice::of_mbuf(mbuf, {rte_pktmbuf_mtod_offset(mbuf, const std::byte*, 66), bytes});
}

void Ordeal::read(std::uint32_t bytes) {
  while (bytes != 0) {
    const engine::Slice slice = f_.tcb.received.pop(f_.machine.store(), bytes);
    ASSERT_EQ(slice.text(), bytes_at(read_to_, slice.size())) << "at " << read_to_.value();
    read_to_ += slice.size();
    bytes -= slice.size();
    f_.machine.received(f_.tcb, slice.size(), f_.now, f_.out);
  }
}

void Ordeal::call() {
  Tcb& tcb = f_.tcb;
  switch (below(40)) {
    case 0:
      return f_.machine.shutdown(tcb, f_.out);
    case 1:
      has_left_ = true;
      return f_.machine.close(tcb, f_.now, f_.out);
    case 2:
      if (!random_.chance(0.2)) return;
      has_left_ = true;
      return f_.machine.abort(tcb, f_.out);
    default:
      if (random_.chance(0.5)) return read(below(tcb.received.bytes() + 1u));
      if (f_.machine.send_room(tcb) != 0) static_cast<void>(f_.send(1 + below(random_.chance(0.5) ? 100 : 9000)));
  }
}

void Ordeal::end_turn() {
  f_.sink.sent.clear();
  f_.sink.refused = 0;
  const bool more = f_.turn();
  check_segments();
  check_numbers();
  if (!is_over()) check_timers(more);
}

/// What left is about what there is.
void Ordeal::check_segments() {
  const Tcb& tcb = f_.tcb;
  ASSERT_LE(f_.sink.sent.size(), 200u);
  for (const SegmentOut& s : f_.sink.sent) {
    if (s.flags.rst()) continue;
    ASSERT_LE(s.text_bytes, tcb.mss);
    ASSERT_LE(options_length(s.options), options_bytes_max);
    const std::uint32_t length = s.text_bytes + (s.flags.syn() ? 1u : 0u) + (s.flags.fin() ? 1u : 0u);
    ASSERT_LE(tcb.snd_una - 1u, s.seq);
    ASSERT_LE(s.seq + length, tcb.snd_nxt);
    if (!s.flags.ack()) continue;
    ASSERT_EQ(s.ack, tcb.rcv_nxt);
    const std::uint32_t window = std::uint32_t{s.window} << (s.flags.syn() ? 0 : tcb.rcv_shift());
    ASSERT_LE(s.ack + window, tcb.rcv_adv) << "more is offered than was granted";
  }
}

void Ordeal::check_numbers() {
  const Tcb& tcb = f_.tcb;
  const bool had_peer = is_synchronized(tcb.state) || tcb.state == State::closed;
  ASSERT_LE(una_, tcb.snd_una);
  ASSERT_LE(nxt_, tcb.snd_nxt);
  ASSERT_LE(tcb.snd_una, tcb.snd_nxt);
  if (had_peer && rcv_nxt_ != Seq{}) {
    ASSERT_LE(rcv_nxt_, tcb.rcv_nxt);
    ASSERT_LE(rcv_adv_, tcb.rcv_adv) << "a window that shrinks";
    if (tcb.state != State::closed) {
      ASSERT_LE(tcb.rcv_nxt, tcb.rcv_adv);
    }
  }
  una_ = tcb.snd_una, nxt_ = tcb.snd_nxt, rcv_nxt_ = tcb.rcv_nxt, rcv_adv_ = tcb.rcv_adv;
  const Cold* cold = f_.machine.cold(tcb);
  const std::uint32_t queued = cold == nullptr ? 0 : cold->queue.bytes();
  ASSERT_LE(tcb.flight(), queued + 1) << "text, and SYN or FIN";
  if (cold != nullptr && is_synchronized(tcb.state)) {
    ASSERT_EQ(cold->queue.start(), min(tcb.snd_una, cold->queue.end()));
  }
  ASSERT_LE(f_.account.used(), f_.account.capacity());
  ASSERT_GE(f_.account.used(), charged_ + (is_over() ? 0 : tcb.promised_mbufs));
  if (is_synchronized(tcb.state)) {
    ASSERT_GE(tcb.cwnd, tcb.mss);
  }
  ASSERT_GT(tcb.mss, 0);
}

/// What is outstanding or waits is brought on by a timer, whatever the peer does.
void Ordeal::check_timers(bool more) {
  const Tcb& tcb = f_.tcb;
  if (!is_synchronized(tcb.state)) {
    ASSERT_TRUE(tcb.is_armed(Timer::retransmit)) << name(tcb.state);
  }
  if (tcb.flight() != 0) {
    ASSERT_TRUE(tcb.is_armed(Timer::retransmit)) << name(tcb.state);
  }
  const Cold* cold = f_.machine.cold(tcb);
  const bool waits =
      (cold != nullptr && tcb.snd_nxt < cold->queue.end()) || (tcb.has(Tcb::fin_queued) && !tcb.has(Tcb::fin_sent));
  if (waits && !more) {
    ASSERT_TRUE(tcb.is_armed(Timer::retransmit)) << name(tcb.state);
  }
  if (has_left_) {
    ASSERT_TRUE(tcb.is_armed(Timer::life)) << "an abandoned connection ends one day";
  }
}

void Ordeal::end() {
  f_.sink.refuses = false;
  if (f_.tcb.state == State::closed) {
    EXPECT_EQ(Machine::next_deadline(f_.tcb), std::nullopt);
  }
  f_.release();
  f_.expect_nothing_left(charged_);
  f_.account.release(charged_);
}

TEST(TcpMachineRobustness, RandomSegmentsTimersAndCallsInEveryState) {
  const auto mempool = support::make_mempool(4096);
  const std::uint64_t seed = seed_of_run();
  std::array<std::uint64_t, engine::index_of(State::count_)> steps_in{};
  for (int i = 0; i < connections; ++i) {
    SCOPED_TRACE(testing::Message() << "connection " << i << " of PENSTOCK_SEED=" << seed);
    MachineFixture f{i % 5 == 0 ? 100u : 2000u};
    Ordeal ordeal{f, *mempool, seed + static_cast<std::uint64_t>(i)};
    constexpr std::array states{State::syn_sent,   State::syn_received, State::established, State::fin_wait_1,
                                State::fin_wait_2, State::close_wait,   State::closing,     State::last_ack};
    ordeal.reach(states[static_cast<std::size_t>(i) % states.size()]);
    ordeal.run(steps_per_connection);
    ordeal.end();
    for (std::size_t s = 0; s < steps_in.size(); ++s) steps_in[s] += ordeal.steps_in[s];
    ASSERT_FALSE(testing::Test::HasFailure());
    ASSERT_EQ(mempool->available(), mempool->size()) << "mbufs lost";
  }
  for (const State state : {State::syn_sent, State::syn_received, State::established, State::fin_wait_1, State::fin_wait_2,
                            State::close_wait, State::closing, State::last_ack})
    EXPECT_GT(steps_in[engine::index_of(state)], 250u) << name(state) << ": the noise is to reach it";
}

}  // namespace
}  // namespace tcp
