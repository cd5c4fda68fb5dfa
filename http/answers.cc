// What we say ourselves: fixed answers, redirects, refusals.
#include <algorithm>

#include "http/proxy.h"
#include "http/proxy_send.h"

namespace http {

namespace {
/// What we answer as the last recipient of a request that could have gone further (RFC 9110 7.6.2): any method that is passed on.
constexpr Field allow{"Allow", "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH"};
constexpr std::uint64_t discarded_body_max = 1u << 20;  // bytes of a request that was answered early; beyond it we close
}  // namespace

void Proxy::count_request(const Session& session, std::uint16_t server, std::uint16_t code, Duration duration) noexcept {
  counters_.requests.add({session.listener, server, code});
  counters_.listeners[session.listener].durations.add(duration);
}

/// The connection goes on after this answer: the client wants it, and where the next request begins is known or will be.
bool Proxy::may_keep(const RequestHead& head, bool wanted) const noexcept {
  if (!wanted || head.framing.kind == Framing::Kind::none) return wanted;
  // A client that waits for 100 (Continue) may send its body or not: nobody can tell where the next request begins.
  if (head.expect_continue) return false;
  return head.framing.kind == Framing::Kind::chunked || head.framing.content_length <= discarded_body_max;
}

Proxy::Progress Proxy::answer_fixed(std::uint32_t index, const RequestHead& head, FixedAnswer& answer) noexcept {
  const Session& session = sessions_[index];
  const tcp::ConnId connection = session.connection;
  const bool keep_alive = may_keep(head, head.keep_alive && takes_more(session));
  const bool head_only = head.method == Method::head;
  const auto form = FixedAnswer::form(head.version, keep_alive);
  const std::int64_t second = wall_.unix_seconds(now_);
  bool ok = true;
  if (engine::Slice slice = answer.share(form, date_.at(second), second, head_only); !slice.empty()) {
    counters_.listeners[session.listener].response_bytes.add(slice.size());
    ok = stack_.send(connection, slice);
  } else {
    ok =
        send_head(connection, [&](std::span<char> out) noexcept { return answer.write(form, date_.at(second), head_only, out); });
  }
  if (engine::Slice body = answer.share_body(); ok && !head_only && !body.empty()) {
    counters_.listeners[session.listener].response_bytes.add(body.size());
    ok = stack_.send(connection, body);
  }
  if (!ok) return abort_session(index), Progress::failed;
  count_request(session, no_server, answer.status(), Duration::zero());
  return after_answer(index, head, keep_alive);
}

Proxy::Progress Proxy::answer_redirect(std::uint32_t index, const RequestHead& head, std::string_view path,
                                       const SiteRedirect& redirect) noexcept {
  Session& session = sessions_[index];
  std::array<char, 16> client_text, id_text;
  const TemplateValues values{.host = head.host,
                              .port = head.host_port,
                              .path = path,
                              .query = head.query,
                              .client = text_of(client_of(session, head), client_text),
                              .request_id = next_request_id(id_text),
                              .scheme = "http"};
  const std::size_t n = redirect.location.expand(values, std::span{location_});
  if (n == TextTemplate::npos) return refuse(index, head, Reject::out_of_buffers);
  const Field location{"Location", {location_.data(), n}};
  OwnAnswer answer;
  answer.status = redirect.status;
  answer.client_version = head.version;
  answer.keep_alive = may_keep(head, head.keep_alive && takes_more(session));
  answer.fields = {&location, 1};
  if (!send_own(session, answer, "", head.method)) return abort_session(index), Progress::failed;
  count_request(session, no_server, redirect.status, Duration::zero());
  return after_answer(index, head, answer.keep_alive);
}

/// The answer to OPTIONS or TRACE that may not be forwarded.
Proxy::Progress Proxy::answer_as_last(std::uint32_t index, const RequestHead& head) noexcept {
  if (head.method == Method::trace) return refuse(index, head, Reject::trace_refused);
  Session& session = sessions_[index];
  OwnAnswer answer;
  answer.client_version = head.version;
  answer.keep_alive = may_keep(head, head.keep_alive && takes_more(session));
  answer.fields = {&allow, 1};
  if (!send_own(session, answer, "", head.method)) return abort_session(index), Progress::failed;
  count_request(session, no_server, answer.status, Duration::zero());
  return after_answer(index, head, answer.keep_alive);
}

/// An error answer to a request whose head is complete.
Proxy::Progress Proxy::refuse(std::uint32_t index, const RequestHead& head, Reject why) noexcept {
  const RejectInfo& reason = info(why);
  Session& session = sessions_[index];
  counters_.rejected[static_cast<std::size_t>(why)].add();
  OwnAnswer answer;
  answer.status = reason.status;
  answer.client_version = head.version;
  answer.keep_alive = reason.after == After::keep && may_keep(head, head.keep_alive && takes_more(session));
  if (!send_refusal(session, answer, head.method)) return abort_session(index), Progress::failed;
  count_request(session, no_server, reason.status, Duration::zero());
  return after_answer(index, head, answer.keep_alive);
}

/// An error answer to something that is no request, or not a whole one; nothing more is read.
void Proxy::refuse_and_close(std::uint32_t index, Reject why) noexcept {
  Session& session = sessions_[index];
  counters_.rejected[static_cast<std::size_t>(why)].add();
  OwnAnswer answer;
  answer.status = info(why).status;
  answer.keep_alive = false;
  stack_.consume(session.connection, stack_.received_bytes(session.connection));  // its memory pays for the answer
  const bool ok = send_refusal(session, answer, Method::get);
  count_request(session, no_server, answer.status, Duration::zero());
  ok ? close_session(index) : abort_session(index);
}

/// A few words for people, so that an empty page does not leave them guessing.
bool Proxy::send_refusal(Session& session, OwnAnswer& answer, Method method) noexcept {
  answer.content_type = "text/plain; charset=utf-8";
  const Field retry_after{"Retry-After", "1"};
  if (answer.status == 503) answer.fields = {&retry_after, 1};
  if (answer.status == 405) answer.fields = {&allow, 1};  // RFC 9110 15.5.6: MUST
  std::array<char, 64> body;
  const std::string_view phrase = reason_phrase(answer.status);
  HeadWriter text{body};
  text.put(std::uint64_t{answer.status});
  text.put(" ");
  text.put(phrase);
  text.put("\n");
  return send_own(session, answer, {body.data(), text.bytes()}, method);
}

bool Proxy::send_own(Session& session, OwnAnswer answer, std::string_view body, Method method) noexcept {
  answer.date = date();
  std::size_t bytes = 0;
  const bool ok = send_head(session.connection, [&](std::span<char> out) noexcept {
    return bytes = write_own_answer(out, answer, body, method).bytes;
  });
  counters_.listeners[session.listener].response_bytes.add(bytes);
  return ok;
}

/// What follows a complete answer: the next request, behind a body that nobody wants; or the end.
Proxy::Progress Proxy::after_answer(std::uint32_t index, const RequestHead& head, bool keep_alive) noexcept {
  if (!keep_alive) return close_session(index), Progress::failed;
  if (head.framing.kind == Framing::Kind::none) return Progress::done;
  const std::uint32_t exchange = exchanges_.allocate();
  if (exchange == no_index) return close_session(index), Progress::failed;
  Exchange& x = exchanges_[exchange];
  x.session = index;
  x.discard = true;
  x.response_started = true;
  x.request_body = BodyReader{head.framing};
  x.body_bytes_max = discarded_body_max;
  sessions_[index].exchange = exchange;
  return Progress::done;
}

/// Dotted quad without allocation.
std::string_view Proxy::text_of(engine::Ipv4 address, std::span<char, 16> out) noexcept {
  HeadWriter text{out};
  for (int shift = 24; shift >= 0; shift -= 8) {
    text.put(std::uint64_t{address.value >> shift & 255});
    if (shift != 0) text.put(".");
  }
  return {out.data(), text.bytes()};
}

/// 16 hexadecimal digits, unique within the instance: the shard, then a number.
std::string_view Proxy::next_request_id(std::span<char, 16> out) noexcept {
  std::uint64_t id = std::uint64_t{shard_} << 56 | (request_number_++ & 0x00ffffffffffffffu);
  for (std::size_t i = out.size(); i-- > 0; id >>= 4) out[i] = "0123456789abcdef"[id & 15];
  return {out.data(), out.size()};
}

}  // namespace http
