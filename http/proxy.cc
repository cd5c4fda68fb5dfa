#include "http/proxy.h"

#include <algorithm>

namespace http {

namespace {
constexpr std::uint32_t expiries_per_turn = 256;
constexpr std::uint32_t drained_per_turn = 256;
constexpr std::size_t head_scratch_bytes = 160u << 10;  // the largest head allowed, and what forwarding adds
}  // namespace

Proxy::Proxy(const Options& o, tcp::Stack& stack)
    : stack_{stack},
      wall_{o.wall},
      shard_{o.shard},
      sessions_{o.connections_max},
      upstreams_{o.connections_max},
      exchanges_{o.connections_max},
      timers_{o.connections_max},
      head_in_(head_scratch_bytes),
      head_out_(head_scratch_bytes),
      path_(head_scratch_bytes),
      location_(head_scratch_bytes),
      orders_{o.orders} {
  ready_.reserve(o.connections_max);
}

Proxy::~Proxy() {
  // Slices that exchanges still hold must return their mbufs.
  for (std::uint32_t i = 0; i < exchanges_.high_water(); ++i)
    if (exchanges_[i].session != no_index || exchanges_[i].upstream != no_index) exchanges_[i].retry_head.reset();
}

/// The snapshot before may be freed already. Pools that only it had live on while connections use them.
void Proxy::adopt(const tcp::Snapshot& snapshot, Instant now) noexcept {
  now_ = now;
  snapshot_ = static_cast<const Snapshot*>(&snapshot);
  site_ = &snapshot_->site;
  own_ = &site_->shards[shard_];
  sweep_cursor_ = 0;
}

void Proxy::on_events(std::span<const tcp::Event> events, Instant now) noexcept {
  now_ = now;
  for (const tcp::Event& event : events) {
    // An earlier event of this burst may have ended the connection of a later one.
    if (!event.is(tcp::Outbox::closed) && !stack_.is_attached(event.connection)) continue;
    switch (Cookie::kind(event.cookie)) {
      case Cookie::Kind::none:
        if (event.is(tcp::Outbox::accepted)) accept(event);
        break;
      case Cookie::Kind::session:
        on_session_event(event);
        break;
      case Cookie::Kind::upstream:
        on_upstream_event(event);
        break;
    }
  }
  serve_ready();
}

bool Proxy::on_time(Instant now) noexcept {
  now_ = now;
  const std::uint32_t fired =
      timers_.advance(now, expiries_per_turn, [this](std::uint32_t connection) noexcept { on_expiry(connection); });
  serve_ready();
  counters_.sessions.set(sessions_.used());
  counters_.exchanges.set(exchanges_.used());
  const bool ordered = orders_ != nullptr && follow_orders();
  const bool swept = sweep_some();
  return (draining_ && drain_some()) || ordered || swept || fired != 0;
}

bool Proxy::follow_orders() noexcept {
  bool worked = false;
  if (const std::int64_t ns = orders_->unix_at_zero_ns.load(std::memory_order_relaxed); ns != 0)
    wall_ = engine::WallClock{Duration{ns}};
  if (!draining_ && orders_->drain.load(std::memory_order_relaxed)) drain(), worked = true;
  if (!aborted_ && orders_->abort.load(std::memory_order_relaxed)) abort_all(), aborted_ = worked = true;
  return worked;
}

void Proxy::drain() noexcept {
  draining_ = true;
  stack_.set_draining(true);
}

std::optional<Instant> Proxy::next_deadline(Instant now) const noexcept {
  return is_sweeping() ? now : timers_.next_deadline(now);
}

void Proxy::on_session_event(const tcp::Event& event) noexcept {
  const std::uint32_t index = Cookie::index(event.cookie);
  Session& session = sessions_[index];
  if (session.connection != event.connection) return;
  if (event.is(tcp::Outbox::peer_closed)) session.peer_closed = true;
  if (event.is(tcp::Outbox::closed)) {
    const std::uint32_t exchange = session.exchange;
    session.exchange = no_index;
    if (exchange != no_index) {  // the client is gone: nobody waits for the server's answer
      exchanges_[exchange].session = no_index;
      free_exchange(exchange);
    }
    return free_session(index);
  }
  if (event.is(tcp::Outbox::writable)) {
    session.is_waiting_for_room = false;
    if (session.exchange != no_index && exchanges_[session.exchange].upstream != no_index)
      read_response(exchanges_[session.exchange].upstream);
    if (sessions_[index].connection != event.connection) return;  // the exchange may have ended the session
  }
  make_ready(index);
}

void Proxy::on_upstream_event(const tcp::Event& event) noexcept {
  const std::uint32_t index = Cookie::index(event.cookie);
  Upstream& upstream = upstreams_[index];
  if (upstream.connection != event.connection) return;
  if (event.is(tcp::Outbox::connected)) {
    upstream.is_connected = true;
    if (upstream.exchange != no_index)
      set_deadline(upstream.connection, upstream.deadline, now_ + upstream.pool->settings().response_timeout);
  }
  if ((event.is(tcp::Outbox::connected) || event.is(tcp::Outbox::writable)) && upstream.exchange != no_index)
    pump_request(upstream.exchange);
  if (upstreams_[index].connection != event.connection) return;
  // FIN: what came before it is looked at once more, for a head that will not be completed.
  const bool has_last_bytes = event.is(tcp::Outbox::peer_closed) && stack_.received_bytes(event.connection) != 0;
  if (event.is(tcp::Outbox::readable) || has_last_bytes) {
    if (upstream.exchange == no_index) return close_upstream(index, true);  // nobody asked: whatever it is, it is not an answer
    read_response(index);
    if (upstreams_[index].connection != event.connection) return;
  }
  if (event.is(tcp::Outbox::peer_closed) || event.is(tcp::Outbox::closed)) on_upstream_lost(index, event.reason);
}

/// Sessions that may have another request: looked at here and not where it was noticed, so that nothing recurses.
void Proxy::make_ready(std::uint32_t index) noexcept {
  Session& session = sessions_[index];
  if (session.is_ready) return;
  session.is_ready = true;
  ready_.push_back(index);
}

void Proxy::serve_ready() noexcept {
  for (std::size_t i = 0; i < ready_.size(); ++i) {  // grows while it is worked on
    const std::uint32_t index = ready_[i];
    if (sessions_[index].connection == no_connection || !sessions_[index].is_ready) continue;
    sessions_[index].is_ready = false;
    if (const std::uint32_t exchange = sessions_[index].exchange; exchange != no_index)
      exchanges_[exchange].discard ? discard_request(exchange) : pump_request(exchange);
    else
      read_requests(index);
  }
  ready_.clear();
}

void Proxy::set_deadline(tcp::ConnId connection, Instant& deadline, Instant when) noexcept {
  deadline = when;
  const engine::TimerWheel::Tick tick = engine::TimerWheel::ceil_tick(when);
  // Armed earlier is good enough: it fires, sees the later deadline and arms again. Most deadlines move on and are never reached.
  if (!timers_.is_armed(connection) || static_cast<std::int32_t>(tick - timers_.deadline(connection)) < 0)
    timers_.arm(connection, tick);
}

void Proxy::on_expiry(tcp::ConnId connection) noexcept {
  const std::uint32_t cookie = stack_.tcb(connection).cookie;
  const std::uint32_t index = Cookie::index(cookie);
  const bool is_session = Cookie::kind(cookie) == Cookie::Kind::session;
  Instant& deadline = is_session ? sessions_[index].deadline : upstreams_[index].deadline;
  if (deadline > now_) return timers_.arm(connection, engine::TimerWheel::ceil_tick(deadline));
  is_session ? on_session_timeout(index) : on_upstream_timeout(index);
}

void Proxy::on_session_timeout(std::uint32_t index) noexcept {
  Session& session = sessions_[index];
  const SiteListener* listener = site_->listeners[session.listener].get();
  const Duration patience = listener != nullptr ? listener->idle_timeout : Duration{60s};
  if (session.exchange == no_index) {
    if (stack_.received_bytes(session.connection) != 0 && !session.is_waiting_for_room)
      return refuse_and_close(index, Reject::header_timeout);
    // Idle, or it does not read what we sent: the end, without a word.
    return stack_.is_all_acknowledged(session.connection) ? close_session(index) : abort_session(index);
  }
  Exchange& exchange = exchanges_[session.exchange];
  const bool waits_for_body = !exchange.request_done && stack_.received_bytes(session.connection) == 0;
  if (waits_for_body && !exchange.response_started) return fail_exchange(session.exchange, Reject::body_timeout);
  if (waits_for_body || !stack_.is_all_acknowledged(session.connection)) return abort_session(index);
  set_deadline(session.connection, session.deadline,
               now_ + patience);  // it is the server that we wait for, and its own timer runs
}

void Proxy::on_upstream_timeout(std::uint32_t index) noexcept {
  Upstream& upstream = upstreams_[index];
  if (upstream.exchange == no_index) return close_upstream(index, false);
  Exchange& exchange = exchanges_[upstream.exchange];
  if (!upstream.is_connected) {
    counts(*upstream.server).connect_failures.add();
    const std::uint32_t e = upstream.exchange;
    close_upstream(index, true);
    if (!retry(e)) fail_exchange(e, Reject::connect_timeout);
    return;
  }
  // Not the server's fault while the client sends slowly or reads slowly; both have their own timer.
  const tcp::ConnId client = sessions_[exchange.session].connection;
  const bool waits_for_body = !exchange.request_done && stack_.received_bytes(client) == 0;
  const bool waits_for_room =
      exchange.status == 0 ? stack_.send_room(client) == 0 : stack_.received_bytes(upstream.connection) != 0;
  if (waits_for_body || waits_for_room)
    return set_deadline(upstream.connection, upstream.deadline, now_ + upstream.pool->settings().response_timeout);
  counts(*upstream.server).failures.add();
  fail_exchange(upstream.exchange, Reject::server_timeout);
}

/// Closes some of the sessions that have no request.   Returns: whether it found any.
bool Proxy::drain_some() noexcept {
  bool closed = false;
  for (std::uint32_t n = 0; n < drained_per_turn && sessions_.used() != 0; ++n) {
    if (drain_cursor_ >= sessions_.high_water()) {
      drain_cursor_ = 0;
      break;
    }
    const std::uint32_t index = drain_cursor_++;
    const Session& session = sessions_[index];
    if (session.connection == no_connection || session.exchange != no_index || stack_.received_bytes(session.connection) != 0)
      continue;
    close_session(index);
    closed = true;
  }
  return closed;
}

/// After a reload: closes idle connections to servers of pools that are no more, a part each turn.   Returns: whether it goes on.
bool Proxy::sweep_some() noexcept {
  for (std::uint32_t n = 0; n < drained_per_turn && is_sweeping(); ++n, ++sweep_cursor_) {
    const Upstream& upstream = upstreams_[sweep_cursor_];
    if (upstream.connection != no_connection && upstream.is_idle && !is_current(*upstream.pool))
      close_upstream(sweep_cursor_, false);
  }
  const bool goes_on = is_sweeping();
  if (!goes_on) sweep_cursor_ = no_index;
  return goes_on;
}

void Proxy::abort_all() noexcept {
  for (std::uint32_t i = 0; i < sessions_.high_water(); ++i)
    if (sessions_[i].connection != no_connection) abort_session(i);
  for (std::uint32_t i = 0; i < upstreams_.high_water(); ++i)
    if (upstreams_[i].connection != no_connection) close_upstream(i, true);
}

}  // namespace http
