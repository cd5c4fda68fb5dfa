// Bodies, by reference from one connection to the other, with back-pressure: what has no room at the receiver stays in the
// sender's receive queue, and closes its window.
#include <algorithm>

#include "http/chunked.h"
#include "http/proxy.h"

namespace http {

namespace {
/// A slice is not cut for less room than this: a receiver that takes a byte at a time would leave one reference, which costs an
/// mbuf of the account, per byte.
constexpr std::uint32_t piece_min = 1024;  // bytes
}  // namespace

/// Moves what is here and has room.   Returns: done at the end of the body; more when all that came was moved; blocked when the
/// receiver has no room (it will be `writable`); failed when the body is malformed or too long.
Proxy::Progress Proxy::pump(Pipe pipe, std::uint64_t& moved) noexcept {
  for (;;) {
    if (pipe.reader.is_done()) return pipe.chunked ? end_chunks(pipe.to, pipe.chunk_open) : Progress::done;
    if (stack_.received_bytes(pipe.from) == 0) return Progress::more;
    const std::uint32_t room = stack_.send_room(pipe.to);
    const std::string_view front = stack_.front(pipe.from).text();
    const bool is_worth_it = room >= std::min<std::size_t>(front.size(), piece_min) || stack_.is_all_acknowledged(pipe.to);
    if (room == 0 || !is_worth_it) return stack_.want_writable(pipe.to), Progress::blocked;
    if (!stack_.may_queue(pipe.to, 4)) return Progress::blocked;
    const std::string_view text = front.substr(0, room);
    const Step step = pipe.reader.next(text);
    if (step.state == Step::State::error || pipe.reader.announced_bytes() > pipe.bytes_max) return Progress::failed;
    if (step.framing != 0) stack_.consume(pipe.from, static_cast<std::uint32_t>(step.framing));
    moved += step.framing + step.data;
    if (step.data != 0 && !move_data(pipe, step.data)) return Progress::failed;
  }
}

/// The end of a chunked body.   Returns: done; blocked when there is no room for it (`to` will be `writable`); failed.
Proxy::Progress Proxy::end_chunks(tcp::ConnId to, bool chunk_open) noexcept {
  if (!stack_.may_queue(to, 2)) return Progress::blocked;
  return stack_.send_copy(to, chunk_open ? "\r\n0\r\n\r\n" : last_chunk) ? Progress::done : Progress::failed;
}

/// Moves `bytes` that lie in one slice at the front.   Requires: may_queue(to, 4).
bool Proxy::move_data(Pipe& pipe, std::size_t bytes) noexcept {
  if (pipe.chunked) {
    std::array<char, 2 + chunk_head_bytes_max> text;
    std::size_t n = 0;
    if (pipe.chunk_open) text[n++] = '\r', text[n++] = '\n';
    n += write_chunk_head(std::span{text}.subspan(n), bytes);
    if (!stack_.send_copy(pipe.to, {text.data(), n})) return false;
    pipe.chunk_open = true;
  }
  engine::Slice slice = stack_.take(pipe.from, static_cast<std::uint32_t>(bytes));
  return stack_.send(pipe.to, slice);
}

/// The request's body towards the server, once it is connected.
void Proxy::pump_request(std::uint32_t exchange) noexcept {
  Exchange& x = exchanges_[exchange];
  if (x.request_done || x.upstream == no_index || !upstreams_[x.upstream].is_connected || x.session == no_index) return;
  Session& session = sessions_[x.session];
  Upstream& upstream = upstreams_[x.upstream];
  std::uint64_t moved = 0;
  const Progress progress = pump(
      {session.connection, upstream.connection, x.request_body, x.chunk_request, x.request_chunk_open, x.body_bytes_max}, moved);
  if (moved != 0) {
    counters_.listeners[session.listener].request_bytes.add(moved);
    drop_retry_head(x);  // a body cannot be sent twice
    set_deadline(upstream.connection, upstream.deadline, now_ + upstream.pool->settings().response_timeout);
    if (const SiteListener* listener = site_->listeners[session.listener].get())
      set_deadline(session.connection, session.deadline, now_ + listener->idle_timeout);
  }
  switch (progress) {
    case Progress::done:
      x.request_done = true;
      return;
    case Progress::failed:
      return fail_exchange(exchange, x.request_body.error() != Reject::none                ? x.request_body.error()
                                     : x.request_body.announced_bytes() > x.body_bytes_max ? Reject::body_too_large
                                                                                           : Reject::out_of_buffers);
    case Progress::more:
      // The client closed in the middle of its request: nobody will be there for the answer.
      if (session.peer_closed) abort_session(x.session);
      return;
    case Progress::blocked:
      return;
  }
}

/// Reads to the end of a request that was answered without its body.
void Proxy::discard_request(std::uint32_t exchange) noexcept {
  Exchange& x = exchanges_[exchange];
  const std::uint32_t index = x.session;
  Session& session = sessions_[index];
  while (!x.request_body.is_done()) {
    if (stack_.received_bytes(session.connection) == 0) {
      if (session.peer_closed) abort_session(index);
      return;
    }
    const Step step = x.request_body.next(stack_.front(session.connection).text());
    if (step.state == Step::State::error || x.request_body.announced_bytes() > x.body_bytes_max) {
      free_exchange(exchange);
      return close_session(index);
    }
    stack_.consume(session.connection, static_cast<std::uint32_t>(step.framing + step.data));
  }
  free_exchange(exchange);
  make_ready(index);
}

}  // namespace http
