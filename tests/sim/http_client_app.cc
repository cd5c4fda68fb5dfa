#include "tests/sim/http_client_app.h"

#include <fmt/format.h>
#include <vector>

namespace sim {

using Fault = HttpPlan::Fault;
using Framing = HttpPlan::Framing;
using Target = HttpPlan::Target;

void HttpClientApp::start(std::deque<HttpPlan> plans, std::size_t depth, engine::Instant now) {
  const auto id = stack_.connect({}, balancer_, 1, now);
  if (!id) return fail("no connection could be opened");
  Connection& c = connections_[*id] = {};
  c.waiting = std::move(plans);
  c.depth = depth;
  c.reader.set_slow(random_.below(10) == 0);
  c.writer.set_slow(random_.below(12) == 0);
}

void HttpClientApp::on_events(std::span<const tcp::Event> events, engine::Instant now) noexcept {
  for (const tcp::Event& event : events) {
    if (!stack_.is_attached(event.connection) && !event.is(tcp::Outbox::closed)) continue;
    const auto at = connections_.find(event.connection);
    if (at == connections_.end()) continue;
    Connection& c = at->second;
    c.has_fin |= event.is(tcp::Outbox::peer_closed);
    if (!event.is(tcp::Outbox::closed)) {
      pump(event.connection, now);
      continue;
    }
    c.reader.set_slow(false);
    if (event.reason == tcp::CloseReason::finished) c.messages.end();
    if (!read_responses(event.connection, c, now)) continue;
    on_end(c, now);
    connections_.erase(at);
  }
}

void HttpClientApp::pump(tcp::ConnId id, engine::Instant now) noexcept {
  Connection& c = connections_.at(id);
  if (!read_responses(id, c, now)) return;
  send_requests(c);
  c.writer.write(stack_, id, random_, now);
  // A FIN without slow readers' rest: what is until_close ends only when all was read.
  if (c.has_fin && stack_.received_bytes(id) == 0 && !c.sent.empty()) {
    c.messages.end();
    if (!read_responses(id, c, now)) return;
  }
  const bool is_over = c.sent.empty() && c.writer.is_empty() && (c.is_last || c.waiting.empty());
  if ((is_over || c.has_fin) && !c.has_shut) {
    if (c.has_fin && stack_.received_bytes(id) != 0) return;
    c.has_shut = true;
    c.writer.drop();
    stack_.shutdown(id);
  }
}

void HttpClientApp::send_requests(Connection& c) {
  while (!c.waiting.empty() && c.sent.size() < c.depth && !c.is_last && !c.awaits_continue && !c.has_fin && !c.has_shut) {
    HttpPlan plan = std::move(c.waiting.front());
    c.waiting.pop_front();
    c.writer.add(request_head(plan));
    if (plan.expects && (plan.request_bytes != 0 || plan.request_framing == Framing::chunked))
      c.awaits_continue = true;
    else
      c.writer.add(request_body(plan));
    c.is_last = !plan.keep_alive;
    c.sent.push_back(std::move(plan));
  }
}

bool HttpClientApp::read_responses(tcp::ConnId id, Connection& c, engine::Instant now) {
  bool any = c.reader.read(stack_, id, random_, now, [&](std::string_view text) { c.messages.feed(text); });
  if (any && !c.sent.empty() && c.sent.front().fault == Fault::client_resets && stack_.is_attached(id)) {
    // With all that was asked: whether the balancer had begun with the next, nobody knows.
    for (const HttpPlan& plan : c.sent) outcomes[plan.id] = Outcome::given_up;
    c.sent.clear();
    restart(c, now);
    stack_.abort(id);
    connections_.erase(id);
    return false;
  }
  for (;;) {
    const HttpReader::Step step = c.messages.next(!c.sent.empty() && c.sent.front().method == "HEAD");
    if (step == HttpReader::Step::bad) return fail(c.messages.why()), true;
    if (step == HttpReader::Step::more) return true;
    if (step == HttpReader::Step::head) continue;
    const HttpMessage& response = c.messages.message();
    if (c.sent.empty()) return fail("a response that nobody asked for: " + response.start_line), true;
    if (response.status() >= 200) {
      on_final(c, response, now);
    } else if (c.sent.front().is_1_0) {
      fail("an interim response to HTTP/1.0");
    } else if (response.status() == 100) {
      if (!c.awaits_continue || c.sent.size() != 1) fail("100 (Continue) that nobody waits for");
      c.awaits_continue = false;
      c.writer.add(request_body(c.sent.front()));
    }
  }
}

void HttpClientApp::on_final(Connection& c, const HttpMessage& response, engine::Instant now) {
  const HttpPlan plan = std::move(c.sent.front());
  c.sent.pop_front();
  check(plan, response);
  const bool says_close = response.field("connection") == "close" || response.framing == HttpMessage::Framing::until_close;
  if (c.awaits_continue && c.sent.empty()) {  // a final response instead of 100
    c.awaits_continue = false;
    if (!says_close) fail("the connection stays open, but whether the body follows nobody knows");
  }
  if (!says_close) return;
  c.is_last = true;
  c.writer.drop();  // the balancer reads no more of it
  restart(c, now);
}

void HttpClientApp::check(const HttpPlan& plan, const HttpMessage& response) {
  const std::string name = fmt::format("answer to {} {}", plan.method, plan.target_text());
  if (response.count("date") != 1) fail("Date of " + name);
  check_persistence(plan, response);
  if (plan.is_own()) return check_own(plan, response);
  if (response.count("x-id") == 0) {  // of the balancer
    outcomes[plan.id] = Outcome::refused;
    refusals[plan.id] = response.status();
    return;
  }
  outcomes[plan.id] = Outcome::right;
  if (response.field("x-id") != std::to_string(plan.id)) return fail(name + " is of another: " + *response.field("x-id"));
  if (response.status() != plan.status) fail("status of " + name);
  if (response.field("via") != "1.1 penstock") fail("Via of " + name);
  if (plan.fault == Fault::close_in_body && plan.response_framing == Framing::until_close)
    return;  // whole, as far as one can tell
  const std::string expected = plan.has_response_body() ? response_content(plan) : std::string{};
  if (response.body != expected) fail(fmt::format("body of {}: {} of {} bytes", name, response.body.size(), expected.size()));
  if (response.framing == HttpMessage::Framing::chunked && plan.response_framing == Framing::length) fail("framing of " + name);
}

void HttpClientApp::check_own(const HttpPlan& plan, const HttpMessage& response) {
  constexpr std::array<unsigned, 6> statuses{0, 0, 200, 200, 301, 404};
  const unsigned expected = statuses[static_cast<std::size_t>(plan.target)];
  if (response.status() != expected) {
    outcomes[plan.id] = Outcome::refused;
    refusals[plan.id] = response.status();
    return;
  }
  outcomes[plan.id] = Outcome::right;
  const bool has_body = plan.method != "HEAD";
  if (plan.target == Target::fixed && response.body != (has_body ? fixed_content() : "")) fail("fixed answer");
  if (plan.target == Target::large && response.body != (has_body ? large_content() : "")) fail("large answer");
  if (plan.target == Target::moved && response.field("location") != fmt::format("http://sim/there{}", plan.target_text()))
    fail("Location");
}

/// RFC 9112 9.3.
void HttpClientApp::check_persistence(const HttpPlan& plan, const HttpMessage& response) {
  const auto connection = response.field("connection");
  if (!plan.keep_alive && connection != "close") fail(fmt::format("request {} wanted to be the last", plan.id));
  if (plan.is_1_0 && plan.keep_alive && !connection) fail(fmt::format("request {} of HTTP/1.0 is told nothing", plan.id));
  if (plan.is_1_0 && response.framing == HttpMessage::Framing::chunked) fail("chunked to HTTP/1.0");
  if (!plan.is_1_0 && response.framing == HttpMessage::Framing::until_close) fail("HTTP/1.1 could have had chunks");
}

/// The connection is gone. What was asked first and not answered is truncated; what follows may be asked elsewhere.
void HttpClientApp::on_end(Connection& c, engine::Instant now) {
  if (!c.sent.empty()) {
    outcomes[c.sent.front().id] = Outcome::truncated;
    c.sent.pop_front();
  } else if (!c.messages.is_between_messages()) {
    fail("bytes behind the last response");
  }
  restart(c, now);
}

void HttpClientApp::restart(Connection& c, engine::Instant) {
  std::deque<HttpPlan> rest = std::move(c.sent);
  for (HttpPlan& plan : c.waiting) rest.push_back(std::move(plan));
  c.sent.clear();
  c.waiting.clear();
  c.awaits_continue = false;
  if (!rest.empty()) restarts_.push_back({std::move(rest), c.depth});
}

bool HttpClientApp::on_time(engine::Instant now) noexcept {
  std::vector<tcp::ConnId> due;
  for (auto& [id, c] : connections_) {
    const auto when = earlier(c.writer.due(), c.reader.due(stack_, id));
    if (when && *when <= now) due.push_back(id);
  }
  for (const tcp::ConnId id : due) pump(id, now);
  const bool worked = !due.empty() || !restarts_.empty();
  for (; !restarts_.empty(); restarts_.pop_front()) start(std::move(restarts_.front().plans), restarts_.front().depth, now);
  return worked;
}

std::optional<engine::Instant> HttpClientApp::next_deadline(engine::Instant now) const noexcept {
  std::optional<engine::Instant> next;
  if (!restarts_.empty()) next = now;
  for (const auto& [id, c] : connections_) next = earlier(next, earlier(c.writer.due(), c.reader.due(stack_, id)));
  return next;
}

}  // namespace sim
