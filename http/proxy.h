// HTTP of one shard: requests in, decided by rules, answered here or forwarded to a server, bodies passed by reference.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "engine/slab.h"
#include "engine/time.h"
#include "engine/timer_wheel.h"
#include "http/counters.h"
#include "http/date.h"
#include "http/session.h"
#include "http/site.h"
#include "tcp/outbox.h"
#include "tcp/stack.h"

namespace http {

/// What the control thread asks of all proxies: each looks once per turn.
struct Orders {
  std::atomic<bool> drain{false};                // refuse connections, close idle ones, answer with Connection: close
  std::atomic<bool> abort{false};                // reset what is left
  std::atomic<std::int64_t> unix_at_zero_ns{0};  // UTC at Instant{}, followed while the machine runs; 0: as at the start
};

/// All member functions but the constructor run on the shard. Implementation: proxy.cc (events, timers), requests.cc (from a
/// client's bytes to a decision), answers.cc (what we say ourselves), upstreams.cc (connections to servers), responses.cc (from a
/// server's bytes to the client), bodies.cc (both directions).
class Proxy final : public tcp::Application {
 public:
  struct Options {
    std::uint32_t connections_max = 100'000;
    std::uint16_t shard = 0;
    engine::WallClock wall{};
    const Orders* orders = nullptr;
  };
  Proxy(const Options& options, tcp::Stack& stack);
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;
  ~Proxy() override;

  void on_events(std::span<const tcp::Event> events, Instant now) noexcept override;
  bool on_time(Instant now) noexcept override;
  [[nodiscard]] std::optional<Instant> next_deadline(Instant now) const noexcept override;
  void adopt(const tcp::Snapshot& snapshot, Instant now) noexcept override;

  /// From now on no connection is accepted, answers close theirs, and idle ones are closed.
  void drain() noexcept;
  /// Resets what is still there.
  void abort_all() noexcept;

  [[nodiscard]] Counters& counters() noexcept { return counters_; }
  [[nodiscard]] std::uint32_t sessions() const noexcept { return sessions_.used(); }
  [[nodiscard]] std::uint32_t exchanges() const noexcept { return exchanges_.used(); }
  [[nodiscard]] std::uint32_t upstreams() const noexcept { return upstreams_.used(); }

 private:
  enum class Progress : std::uint8_t { more, done, blocked, failed };
  static constexpr std::uint16_t no_server = 0xffff;  // RequestKey::server of our own answers

  // proxy.cc
  void on_session_event(const tcp::Event& event) noexcept;
  void on_upstream_event(const tcp::Event& event) noexcept;
  void on_expiry(tcp::ConnId connection) noexcept;
  void on_session_timeout(std::uint32_t index) noexcept;
  void on_upstream_timeout(std::uint32_t index) noexcept;
  void set_deadline(tcp::ConnId connection, Instant& deadline, Instant when) noexcept;
  void serve_ready() noexcept;
  void make_ready(std::uint32_t session) noexcept;
  bool follow_orders() noexcept;
  bool drain_some() noexcept;
  [[nodiscard]] bool is_sweeping() const noexcept { return sweep_cursor_ < upstreams_.high_water(); }
  bool sweep_some() noexcept;

  // requests.cc
  void accept(const tcp::Event& event) noexcept;
  void read_requests(std::uint32_t session) noexcept;
  [[nodiscard]] Progress read_request(std::uint32_t session) noexcept;
  [[nodiscard]] std::string_view gather(tcp::ConnId connection, std::size_t bytes_max) noexcept;
  [[nodiscard]] Progress decide(std::uint32_t session, const RequestHead& head) noexcept;
  [[nodiscard]] Progress act(std::uint32_t session, const RequestHead& head, std::string_view path, std::uint32_t rule) noexcept;
  [[nodiscard]] bool takes_more(const Session& session) const noexcept;
  void close_session(std::uint32_t session) noexcept;
  void abort_session(std::uint32_t session) noexcept;
  void free_session(std::uint32_t session) noexcept;
  [[nodiscard]] engine::Ipv4 client_of(const Session& session, const RequestHead& head) const noexcept;
  /// The builder made it for this shard; matching writes to it.
  [[nodiscard]] MatchScratch& own_scratch(std::uint16_t listener) const noexcept { return *own_->scratches[listener]; }
  [[nodiscard]] bool is_trusted(const SiteListener& listener, engine::Ipv4 peer) const noexcept;

  // answers.cc
  [[nodiscard]] Progress answer_fixed(std::uint32_t session, const RequestHead& head, FixedAnswer& answer) noexcept;
  [[nodiscard]] Progress answer_redirect(std::uint32_t session, const RequestHead& head, std::string_view path,
                                         const SiteRedirect& redirect) noexcept;
  [[nodiscard]] Progress answer_as_last(std::uint32_t session, const RequestHead& head) noexcept;
  [[nodiscard]] Progress refuse(std::uint32_t session, const RequestHead& head, Reject why) noexcept;
  void refuse_and_close(std::uint32_t session, Reject why) noexcept;
  [[nodiscard]] Progress after_answer(std::uint32_t session, const RequestHead& head, bool keep_alive) noexcept;
  [[nodiscard]] bool send_own(Session& session, OwnAnswer answer, std::string_view body, Method method) noexcept;
  [[nodiscard]] bool send_refusal(Session& session, OwnAnswer& answer, Method method) noexcept;
  [[nodiscard]] bool may_keep(const RequestHead& head, bool wanted) const noexcept;
  [[nodiscard]] static std::string_view text_of(engine::Ipv4 address, std::span<char, 16> out) noexcept;
  [[nodiscard]] std::string_view next_request_id(std::span<char, 16> out) noexcept;
  [[nodiscard]] std::string_view date() noexcept { return date_.at(wall_.unix_seconds(now_)); }
  [[nodiscard]] ServerCounters& counts(const Server& server) noexcept { return counters_.servers[server.settings.number]; }
  void count_request(const Session& session, std::uint16_t server, std::uint16_t code, Duration duration) noexcept;
  template <typename Write>
  [[nodiscard]] bool send_head(tcp::ConnId connection, Write&& write, engine::Slice* copy = nullptr) noexcept;

  // upstreams.cc
  [[nodiscard]] Progress forward(std::uint32_t session, const RequestHead& head, std::string_view path, Pool& pool) noexcept;
  [[nodiscard]] std::uint32_t connect_any(Pool& pool, std::uint32_t exchange, bool allow_idle, Reject& why) noexcept;
  [[nodiscard]] std::uint32_t connect(Pool& pool, Server& server, std::uint32_t exchange, bool allow_idle,
                                      tcp::NotOpened& why) noexcept;
  [[nodiscard]] std::uint32_t take_idle(Server& server) noexcept;
  void keep_idle(std::uint32_t upstream) noexcept;
  void unlink_idle(std::uint32_t upstream) noexcept;
  void close_upstream(std::uint32_t upstream, bool with_reset) noexcept;
  void free_upstream(std::uint32_t upstream) noexcept;
  void on_upstream_lost(std::uint32_t upstream, tcp::CloseReason reason) noexcept;
  [[nodiscard]] bool retry(std::uint32_t exchange) noexcept;
  Exchange& attach(std::uint32_t exchange, Pool& pool, std::uint32_t upstream) noexcept;

  // responses.cc
  void read_response(std::uint32_t upstream) noexcept;
  [[nodiscard]] Progress read_response_head(Upstream& upstream, Exchange& exchange) noexcept;
  [[nodiscard]] Progress forward_response_head(Exchange& exchange, const ResponseHead& head) noexcept;
  void end_response_at_close(std::uint32_t exchange) noexcept;
  void finish_response(std::uint32_t exchange) noexcept;
  void fail_exchange(std::uint32_t exchange, Reject why) noexcept;
  void free_exchange(std::uint32_t exchange) noexcept;
  void drop_retry_head(Exchange& exchange) noexcept;
  /// The server ended its direction. Not so a connection that was reset: nobody says that what it brought is all.
  [[nodiscard]] bool has_fin(tcp::ConnId upstream) const noexcept { return stack_.tcb(upstream).state == tcp::State::close_wait; }
  [[nodiscard]] bool is_current(const Pool& pool) const noexcept {
    return std::any_of(own_->pools.begin(), own_->pools.end(), [&](const auto& p) { return p.get() == &pool; });
  }

  // bodies.cc
  struct Pipe {
    tcp::ConnId from, to;
    BodyReader& reader;
    bool chunked;  // towards `to`
    bool& chunk_open;
    std::uint64_t bytes_max;
  };
  void pump_request(std::uint32_t exchange) noexcept;
  void discard_request(std::uint32_t exchange) noexcept;
  [[nodiscard]] Progress pump(Pipe pipe, std::uint64_t& moved) noexcept;
  [[nodiscard]] Progress end_chunks(tcp::ConnId to, bool chunk_open) noexcept;
  [[nodiscard]] bool move_data(Pipe& pipe, std::size_t bytes) noexcept;

  tcp::Stack& stack_;
  engine::WallClock wall_;
  std::uint16_t shard_;
  Counters counters_;
  engine::Slab<Session> sessions_;
  engine::Slab<Upstream> upstreams_;
  engine::Slab<Exchange> exchanges_;
  engine::TimerWheel timers_;  // by ConnId: a connection is a session's or an upstream's
  DateCache date_;
  const Snapshot* snapshot_ = nullptr;
  const Site* site_ = nullptr;
  const ShardSite* own_ = nullptr;    // this shard's part
  std::vector<std::uint32_t> ready_;  // sessions with another request to look at
  // Scratch: a head that came in pieces; one that is sent in pieces; a normalised path; a redirect's location. The last three are
  // written while the first is read.
  std::vector<char> head_in_, head_out_, path_, location_;
  RequestHead request_head_;  // of the message being read: too large to be cleared for each
  ResponseHead response_head_;
  std::uint64_t request_number_ = 0;
  Instant now_{};
  const Orders* orders_;
  bool draining_ = false, aborted_ = false;
  std::uint32_t drain_cursor_ = 0;
  std::uint32_t sweep_cursor_ = no_index;  // upstreams from here on may belong to a pool that a reload took away
};

}  // namespace http
