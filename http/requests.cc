// From a client's bytes to a decision.
#include <algorithm>

#include "http/fields.h"
#include "http/proxy.h"
#include "http/serialize.h"
#include "http/target.h"

namespace http {

void Proxy::accept(const tcp::Event& event) noexcept {
  const SiteListener* listener = event.listener < site_->listeners.size() ? site_->listeners[event.listener].get() : nullptr;
  const std::uint32_t index = listener == nullptr ? no_index : sessions_.allocate();
  if (index == no_index) return stack_.abort(event.connection);  // its listener went with a reload, this very moment
  Session& session = sessions_[index];
  session.connection = event.connection;
  session.listener = event.listener;
  session.client = engine::Ipv4{stack_.tcb(event.connection).tuple.remote};
  session.parser = RequestParser{{.head_bytes = listener->head_bytes_max}};
  session.peer_closed = event.is(tcp::Outbox::peer_closed);
  stack_.set_cookie(event.connection, Cookie::make(Cookie::Kind::session, index));
  counters_.listeners[session.listener].connections.add();
  set_deadline(session.connection, session.deadline, now_ + listener->idle_timeout);
  if (event.is(tcp::Outbox::closed)) return free_session(index);
  if (event.is(tcp::Outbox::readable) || session.peer_closed) make_ready(index);
}

/// Reads requests until one has to be waited for.
void Proxy::read_requests(std::uint32_t index) noexcept {
  while (sessions_[index].connection != no_connection && sessions_[index].exchange == no_index)
    if (read_request(index) != Progress::done) return;
}

/// One request.   Returns: done when the next one may be looked at.
Proxy::Progress Proxy::read_request(std::uint32_t index) noexcept {
  Session& session = sessions_[index];
  const tcp::ConnId connection = session.connection;
  const SiteListener* listener = site_->listeners[session.listener].get();
  const std::uint32_t available = stack_.received_bytes(connection);
  if (available == 0 || listener == nullptr) {
    if (session.peer_closed || listener == nullptr) close_session(index);
    return Progress::more;
  }
  // No answer without room for it: a client that does not read is not read from.
  if (stack_.send_room(connection) == 0 || !stack_.may_queue(connection, 4)) {
    stack_.want_writable(connection);
    session.is_waiting_for_room = true;
    return Progress::blocked;
  }
  // Where it lies, if it can be whole there. A parser that saw more than the first slice must not be shown less.
  const std::string_view first = stack_.front(connection).text();
  Parse parsed = first.size() < session.parser.seen() ? Parse::need_more : session.parser.parse(first, request_head_);
  if (parsed == Parse::need_more && first.size() < available)
    parsed = session.parser.parse(gather(connection, listener->head_bytes_max), request_head_);
  switch (parsed) {
    case Parse::need_more:
      if (session.peer_closed) return abort_session(index), Progress::failed;
      // Half a head keeps memory from others for nothing: if the rest has no room, they go on and this one is told.
      if (!stack_.make_room(connection, listener->head_bytes_max))
        return refuse_and_close(index, Reject::out_of_buffers), Progress::failed;
      if (!session.is_head_started) {
        session.is_head_started = true;
        set_deadline(connection, session.deadline, now_ + listener->header_timeout);
      }
      return Progress::more;
    case Parse::error:
      return refuse_and_close(index, session.parser.error()), Progress::failed;
    case Parse::done:
      break;
  }
  session.parser.reset();
  session.is_head_started = false;
  ++session.requests;
  counters_.listeners[session.listener].request_bytes.add(request_head_.head_bytes);
  const auto head_bytes = static_cast<std::uint32_t>(request_head_.head_bytes);
  const Progress progress = decide(index, request_head_);
  if (sessions_[index].connection != connection) return Progress::failed;
  stack_.consume(connection, head_bytes);  // the views of the head end here
  set_deadline(connection, session.deadline, now_ + listener->idle_timeout);
  if (session.exchange != no_index) {
    exchanges_[session.exchange].discard ? discard_request(session.exchange) : pump_request(session.exchange);
    return sessions_[index].connection == connection && session.exchange == no_index ? Progress::done : Progress::more;
  }
  return progress;
}

/// The front of what was received, in one piece.
std::string_view Proxy::gather(tcp::ConnId connection, std::size_t bytes_max) noexcept {
  const std::size_t n = stack_.copy_received(connection, std::span{head_in_}.first(std::min(bytes_max, head_in_.size())));
  return {head_in_.data(), n};
}

/// Whether this side would take another request: not while it drains, and not for a listener that went with a reload.
bool Proxy::takes_more(const Session& session) const noexcept {
  return !draining_ && site_->listeners[session.listener] != nullptr;
}

Proxy::Progress Proxy::decide(std::uint32_t index, const RequestHead& head) noexcept {
  const Session& session = sessions_[index];
  const SiteListener& listener = *site_->listeners[session.listener];
  const NormalPath path = normalise_path(head.path, path_);
  if (path.why != Reject::none) return refuse_and_close(index, path.why), Progress::failed;
  if (listener.body_bytes_max && head.framing.kind == Framing::Kind::content_length &&
      head.framing.content_length > *listener.body_bytes_max)
    return refuse_and_close(index, Reject::body_too_large), Progress::failed;
  const engine::Ipv4 client = client_of(session, head);
  const std::uint32_t rule = listener.matcher.match(Query::of(head, path.path, client), own_scratch(session.listener));
  if (rule == no_rule) return refuse(index, head, Reject::unmatched);
  return act(index, head, path.path, rule);
}

Proxy::Progress Proxy::act(std::uint32_t index, const RequestHead& head, std::string_view path, std::uint32_t rule) noexcept {
  const SiteAction& action = site_->actions[rule];
  switch (action.kind) {
    case SiteAction::Kind::pool:
      if (is_final_recipient(head)) [[unlikely]]
        return answer_as_last(index, head);
      return forward(index, head, path, *own_->pools[action.index]);
    case SiteAction::Kind::respond:
      return answer_fixed(index, head, *own_->answers[action.index]);
    case SiteAction::Kind::redirect:
      return answer_redirect(index, head, path, site_->redirects[action.index]);
  }
  return Progress::failed;
}

bool Proxy::is_trusted(const SiteListener& listener, engine::Ipv4 peer) const noexcept {
  return std::any_of(listener.trusted.begin(), listener.trusted.end(), [&](const engine::Cidr& c) { return c.contains(peer); });
}

/// The peer, or the last untrusted address of X-Forwarded-For when the peer is trusted (INTERFACES: client).
engine::Ipv4 Proxy::client_of(const Session& session, const RequestHead& head) const noexcept {
  const SiteListener& listener = *site_->listeners[session.listener];
  if (listener.trusted.empty() || !is_trusted(listener, session.client)) return session.client;
  engine::Ipv4 client = session.client;
  for (std::size_t i = head.fields.size(); i-- > 0;) {  // the last line is the nearest proxy's
    if (!equal_folded(head.fields[i].name, "x-forwarded-for")) continue;
    std::string_view list = head.fields[i].value;
    while (!list.empty()) {
      const std::size_t comma = list.rfind(',');
      const auto address = engine::parse_ipv4(trim_ows(comma == std::string_view::npos ? list : list.substr(comma + 1)));
      if (!address) return client;  // nothing beyond it can be believed
      client = *address;
      if (!is_trusted(listener, client)) return client;
      list = comma == std::string_view::npos ? std::string_view{} : list.substr(0, comma);
    }
  }
  return client;
}

void Proxy::close_session(std::uint32_t index) noexcept {
  stack_.close(sessions_[index].connection);
  free_session(index);
}

void Proxy::abort_session(std::uint32_t index) noexcept {
  const std::uint32_t exchange = std::exchange(sessions_[index].exchange, no_index);
  if (exchange != no_index) {
    exchanges_[exchange].session = no_index;
    free_exchange(exchange);
  }
  stack_.abort(sessions_[index].connection);
  free_session(index);
}

void Proxy::free_session(std::uint32_t index) noexcept {
  Session& session = sessions_[index];
  counters_.listeners[session.listener].connections.sub();
  timers_.cancel(session.connection);
  session.connection = no_connection;
  sessions_.release(index);
}

}  // namespace http
