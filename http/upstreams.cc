// Connections to servers: opened, kept while idle, reused, given up; and the request that goes over them.
#include <algorithm>

#include "http/fields.h"
#include "http/proxy.h"
#include "http/proxy_send.h"

namespace http {

namespace {
constexpr std::uint8_t attempts_max = 2;  // the first, and one more where it can do no harm
}  // namespace

/// Starts the exchange of a request with a server of `pool`. The body follows when the head has been consumed.
Proxy::Progress Proxy::forward(std::uint32_t index, const RequestHead& head, std::string_view path, Pool& pool) noexcept {
  Session& session = sessions_[index];
  const SiteListener& listener = *site_->listeners[session.listener];
  const std::uint32_t exchange = exchanges_.allocate();
  if (exchange == no_index) return refuse(index, head, Reject::out_of_buffers);
  Reject why = Reject::no_server;
  const std::uint32_t upstream = connect_any(pool, exchange, true, why);
  if (upstream == no_index) {
    exchanges_.release(exchange);
    return refuse(index, head, why);
  }
  Exchange& x = attach(exchange, pool, upstream);
  x.session = index;
  x.started = now_;
  x.method = head.method;
  x.client_version = head.version;
  x.keep_alive = head.keep_alive && takes_more(session);
  x.request_body = BodyReader{head.framing};
  x.chunk_request = head.framing.kind == Framing::Kind::chunked;
  x.request_done = x.request_body.is_done();
  if (listener.body_bytes_max) x.body_bytes_max = *listener.body_bytes_max;
  session.exchange = exchange;

  std::array<char, 16> client_text;
  ForwardedRequest how;
  how.path = path;
  how.query = head.query;
  how.default_host = x.server->address_text;
  how.client = text_of(session.client, client_text);
  // What a peer says about earlier hops is believed only of trusted ones (INTERFACES: forwarded).
  how.forwarded = listener.forwarded == ForwardedMode::append && !is_trusted(listener, session.client) ? ForwardedMode::replace
                                                                                                       : listener.forwarded;
  const tcp::ConnId connection = upstreams_[upstream].connection;
  const bool ok = send_head(
      connection, [&](std::span<char> out) noexcept { return write_forwarded_request(out, head, how); }, &x.retry_head);
  // The second reference outlives the send queue's: it is charged like any other.
  if (x.retry_head.is_mbuf() && !stack_.account().try_charge(1)) x.retry_head.reset();
  if (!ok) {
    fail_exchange(exchange, Reject::out_of_buffers);
    return Progress::failed;
  }
  if (head.expect_continue && !x.request_done && !stack_.send_copy(session.connection, continue_head)) {
    abort_session(index);
    return Progress::failed;
  }
  return Progress::done;
}

Exchange& Proxy::attach(std::uint32_t exchange, Pool& pool, std::uint32_t upstream) noexcept {
  Exchange& x = exchanges_[exchange];
  Server& server = *upstreams_[upstream].server;
  x.pool = &pool;
  x.server = &server;
  x.upstream = upstream;
  x.is_reused = upstreams_[upstream].requests != 0;
  ++x.attempts;
  ++upstreams_[upstream].requests;
  server.users.add();
  counts(server).requests.add();
  return x;
}

/// A connection for `exchange` to the next server in turn that one can be tried to: each source and each server is looked at.
/// Returns: no_index and `why`, which is left alone for a pool without servers.
std::uint32_t Proxy::connect_any(Pool& pool, std::uint32_t exchange, bool allow_idle, Reject& why) noexcept {
  const std::size_t servers = pool.servers().size();
  const std::size_t tries = servers == 0 ? 0 : std::max(servers, pool.settings().sources.size());
  for (std::size_t i = 0; i < tries; ++i) {
    Server& server = *pool.next_server();
    tcp::NotOpened not_opened{};
    if (const std::uint32_t upstream = connect(pool, server, exchange, allow_idle, not_opened); upstream != no_index)
      return upstream;
    if (not_opened == tcp::NotOpened::no_room) return why = Reject::out_of_buffers, no_index;
    counts(server).connect_failures.add();
    why = Reject::connect_failed;
  }
  return no_index;
}

/// A connection to `server` for `exchange`: an idle one, or a new one.   Returns: no_index and `why` when there can be none.
std::uint32_t Proxy::connect(Pool& pool, Server& server, std::uint32_t exchange, bool allow_idle, tcp::NotOpened& why) noexcept {
  if (allow_idle) {
    if (const std::uint32_t idle = take_idle(server); idle != no_index) {
      counters_.upstream_reused.add();
      upstreams_[idle].exchange = exchange;
      set_deadline(upstreams_[idle].connection, upstreams_[idle].deadline, now_ + pool.settings().response_timeout);
      return idle;
    }
  }
  const std::uint32_t index = upstreams_.allocate();
  if (index == no_index) return why = tcp::NotOpened::no_room, no_index;
  const auto connection =
      stack_.connect(pool.next_source(), server.settings.address, Cookie::make(Cookie::Kind::upstream, index), now_, why);
  if (!connection) {
    upstreams_.release(index);
    return no_index;
  }
  Upstream& upstream = upstreams_[index];
  upstream.exchange = exchange;
  upstream.connection = *connection;
  upstream.pool = &pool;
  upstream.server = &server;
  server.users.add();
  counts(server).connections.add();
  counters_.upstream_opened.add();
  set_deadline(upstream.connection, upstream.deadline, now_ + pool.settings().connect_timeout);
  return index;
}

/// The newest idle connection that still looks alive.
std::uint32_t Proxy::take_idle(Server& server) noexcept {
  while (server.idle_head != no_index) {
    const std::uint32_t index = server.idle_head;
    const tcp::ConnId connection = upstreams_[index].connection;
    unlink_idle(index);
    if (stack_.is_attached(connection) && stack_.tcb(connection).state == tcp::State::established &&
        stack_.received_bytes(connection) == 0)
      return index;
    close_upstream(index, false);
  }
  return no_index;
}

void Proxy::keep_idle(std::uint32_t index) noexcept {
  Upstream& upstream = upstreams_[index];
  Server& server = *upstream.server;
  upstream.exchange = no_index;
  upstream.idle_older = server.idle_head;
  upstream.idle_newer = no_index;
  upstream.is_idle = true;
  if (server.idle_head != no_index) upstreams_[server.idle_head].idle_newer = index;
  server.idle_head = index;
  ++server.idle_count;
  counts(server).idle.add();
  set_deadline(upstream.connection, upstream.deadline, now_ + upstream.pool->settings().keepalive_timeout);
}

void Proxy::unlink_idle(std::uint32_t index) noexcept {
  Upstream& upstream = upstreams_[index];
  Server& server = *upstream.server;
  (upstream.idle_newer == no_index ? server.idle_head : upstreams_[upstream.idle_newer].idle_older) = upstream.idle_older;
  if (upstream.idle_older != no_index) upstreams_[upstream.idle_older].idle_newer = upstream.idle_newer;
  upstream.idle_newer = upstream.idle_older = no_index;
  upstream.is_idle = false;
  --server.idle_count;
  counts(server).idle.sub();
}

void Proxy::close_upstream(std::uint32_t index, bool with_reset) noexcept {
  const tcp::ConnId connection = upstreams_[index].connection;
  if (stack_.is_attached(connection)) with_reset ? stack_.abort(connection) : stack_.close(connection);
  free_upstream(index);
}

void Proxy::free_upstream(std::uint32_t index) noexcept {
  Upstream& upstream = upstreams_[index];
  if (upstream.is_idle) unlink_idle(index);
  if (upstream.exchange != no_index) exchanges_[upstream.exchange].upstream = no_index;
  timers_.cancel(upstream.connection);
  counts(*upstream.server).connections.sub();
  upstream.server->users.sub();
  upstream.connection = no_connection;
  upstreams_.release(index);
}

/// The server closed, or the connection died.
void Proxy::on_upstream_lost(std::uint32_t index, tcp::CloseReason reason) noexcept {
  Upstream& upstream = upstreams_[index];
  const std::uint32_t exchange = upstream.exchange;
  if (exchange == no_index) return close_upstream(index, false);
  // FIN: what it sent before is a whole response if that ends with the connection, and may still be on its way to a slow client.
  if (reason == tcp::CloseReason::none && stack_.received_bytes(upstream.connection) != 0) return;
  Exchange& x = exchanges_[exchange];
  const bool has_fin = reason == tcp::CloseReason::none || reason == tcp::CloseReason::finished;
  if (has_fin && x.status != 0 && x.response_body.may_end_at_close()) return end_response_at_close(exchange);
  const bool was_connected = upstream.is_connected;
  ServerCounters& counted = counts(*upstream.server);
  (was_connected ? counted.failures : counted.connect_failures).add();
  close_upstream(index, true);
  // Never connected: the server saw nothing. A reused connection that ends without a byte had ended before our request came.
  const bool is_harmless = !was_connected || (x.is_reused && is_idempotent(x.method) && x.request_body.decoded_bytes() == 0);
  if (x.status == 0 && !x.response_started && is_harmless && retry(exchange)) return;
  fail_exchange(exchange, Reject::server_failed);
}

/// Sends the request again, over a new connection.   Returns: false if it may not or cannot.
bool Proxy::retry(std::uint32_t exchange) noexcept {
  Exchange& x = exchanges_[exchange];
  if (x.attempts >= attempts_max || x.retry_head.empty() || x.session == no_index) return false;
  Reject why = Reject::none;
  const std::uint32_t upstream = connect_any(*x.pool, exchange, false, why);
  if (upstream == no_index) return false;
  counters_.upstream_retries.add();
  counts(*upstreams_[upstream].server).retries.add();
  x.server->users.sub();
  attach(exchange, *x.pool, upstream);
  x.response_parser.reset();
  engine::Slice head = x.retry_head.share(0, x.retry_head.size());
  if (stack_.send(upstreams_[upstream].connection, head)) return true;
  close_upstream(upstream, true);
  return false;
}

}  // namespace http
