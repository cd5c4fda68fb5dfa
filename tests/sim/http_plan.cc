#include "tests/sim/http_plan.h"

#include <algorithm>
#include <fmt/format.h>

#include "engine/random.h"
#include "tests/sim/stream_app.h"

namespace sim {

namespace {

using Framing = HttpPlan::Framing;
using Fault = HttpPlan::Fault;

std::string content(std::uint64_t stream, std::uint64_t bytes) {
  std::string text(bytes, '\0');
  for (std::uint64_t i = 0; i < bytes; ++i) text[i] = stream_byte(stream, i);
  return text;
}

/// Mostly small, sometimes many segments, often around the sizes where something changes.
std::uint64_t body_bytes(engine::Random& random) {
  switch (random.below(8)) {
    case 0:
      return 0;
    case 1:
      return 1 + random.below(3);
    case 2:
      return 1'300 + random.below(300);
    case 3:
      return random.below(120'000);
    default:
      return random.below(4'000);
  }
}

/// Cut into chunks of any sizes, with an extension and a trailer now and then.
std::string chunked(engine::Random& random, const std::string& bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t n = std::min<std::size_t>(bytes.size() - at, 1 + random.below(random.below(2) == 0 ? 20 : 6'000));
    text += fmt::format("{:x}{}\r\n", n, random.below(8) == 0 ? ";q=1" : "");
    text.append(bytes, at, n).append("\r\n");
    at += n;
  }
  return text + (random.below(8) == 0 ? "0\r\nX-Trailer: 1\r\n\r\n" : "0\r\n\r\n");
}

void choose_request(HttpPlan& plan, engine::Random& random) {
  constexpr std::array<const char*, 8> methods{"GET", "GET", "GET", "HEAD", "POST", "POST", "PUT", "DELETE"};
  plan.method = methods[random.below(methods.size())];
  plan.is_1_0 = random.below(6) == 0;
  plan.keep_alive = random.below(plan.is_1_0 ? 2 : 8) != 0;
  if (plan.method != "POST" && plan.method != "PUT") return;
  plan.request_framing = !plan.is_1_0 && random.below(2) == 0 ? Framing::chunked : Framing::length;
  plan.request_bytes = body_bytes(random);
  plan.expects = !plan.is_1_0 && random.below(5) == 0;
}

void choose_response(HttpPlan& plan, engine::Random& random) {
  constexpr std::array<unsigned, 8> statuses{200, 200, 200, 200, 404, 500, 204, 304};
  plan.status = statuses[random.below(statuses.size())];
  plan.interims = random.below(6) == 0 ? 1 + static_cast<unsigned>(random.below(3)) : 0;
  plan.response_framing = static_cast<Framing>(1 + random.below(3));
  plan.response_bytes = body_bytes(random);
  if (!plan.has_response_body()) plan.response_framing = plan.status == 204 ? Framing::none : Framing::length;
  plan.early = plan.request_framing != Framing::none && random.below(6) == 0;
  plan.closes = plan.response_framing == Framing::until_close || random.below(8) == 0;
  plan.slow = random.below(8) == 0;
}

}  // namespace

HttpPlan make_plan(std::uint64_t seed, std::uint64_t id, bool with_faults) {
  engine::Random random{seed * 1'000'003 + id};
  HttpPlan plan;
  plan.id = id;
  choose_request(plan, random);
  choose_response(plan, random);
  const std::uint64_t target = random.below(16);
  if (target < 3) plan.target = HttpPlan::Target::safe;
  if (target >= 12) plan.target = static_cast<HttpPlan::Target>(2 + target - 12);
  if (with_faults && plan.target == HttpPlan::Target::pool && random.below(3) == 0)
    plan.fault = static_cast<Fault>(1 + random.below(static_cast<std::uint64_t>(Fault::client_resets)));
  return plan;
}

std::string HttpPlan::target_text() const {
  constexpr std::array<const char*, 6> prefixes{"pool", "safe", "fixed", "large", "moved", "nowhere"};
  return fmt::format("/{}/{}", prefixes[static_cast<std::size_t>(target)], id);
}

std::string request_head(const HttpPlan& plan) {
  std::string text = fmt::format("{} {} HTTP/1.{}\r\nHost: sim\r\n", plan.method, plan.target_text(), plan.is_1_0 ? 0 : 1);
  if (plan.request_framing == Framing::length) text += fmt::format("Content-Length: {}\r\n", plan.request_bytes);
  if (plan.request_framing == Framing::chunked) text += "Transfer-Encoding: chunked\r\n";
  if (plan.expects) text += "Expect: 100-continue\r\n";
  if (plan.is_1_0 && plan.keep_alive) text += "Connection: keep-alive\r\n";
  if (!plan.is_1_0 && !plan.keep_alive) text += "Connection: close\r\n";
  if (plan.id % 7 == 0) text += fmt::format("X-Long: {}\r\n", std::string(plan.id % 5 * 900, 'l'));
  return text + "\r\n";
}

std::string request_content(const HttpPlan& plan) { return content(plan.id * 2, plan.request_bytes); }
std::string response_content(const HttpPlan& plan) { return content(plan.id * 2 + 1, plan.response_bytes); }

std::string request_body(const HttpPlan& plan) {
  if (plan.request_framing == Framing::none) return {};
  engine::Random random{plan.id};
  return plan.request_framing == Framing::chunked ? chunked(random, request_content(plan)) : request_content(plan);
}

std::string response_text(const HttpPlan& plan) {
  std::string text;
  for (unsigned i = 0; i < plan.interims; ++i)
    text += i % 2 == 0 ? "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" : "HTTP/1.1 100 Continue\r\n\r\n";
  if (plan.fault == Fault::garbage_head) return text + "HTTP/1.1 two hundred\r\nSet-Cookie\r\n\r\n";
  text += fmt::format("HTTP/1.1 {} Whatever\r\nX-Id: {}\r\n", plan.status, plan.id);
  if (plan.id % 5 == 0) text += fmt::format("X-Long: {}\r\n", std::string(plan.id % 4 * 1'100, 'l'));
  if (plan.response_framing == Framing::length) text += fmt::format("Content-Length: {}\r\n", plan.response_bytes);
  if (plan.response_framing == Framing::chunked) text += "Transfer-Encoding: chunked\r\n";
  if (plan.closes) text += "Connection: close\r\n";
  text += "\r\n";
  if (plan.fault == Fault::reset_in_head) return text.substr(0, text.size() - 1 - plan.id % 20);
  engine::Random random{plan.id + 1};
  std::string body;
  if (plan.has_response_body())
    body = plan.response_framing == Framing::chunked ? chunked(random, response_content(plan)) : response_content(plan);
  if (plan.fault == Fault::reset_in_body || plan.fault == Fault::close_in_body || plan.fault == Fault::client_resets)
    body.resize(body.size() / 2);
  if (plan.fault == Fault::garbage_chunk && plan.response_framing == Framing::chunked)
    body = body.substr(0, body.size() / 2) + "!";
  if (plan.fault == Fault::extra_bytes && plan.response_framing != Framing::until_close)
    body += "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
  return text + body;
}

std::string fixed_content() { return "a fixed answer\n"; }
std::string large_content() { return content(7, 100'000); }

}  // namespace sim
