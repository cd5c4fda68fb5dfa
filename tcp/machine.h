// The TCP machine: deterministic functions over a Tcb. It includes no DPDK, reads no clock, allocates nothing but cells of its
// slabs, and has one exit, the Outbox. Steps and names are RFC 9293's.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/account.h"
#include "engine/slab.h"
#include "engine/time.h"
#include "tcp/config.h"
#include "tcp/counters.h"
#include "tcp/drop.h"
#include "tcp/nodes.h"
#include "tcp/outbox.h"
#include "tcp/reassembly.h"
#include "tcp/segment.h"
#include "tcp/tcb.h"

namespace tcp {

/// What became of a segment: processed, or dropped with a reason.
struct Verdict {
  Drop why = Drop::none;
  [[nodiscard]] bool is_dropped() const noexcept { return why != Drop::none; }
  [[nodiscard]] static Verdict processed() noexcept { return {}; }
  [[nodiscard]] static Verdict dropped(Drop why) noexcept { return {why}; }
};

/// Where finished segments go.
class SegmentSink {
 public:
  virtual ~SegmentSink() = default;
  /// Sends one segment; its text is in the connection's send queue.   Returns: false when there is no mbuf for it.
  virtual bool emit(Tcb& tcb, const SegmentOut& segment) noexcept = 0;
  /// The MSS for our SYN: what the way to the peer carries.
  [[nodiscard]] virtual std::uint16_t advertised_mss(const Tcb& tcb) noexcept = 0;
};

/// Shared by all connections of a shard.
struct Memory {
  engine::Slab<Node>& nodes;
  engine::Slab<Cold>& colds;
  engine::Slab<Reassembly>& reassemblies;
  engine::Account& account;
};

struct CongestionAlgorithm;

class Machine {
 public:
  static constexpr std::uint16_t mss_min = 88;        // below it headers outweigh text: a tiny MSS is an attack on us
  static constexpr std::uint8_t syn_retries = 7;      // RFC 9293 MUST-23, R2 for SYN: three minutes at least; here 183 s
  static constexpr std::uint8_t syn_ack_retries = 5;  // 63 s: what a SYN flood fills goes earlier (RFC 4987 3.3)
  static constexpr std::uint8_t retries = 10;         // R2 for text, RFC 9293 3.8.3: 100 s at least, whatever the RTO is,
  static constexpr Duration rto_at_end = 50s;         // since the last of doubled RTOs is as long as all before it
  static constexpr std::uint8_t orphan_retries = 5;   // the application has left: nobody waits for it
  static constexpr std::uint8_t keepalive_probes = 9;
  static constexpr std::uint8_t answers_max = 10;  // to unacceptable segments, in 4.3 s and connection: RFC 5961 7
  static constexpr Duration keepalive_interval = 75s;
  static constexpr std::uint8_t quick_acks = 15;     // full segments answered at once at the start: the peer is in slow start
  static constexpr unsigned segments_per_turn = 64;  // and connection; the rest goes in the next turn

  Machine(const Config& config, const Memory& memory, Counters& counters) noexcept;
  void set_config(const Config& config) noexcept { config_ = &config; }

  // --- segments
  /// SEGMENT ARRIVES on a connection.   Requires: seg belongs to tcb; tcb.state is neither closed nor listen nor time_wait.
  Verdict on_segment(Tcb& tcb, Segment& seg, Instant now, Outbox& out) noexcept;
  /// SEGMENT ARRIVES in LISTEN, a SYN: makes `tcb` (new, tuple set) SYN-RECEIVED.   `our_mss`: of the egress port.
  void on_listen(Tcb& tcb, const Segment& syn, Seq iss, std::uint16_t our_mss, Instant now, Outbox& out) noexcept;
  /// The SYN-ACK that carries a cookie.   `clock`: the timestamp of now, ms.
  [[nodiscard]] SegmentOut cookie_answer(const Segment& syn, Seq cookie, std::uint16_t our_mss,
                                         std::uint32_t clock) const noexcept;
  /// As on_listen, of a SYN that its ACK brought back (SynCookies::check). The ACK is to follow as a segment.
  void on_cookie(Tcb& tcb, const Segment& syn, Seq iss, std::uint16_t our_mss, Instant now, Outbox& out) noexcept;

  /// The path takes packets of `mtu` bytes at most.   Returns: false if that is no news.
  bool on_path_mtu(Tcb& tcb, std::uint16_t mtu, Outbox& out) noexcept;
  /// A host or router says that our SYN does not arrive.   Requires: SYN-SENT.
  void on_unreachable(Tcb& tcb, Outbox& out) noexcept { end(tcb, CloseReason::refused, out); }
  /// Bytes of IP and TCP headers in a segment with text.
  [[nodiscard]] static std::uint16_t headers_of(const Tcb& tcb) noexcept;

  // --- timers
  void on_timer(Tcb& tcb, Timer timer, Instant now, Outbox& out) noexcept;
  /// The earliest deadline, in ticks; nothing if no timer runs.
  [[nodiscard]] static std::optional<Tick> next_deadline(const Tcb& tcb) noexcept;

  // --- calls, RFC 9293 3.10
  /// OPEN, active.   Requires: tcb is new, its tuple set.
  void open(Tcb& tcb, Seq iss, std::uint16_t our_mss, Instant now, Outbox& out) noexcept;
  /// SEND.   Returns: false, with `slice` untouched, when the connection may not send or memory is short: `writable` will follow.
  [[nodiscard]] bool send(Tcb& tcb, engine::Slice& slice, Outbox& out) noexcept;
  /// Appends a copy behind the last queued slice, if its mbuf has room and nobody else uses it.
  [[nodiscard]] bool append_copy(Cold& cold, std::string_view bytes) noexcept { return cold.queue.append_copy(store(), bytes); }
  /// Bytes that SEND may take now: bounded memory per connection.
  [[nodiscard]] std::uint32_t send_room(const Tcb& tcb) const noexcept;
  /// RECEIVE: the application took `bytes` out of tcb.received.
  void received(Tcb& tcb, std::uint32_t bytes, Instant now, Outbox& out) noexcept;
  /// The application takes nothing before it has more: lets the peer send on, up to `bytes_max` that wait.
  /// Returns: false when there is no memory for another segment, and so for the rest.
  [[nodiscard]] bool make_room(Tcb& tcb, std::uint32_t bytes_max, Outbox& out) noexcept;
  /// CLOSE of our direction; the other goes on.
  void shutdown(Tcb& tcb, Outbox& out) noexcept;
  /// CLOSE, and the application leaves: what still comes is discarded, for a bounded time.
  void close(Tcb& tcb, Instant now, Outbox& out) noexcept;
  /// ABORT.
  void abort(Tcb& tcb, Outbox& out) noexcept;

  // --- the end of a turn
  /// Builds what `out` wants.   Returns: true if there is more to send than a turn may.
  bool output(Tcb& tcb, Outbox& out, Instant now, SegmentSink& sink) noexcept;
  /// Gives back all that the connection holds.
  void release(Tcb& tcb) noexcept;

  [[nodiscard]] Store store() const noexcept { return {memory_.nodes, memory_.account}; }
  [[nodiscard]] const Config& config() const noexcept { return *config_; }
  /// RFC 7323 5.4, without the connection's offset.   Units: ms.
  [[nodiscard]] static std::uint32_t clock_ms(Instant now) noexcept {
    return static_cast<std::uint32_t>(now.time_since_epoch().count() / 1'000'000);
  }
  [[nodiscard]] std::uint32_t timestamp(const Tcb& tcb, Instant now) const noexcept;
  /// The send queue, or null while nothing is queued or outstanding.
  [[nodiscard]] Cold* cold(const Tcb& tcb) const noexcept { return tcb.cold == no_index ? nullptr : &memory_.colds[tcb.cold]; }
  [[nodiscard]] Reassembly* reassembly(const Tcb& tcb) const noexcept {
    return tcb.reassembly == no_index ? nullptr : &memory_.reassemblies[tcb.reassembly];
  }

 private:
  // input.cc
  [[nodiscard]] Verdict reply_unacceptable(Tcb& tcb, const Segment& seg, Instant now, Outbox& out) noexcept;
  Verdict accept_text_and_fin(Tcb& tcb, Segment& seg, Instant now, Outbox& out) noexcept;
  Verdict on_reset(Tcb& tcb, const Segment& seg, Instant now, Outbox& out) noexcept;
  void challenge(Tcb& tcb, Instant now, Outbox& out) noexcept;
  [[nodiscard]] static bool may_answer(Tcb& tcb, Instant now) noexcept;
  void on_fin(Tcb& tcb, Instant now, Outbox& out) noexcept;
  void restart_if_idle(Tcb& tcb, Instant now) noexcept;
  void end(Tcb& tcb, CloseReason why, Outbox& out) noexcept;
  void enter(Tcb& tcb, State state) noexcept;
  // input_syn.cc
  Verdict on_syn_sent(Tcb& tcb, Segment& seg, Instant now, Outbox& out) noexcept;
  [[nodiscard]] bool on_syn_received_ack(Tcb& tcb, const Segment& seg, Instant now, Outbox& out) noexcept;
  void read_syn_options(Tcb& tcb, const Segment& syn, std::uint16_t our_mss, Instant now) noexcept;
  void start(Tcb& tcb, Seq iss, std::uint16_t our_mss, Instant now) noexcept;
  void establish(Tcb& tcb, const Segment& seg, Instant now) noexcept;
  // ack.cc
  /// What one ACK says about text that is outstanding.
  struct News {
    std::uint32_t delivered = 0;  // bytes, acknowledged or sacked, that were not known to have arrived
    std::uint32_t sacked = 0;     // bytes of these
    Stamp rtt = 0;                // of the last of them that went only once; 0: none did
    SeqRange dsack{};             // RFC 2883, empty: none
    bool has_moved = false;       // SND.UNA advanced
  };
  [[nodiscard]] Verdict on_ack(Tcb& tcb, const Segment& seg, Instant now, Outbox& out) noexcept;
  void read_sack(Tcb& tcb, Cold& cold, const Segment& seg, Instant now, News& news) noexcept;
  [[nodiscard]] static bool is_plain_end(const Tcb& tcb, const Cold& cold) noexcept;
  void grow(Tcb& tcb, Cold& cold, const Segment& seg, std::uint32_t acked, Instant now) const noexcept;
  static void on_progress(Tcb& tcb, Outbox& out) noexcept;
  void on_new_ack(Tcb& tcb, const Segment& seg, Instant now, News& news, Outbox& out) noexcept;
  void on_delivered(Tcb& tcb, Cold& cold, const Flight::Run& run, const Segment& seg, Instant now, News& news,
                    std::uint32_t bytes) const noexcept;
  void on_sack_news(Tcb& tcb, Cold& cold, const News& news, Instant now, Outbox& out) noexcept;
  void on_duplicate_ack(Tcb& tcb, Cold& cold, const News& news, Outbox& out) noexcept;
  void measure_round_trip(Tcb& tcb, Cold* cold, const Segment& seg, Instant now) noexcept;
  static void on_round_trip(Tcb& tcb, Duration rtt) noexcept;
  void update_send_window(Tcb& tcb, const Segment& seg, Instant now, Outbox& out) noexcept;
  [[nodiscard]] bool on_fin_acknowledged(Tcb& tcb, Instant now, Outbox& out) noexcept;
  // recovery.cc
  [[nodiscard]] const CongestionAlgorithm& algorithm() const noexcept;
  void detect_losses(Tcb& tcb, Cold& cold, const News& news, Instant now, Outbox& out) noexcept;
  void enter_recovery(Tcb& tcb, Cold& cold, const News& news) noexcept;
  void advance_recovery(Tcb& tcb, Cold& cold, std::uint32_t acked, Instant now, Outbox& out) noexcept;
  void on_retransmission_timeout(Tcb& tcb, Instant now, Outbox& out) noexcept;
  [[nodiscard]] static Rack::Evidence evidence(const Tcb& tcb, const Cold& cold, Instant now) noexcept;
  [[nodiscard]] static std::uint32_t pipe(const Tcb& tcb, const Cold& cold) noexcept;
  static void hold_all_for_lost(Tcb& tcb, Cold& cold) noexcept;
  static void begin_loss(Tcb& tcb, Cold& cold) noexcept;
  void shrink_if_black_hole(Tcb& tcb, const Cold& cold) noexcept;  // path_mtu.cc
  void on_window_opened(Tcb& tcb, Cold& cold, Instant now, Outbox& out) noexcept;
  // loss_probe.cc
  void arm_retransmission(Tcb& tcb, Cold* cold, Instant now) noexcept;
  void put_off_probe(Tcb& tcb, Cold& cold, Instant now) noexcept;
  void on_probe_timeout(Cold& cold, Outbox& out) noexcept;
  void on_ack_of_probe(Tcb& tcb, Cold& cold, const Segment& seg, const News& news) noexcept;
  // undo.cc
  static void arm_undo(const Tcb& tcb, Cold& cold) noexcept;
  void on_dsack(Tcb& tcb, Cold& cold, SeqRange block, Outbox& out) noexcept;
  void check_echo(Tcb& tcb, Cold& cold, const Segment& seg, std::uint32_t acked, Outbox& out) noexcept;
  void undo(Tcb& tcb, Cold& cold, std::uint32_t acked, Outbox& out) noexcept;
  // ecn.cc
  void on_congestion_experienced(Tcb& tcb, const Segment& seg, Outbox& out) noexcept;
  void on_congestion_echo(Tcb& tcb, const Segment& seg) noexcept;
  // text.cc
  [[nodiscard]] Verdict accept_text(Tcb& tcb, Segment& seg, Instant now, Outbox& out) noexcept;
  [[nodiscard]] Verdict accept_in_order(Tcb& tcb, Segment& seg, Outbox& out) noexcept;
  [[nodiscard]] bool append_on_promise(Tcb& tcb, engine::Slice& slice) noexcept;
  [[nodiscard]] Verdict accept_out_of_order(Tcb& tcb, Segment& seg, Outbox& out) noexcept;
  void schedule_ack(Tcb& tcb, const Segment& seg, Outbox& out) noexcept;
  // receive_window.cc
  [[nodiscard]] std::uint16_t initial_receive_buffer_kib() const noexcept;
  /// The window of our SYN, which is not scaled.
  [[nodiscard]] std::uint16_t first_window(const Tcb& tcb) const noexcept;
  void grow_receive_buffer(Tcb& tcb, std::uint32_t bytes, Instant now) noexcept;
  [[nodiscard]] Seq offered_edge(const Tcb& tcb) const noexcept;
  [[nodiscard]] bool promise(Tcb& tcb, std::uint32_t mbufs) noexcept;
  [[nodiscard]] static Seq end_of_one_segment(const Tcb& tcb) noexcept;
  [[nodiscard]] bool advertise_one_segment(Tcb& tcb) noexcept;
  void advertise(Tcb& tcb) noexcept;
  // output.cc
  class Sender;
  friend class Sender;
  // calls.cc
  [[nodiscard]] Cold* cold_for_sending(Tcb& tcb) noexcept;
  void release_cold(Tcb& tcb) noexcept;
  [[nodiscard]] bool owes_reset(const Tcb& tcb) const noexcept;
  // timers.cc
  void on_life_timer(Tcb& tcb, Instant now, Outbox& out) noexcept;
  void on_syn_timeout(Tcb& tcb, Outbox& out) noexcept;
  static void back_off(Tcb& tcb) noexcept;

  /// Where a segment without text stands: at SND.NXT, but not beyond the window. A peer that took its window back would answer
  /// what lies outside instead of reading it, and two such peers would never see each other's windows open.   Spec: RFC 9293
  /// 3.10.7.4 first; Linux: tcp_acceptable_seq.
  [[nodiscard]] static Seq bare_seq(const Tcb& tcb) noexcept { return min(tcb.snd_nxt, tcb.snd_una + tcb.snd_wnd()); }
  [[nodiscard]] Duration rto(const Tcb& tcb) const noexcept { return tcb.rto.value(config_->rto_min, tcb.backoff); }
  [[nodiscard]] static Tick ticks_after(Instant now, Duration d) noexcept { return engine::TimerWheel::ceil_tick(now + d); }

  const Config* config_;
  Memory memory_;
  Counters& counters_;
};

/// Whether the queue of a connection has nothing unsent and nothing outstanding.
[[nodiscard]] inline bool is_idle(const Tcb& tcb) noexcept { return tcb.cold == no_index && tcb.flight() == 0; }

}  // namespace tcp
