#include "tests/sim/http_origin_app.h"

#include <charconv>
#include <fmt/format.h>

namespace sim {

using Fault = HttpPlan::Fault;
using Framing = HttpPlan::Framing;

namespace {

/// A part of such a response is all of it: the balancer may send the next request before it sees what follows.
bool has_nothing_to_cut(const HttpPlan& plan) noexcept {
  return !plan.has_response_body() || (plan.response_framing == Framing::length && plan.response_bytes == 0);
}

}  // namespace

void HttpOriginApp::on_events(std::span<const tcp::Event> events, engine::Instant now) noexcept {
  for (const tcp::Event& event : events) {
    if (!stack_.is_attached(event.connection) && !event.is(tcp::Outbox::closed)) continue;
    if (event.is(tcp::Outbox::accepted)) {
      Connection& c = connections_[event.connection] = {};
      c.reader.set_slow(random_.below(10) == 0);
    }
    const auto at = connections_.find(event.connection);
    if (at == connections_.end()) continue;
    if (event.is(tcp::Outbox::closed)) {
      connections_.erase(at);
      continue;
    }
    at->second.has_fin |= event.is(tcp::Outbox::peer_closed);
    pump(event.connection, now);
  }
}

void HttpOriginApp::pump(tcp::ConnId id, engine::Instant now) noexcept {
  Connection& c = connections_.at(id);
  c.reader.read(stack_, id, random_, now, [&](std::string_view text) { c.messages.feed(text); });
  for (bool again = true; again;) {
    read_messages(c);
    c.writer.write(stack_, id, random_, now);
    const bool was_busy = c.plan.has_value();
    if (!after_answer(id, c, now)) return;
    again = was_busy && !c.plan && c.messages.left() != 0;  // the next request came with the end of the last one
  }
  if (c.has_fin && c.writer.is_empty()) shut(id, c);
}

/// One request at most: the balancer does not pipeline.
void HttpOriginApp::read_messages(Connection& c) {
  for (;;) {
    const HttpReader::Step step = c.messages.next();
    if (step == HttpReader::Step::more) return;
    if (step == HttpReader::Step::bad) return fail(c.messages.why());
    on_message(c, step);
    if (step == HttpReader::Step::complete) return;
  }
}

void HttpOriginApp::on_message(Connection& c, HttpReader::Step step) {
  HttpMessage& request = c.messages.message();
  if (step == HttpReader::Step::head) {
    // Behind an answer that was whole although its end was cut off (HEAD has no body) a request may be on its way to our FIN.
    if (c.plan && !c.has_shut) return fail("a request before the answer to the last one");
    const std::size_t from = request.start_line.rfind('/', request.start_line.size() - 10) + 1;
    std::uint64_t id = 0;
    std::from_chars(request.start_line.data() + from, request.start_line.data() + request.start_line.size(), id);
    c.plan = make_plan(options_.seed, id, options_.with_faults);
    ++seen[id];
    check_head(*c.plan, request);
    if (c.plan->early) answer(c);
    return;
  }
  c.is_read = true;
  check_body(*c.plan, request);
  if (!c.is_answering) answer(c);
}

void HttpOriginApp::check_head(const HttpPlan& plan, const HttpMessage& head) {
  const std::string line = fmt::format("{} {} HTTP/1.1", plan.method, plan.target_text());
  if (head.start_line != line) fail("request line " + head.start_line);
  if (head.field("host") != "sim") fail("Host of " + line);
  if (head.field("via") != (plan.is_1_0 ? "1.0 penstock" : "1.1 penstock")) fail("Via of " + line);
  if (head.count("x-forwarded-for") != 1) fail("X-Forwarded-For of " + line);
  if (head.count("connection") + head.count("expect") != 0) fail("a field that is not for us in " + line);
  if (head.framing == HttpMessage::Framing::length && head.length != plan.request_bytes) fail("Content-Length of " + line);
  if ((head.framing == HttpMessage::Framing::chunked) != (plan.request_framing == Framing::chunked)) fail("framing of " + line);
}

void HttpOriginApp::check_body(const HttpPlan& plan, const HttpMessage& request) {
  if (request.body != request_content(plan)) fail(fmt::format("body of request {}: {} bytes", plan.id, request.body.size()));
}

void HttpOriginApp::answer(Connection& c) {
  c.is_answering = true;
  ++answered;
  if (c.plan->fault == Fault::silence || c.plan->fault == Fault::reset_at_once) return;
  c.writer.set_slow(c.plan->slow);
  c.writer.add(response_text(*c.plan));
}

bool HttpOriginApp::after_answer(tcp::ConnId id, Connection& c, engine::Instant now) {
  if (c.closes_at && now >= *c.closes_at) {
    c.closes_at.reset();
    if (!c.plan) shut(id, c);  // still idle; a request may be on its way all the same
  }
  if (!c.plan || !c.is_answering || !c.writer.is_empty() || c.has_shut) return true;
  switch (c.plan->fault) {
    case Fault::reset_at_once:
    case Fault::reset_in_head:
    case Fault::reset_in_body:
      stack_.abort(id);
      connections_.erase(id);
      return false;
    case Fault::close_in_body:
      if (has_nothing_to_cut(*c.plan)) break;
      return shut(id, c), true;
    case Fault::garbage_chunk:
      if (c.plan->response_framing != Framing::chunked) break;
      return true;  // the balancer ends it, here and below
    case Fault::extra_bytes:
      if (c.plan->response_framing == Framing::until_close) break;
      return true;
    case Fault::client_resets:
      if (has_nothing_to_cut(*c.plan)) break;
      return true;
    case Fault::garbage_head:
    case Fault::silence:
      return true;
    case Fault::closes_when_idle:
      if (c.is_read && !c.closes_at) c.closes_at = now + std::chrono::microseconds{random_.below(30'000)};
      break;
    case Fault::none:
      break;
  }
  if (c.plan->closes) return shut(id, c), true;
  if (!c.is_read) return true;  // answered early: the rest of the request is still to come
  c.plan.reset();
  c.is_answering = c.is_read = false;
  return true;
}

void HttpOriginApp::shut(tcp::ConnId id, Connection& c) {
  if (std::exchange(c.has_shut, true)) return;
  stack_.shutdown(id);
}

bool HttpOriginApp::on_time(engine::Instant now) noexcept {
  std::vector<tcp::ConnId> due;
  for (auto& [id, c] : connections_) {
    const auto when = earlier(earlier(c.writer.due(), c.reader.due(stack_, id)), c.closes_at);
    if (when && *when <= now) due.push_back(id);
  }
  for (const tcp::ConnId id : due) pump(id, now);
  return !due.empty();
}

std::optional<engine::Instant> HttpOriginApp::next_deadline(engine::Instant) const noexcept {
  std::optional<engine::Instant> next;
  for (const auto& [id, c] : connections_)
    next = earlier(next, earlier(earlier(c.writer.due(), c.reader.due(stack_, id)), c.closes_at));
  return next;
}

}  // namespace sim
