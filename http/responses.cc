// From a server's bytes to the client.
#include <algorithm>

#include "http/proxy.h"
#include "http/proxy_send.h"

namespace http {

/// Whatever of the response is here and has room at the client.
void Proxy::read_response(std::uint32_t index) noexcept {
  for (;;) {
    Upstream& upstream = upstreams_[index];
    const std::uint32_t exchange = upstream.exchange;
    Exchange& x = exchanges_[exchange];
    if (x.session == no_index) return free_exchange(exchange);
    if (x.status == 0) {
      if (stack_.received_bytes(upstream.connection) == 0) return;
      const Progress head = read_response_head(upstream, x);
      if (head == Progress::failed) return;  // the exchange is gone
      if (head != Progress::done) return;
      if (x.status == 0) continue;  // an interim response: the final one may be behind it
    }
    const tcp::ConnId connection = upstream.connection;
    Session& session = sessions_[x.session];
    std::uint64_t moved = 0;
    const Progress body =
        pump({connection, session.connection, x.response_body, x.chunk_response, x.chunk_open, UINT64_MAX}, moved);
    if (moved != 0) {
      counters_.listeners[session.listener].response_bytes.add(moved);
      set_deadline(connection, upstream.deadline, now_ + upstream.pool->settings().response_timeout);
      if (const SiteListener* listener = site_->listeners[session.listener].get())
        set_deadline(session.connection, session.deadline, now_ + listener->idle_timeout);
    }
    switch (body) {
      case Progress::done:
        return finish_response(exchange);
      case Progress::failed:
        counts(*upstream.server).failures.add();
        return fail_exchange(exchange, Reject::bad_response);
      case Progress::more:
        // All that came was passed on. If the server has closed, that was the end of it, one way or the other.
        if (has_fin(connection)) on_upstream_lost(index, tcp::CloseReason::none);
        return;
      case Progress::blocked:
        return;
    }
  }
}

/// Returns: done when a head was read and passed on (an interim one leaves x.status 0); more when it is not complete; failed when
/// the exchange is over.
Proxy::Progress Proxy::read_response_head(Upstream& upstream, Exchange& x) noexcept {
  const tcp::ConnId connection = upstream.connection;
  const std::uint32_t exchange = upstream.exchange;
  const tcp::ConnId client = sessions_[x.session].connection;
  if (stack_.send_room(client) == 0 || !stack_.may_queue(client, 4)) return stack_.want_writable(client), Progress::blocked;
  const std::string_view first = stack_.front(connection).text();
  Parse parsed =
      first.size() < x.response_parser.seen() ? Parse::need_more : x.response_parser.parse(first, x.method, response_head_);
  if (parsed == Parse::need_more && first.size() < stack_.received_bytes(connection))
    parsed = x.response_parser.parse(gather(connection, ResponseParser::head_bytes_default), x.method, response_head_);
  if (parsed == Parse::need_more) {
    if (!has_fin(connection)) {
      if (stack_.make_room(connection, ResponseParser::head_bytes_default)) return Progress::more;
      stack_.consume(connection, stack_.received_bytes(connection));  // its memory pays for the answer
      return fail_exchange(exchange, Reject::out_of_buffers), Progress::failed;
    }
    counts(*upstream.server).failures.add();
    return fail_exchange(exchange, Reject::server_failed), Progress::failed;
  }
  if (parsed == Parse::error) {
    counts(*upstream.server).failures.add();
    return fail_exchange(exchange, Reject::bad_response), Progress::failed;
  }
  const auto head_bytes = static_cast<std::uint32_t>(response_head_.head_bytes);
  const Progress progress = forward_response_head(x, response_head_);
  stack_.consume(connection, head_bytes);
  if (progress == Progress::failed) return fail_exchange(exchange, Reject::out_of_buffers), Progress::failed;
  x.response_parser.reset();
  return Progress::done;
}

Proxy::Progress Proxy::forward_response_head(Exchange& x, const ResponseHead& head) noexcept {
  const Session& session = sessions_[x.session];
  ForwardedResponse how;
  how.client_version = x.client_version;
  how.date = date();
  if (head.is_interim()) {
    // 100 was answered by us; HTTP/1.0 knows no interim responses (RFC 9110 15.2).
    if (head.status == 100 || x.client_version == Version::http_1_0) return Progress::done;
    how.framing = Framing{};
    const bool ok =
        send_head(session.connection, [&](std::span<char> out) noexcept { return write_forwarded_response(out, head, how); });
    return ok ? Progress::done : Progress::failed;
  }
  // Where the server's framing is not the client's: an unknown length is chunked for HTTP/1.1, and ends with the connection
  // for 1.0.
  const bool is_open_ended = head.framing.kind == Framing::Kind::chunked || head.framing.kind == Framing::Kind::until_close;
  how.framing = head.framing;
  if (is_open_ended)
    how.framing = {x.client_version == Version::http_1_1 ? Framing::Kind::chunked : Framing::Kind::until_close, 0};
  // An answer before the whole request is here: what the client still sends is not worth reading to its end.
  x.keep_alive = x.keep_alive && x.request_done && takes_more(session) && how.framing.kind != Framing::Kind::until_close;
  x.reuse_server = head.keep_alive && head.framing.kind != Framing::Kind::until_close;
  x.chunk_response = how.framing.kind == Framing::Kind::chunked;
  x.ends_at_close = how.framing.kind == Framing::Kind::until_close;
  x.response_body = BodyReader{head.framing};
  how.keep_alive = x.keep_alive;
  std::size_t bytes = 0;
  if (!send_head(session.connection,
                 [&](std::span<char> out) noexcept { return bytes = write_forwarded_response(out, head, how); }))
    return Progress::failed;
  counters_.listeners[session.listener].response_bytes.add(bytes);
  x.status = head.status;
  x.response_started = true;
  drop_retry_head(x);
  return Progress::done;
}

/// The server has closed, and so ended its response; all of it was passed on.
void Proxy::end_response_at_close(std::uint32_t exchange) noexcept {
  Exchange& x = exchanges_[exchange];
  x.reuse_server = false;
  const Progress end = x.chunk_response ? end_chunks(sessions_[x.session].connection, x.chunk_open) : Progress::done;
  if (end == Progress::blocked) return;  // read_response comes here again when there is room
  end == Progress::done ? finish_response(exchange) : fail_exchange(exchange, Reject::out_of_buffers);
}

/// The last byte of the response was queued for the client.
void Proxy::finish_response(std::uint32_t exchange) noexcept {
  Exchange& x = exchanges_[exchange];
  const std::uint32_t index = x.session;
  Session& session = sessions_[index];
  const Duration duration = now_ - x.started;
  count_request(session, x.server->settings.number, x.status, duration);
  counters_.pools[x.pool->settings().number].durations.add(duration);
  const SiteListener* listener = site_->listeners[session.listener].get();
  const bool keep_alive = x.keep_alive && x.request_done && listener != nullptr;
  if (const std::uint32_t upstream = x.upstream; upstream != no_index) {
    const tcp::ConnId connection = upstreams_[upstream].connection;
    // Bytes behind the response are nobody's; a request that was not sent to its end leaves the server waiting for the rest.
    const bool is_clean = x.reuse_server && x.request_done && stack_.received_bytes(connection) == 0 && !draining_ &&
                          stack_.tcb(connection).state == tcp::State::established && x.server->idle_count < x.pool->idle_max() &&
                          is_current(*x.pool);
    is_clean ? keep_idle(upstream) : close_upstream(upstream, !x.request_done);
    x.upstream = no_index;
  }
  session.exchange = no_index;
  x.session = no_index;
  free_exchange(exchange);
  if (!keep_alive) return close_session(index);
  set_deadline(session.connection, session.deadline, now_ + listener->idle_timeout);
  if (stack_.received_bytes(session.connection) != 0 || session.peer_closed) make_ready(index);
}

/// The exchange cannot be completed: an error answer if nothing of a response has gone out yet, else the connection is cut.
void Proxy::fail_exchange(std::uint32_t exchange, Reject why) noexcept {
  Exchange& x = exchanges_[exchange];
  const std::uint32_t index = x.session;
  if (index == no_index) return free_exchange(exchange);
  Session& session = sessions_[index];
  const bool is_answered = x.response_started;
  const bool ends_at_close = x.ends_at_close;
  const bool keep_alive = x.keep_alive && x.request_done && info(why).after == After::keep && takes_more(session);
  const std::uint16_t code = is_answered ? x.status : info(why).status;
  counters_.rejected[static_cast<std::size_t>(why)].add();
  count_request(session, x.server != nullptr ? x.server->settings.number : no_server, code, now_ - x.started);
  OwnAnswer answer;
  answer.status = info(why).status;
  answer.client_version = x.client_version;
  answer.keep_alive = keep_alive;
  const Method method = x.method;
  session.exchange = no_index;
  x.session = no_index;
  free_exchange(exchange);
  // FIN after a part tells the client that the message is not whole; where the end of the connection is the end of the message,
  // only RST does.
  if (is_answered) return ends_at_close ? abort_session(index) : close_session(index);
  if (!send_refusal(session, answer, method)) return abort_session(index);
  if (!keep_alive) return close_session(index);
  make_ready(index);
}

void Proxy::drop_retry_head(Exchange& x) noexcept {
  if (x.retry_head.is_mbuf()) stack_.account().release(1);
  x.retry_head.reset();
}

/// Lets go of everything that the exchange holds. A server's connection in the middle of it is of no use to anybody.
void Proxy::free_exchange(std::uint32_t exchange) noexcept {
  Exchange& x = exchanges_[exchange];
  drop_retry_head(x);
  if (const std::uint32_t upstream = x.upstream; upstream != no_index) {
    upstreams_[upstream].exchange = no_index;
    close_upstream(upstream, true);
  }
  if (x.session != no_index) sessions_[x.session].exchange = no_index;
  if (x.server != nullptr) x.server->users.sub();
  x.session = x.upstream = no_index;
  exchanges_.release(exchange);
}

}  // namespace http
