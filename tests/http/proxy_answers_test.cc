// Answers of `respond` and `redirect` rules.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/http/proxy_world.h"

namespace http {
namespace {

Rule rule(std::string path, Action action) {
  Rule rule;
  rule.path = ExactPath{std::move(path)};
  rule.action = std::move(action);
  return rule;
}

/// "/small", "/large" (1 MiB), "/empty", "/none" (204), "/moved", "/there" (with every placeholder), and the pool for the rest.
ProxyWorld::Options site() {
  return {.edit = [](SiteParts& parts) {
    std::vector<Rule> rules;
    rules.push_back(rule("/small", RespondAction{200, "small\n", "text/plain"}));
    rules.push_back(rule("/large", RespondAction{200, long_body(1u << 20), "application/octet-stream"}));
    rules.push_back(rule("/empty", RespondAction{200, "", ""}));
    rules.push_back(rule("/none", RespondAction{204, "ignored", "text/plain"}));
    rules.push_back(rule("/teapot", RespondAction{418, "short and stout\n", "text/plain"}));
    rules.push_back(rule("/moved", RedirectAction{301, "https://elsewhere.example/"}));
    rules.push_back(rule("/there", RedirectAction{308, "{scheme}://{host}:8443{path}{query}#{client}-{port}-{request_id}"}));
    rules.push_back(std::move(parts.rules[0]));
    parts.rules = std::move(rules);
  }};
}

std::string answer(std::string_view status, std::string_view type, std::size_t bytes, std::string_view connection = "") {
  std::string text = "HTTP/1.1 " + std::string{status} + "\nDate: <now>\n";
  if (!type.empty()) text += "Content-Type: " + std::string{type} + "\n";
  text += "Content-Length: " + std::to_string(bytes) + "\n";
  if (!connection.empty()) text += "Connection: " + std::string{connection} + "\n";
  return text + "\n";
}

TEST(ProxyAnswers, ASmallBody) {
  ProxyWorld world{site()};
  auto client = world.connect();
  client.sends("GET /small?q HTTP/1.1\nHost: x\n\n");
  EXPECT_EQ(client.sees(), answer("200 OK", "text/plain", 6) + "small<LF>");
  client.sends("HEAD /small HTTP/1.1\nHost: x\n\n");
  EXPECT_EQ(client.sees(), answer("200 OK", "text/plain", 6));
  client.sends("GET /empty HTTP/1.1\nHost: x\n\n");
  EXPECT_EQ(client.sees(), answer("200 OK", "", 0));
  client.sends("GET /none HTTP/1.1\nHost: x\n\n");
  EXPECT_EQ(client.sees(), "HTTP/1.1 204 No Content\nDate: <now>\n\n");
  client.sends("GET /teapot HTTP/1.1\nHost: x\n\n");
  EXPECT_TRUE(client.sees().starts_with("HTTP/1.1 418"));
  client.sends("GET /small HTTP/1.0\nConnection: keep-alive\n\n");
  EXPECT_EQ(client.sees(), answer("200 OK", "text/plain", 6, "keep-alive") + "small<LF>");
  client.sends("GET /small HTTP/1.0\n\n");
  EXPECT_EQ(client.sees(), answer("200 OK", "text/plain", 6, "close") + "small<LF>");
  EXPECT_EQ(client.state(), "closed");
  EXPECT_EQ(world.requests(200), 5u);
  EXPECT_EQ(world.requests(204), 1u);
  EXPECT_EQ(world.requests(418), 1u);
}

TEST(ProxyAnswers, ManyPipelinedRequestsAreOneBurst) {
  ProxyWorld world{site()};
  auto client = world.connect();
  std::string requests, answers;
  for (int i = 0; i < 200; ++i) {
    requests += "GET /small HTTP/1.1\nHost: x\n\n";
    answers += answer("200 OK", "text/plain", 6) + "small<LF>";
  }
  client.sends(requests);
  EXPECT_EQ(client.sees(), answers);
}

TEST(ProxyAnswers, ALargeBodyIsSentFromWhereItLies) {
  ProxyWorld world{site()};
  auto client = world.connect();
  client.queues("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(world.run_until([&] { return client.received() > 1u << 20; }));
  const std::string seen = client.sees_bytes();
  EXPECT_TRUE(seen.ends_with("\r\n\r\n" + long_body(1u << 20)));
  client.sends("HEAD /large HTTP/1.1\nHost: x\n\n");
  EXPECT_EQ(client.sees(), answer("200 OK", "application/octet-stream", 1u << 20));
  EXPECT_EQ(client.state(), "open");
}

TEST(ProxyAnswers, AClientThatDoesNotReadALargeBodyCostsNoPacketMemory) {
  ProxyWorld world{site()};
  std::vector<Peer> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(world.connect());
    clients.back().stops_reading();
    clients.back().queues("GET /large HTTP/1.1\r\nHost: x\r\n\r\nGET /small HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  world.run(2s);
  EXPECT_LT(world.stack().account().used(), 10u * 80u) << "windows of 64 KiB, and heads";
  for (Peer& client : clients) client.reads_again();
  for (Peer& client : clients) {
    EXPECT_TRUE(world.run_until([&] { return client.received() > 1'048'700; }));
    EXPECT_TRUE(client.sees().ends_with("\n\nsmall<LF>"));
  }
}

TEST(ProxyAnswers, ARequestBodyIsReadAndForgotten) {
  ProxyWorld world{site()};
  auto client = world.connect();
  client.sends("POST /small HTTP/1.1\nHost: x\nContent-Length: 5\n\n12345GET /small HTTP/1.1\nHost: x\n\n");
  const std::string one = answer("200 OK", "text/plain", 6) + "small<LF>";
  EXPECT_EQ(client.sees(), one + one);
  client.sends("POST /small HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n2\nab\n");
  EXPECT_EQ(client.sees(), one);
  client.sends("GET /not-a-request-but-a-body");
  EXPECT_EQ(client.sees(), "");
  EXPECT_EQ(client.state(), "closed") << "it is no chunk either";
}

TEST(ProxyAnswers, AFixedRedirect) {
  ProxyWorld world{site()};
  auto client = world.connect();
  client.sends("GET /moved HTTP/1.1\nHost: x\n\n");
  EXPECT_EQ(client.sees(),
            "HTTP/1.1 301 Moved Permanently\nDate: <now>\nContent-Length: 0\nLocation: https://elsewhere.example/\n\n");
  client.sends("GET /moved HTTP/1.0\n\n");
  EXPECT_TRUE(client.sees().ends_with("\nConnection: close\n\n"));
  EXPECT_EQ(client.state(), "closed");
}

TEST(ProxyAnswers, ARedirectWithPlaceholders) {
  ProxyWorld world{site()};
  auto client = world.connect();
  client.sends("GET /a/../there?b=c HTTP/1.1\nHost: Example.com:8080\n\n");
  EXPECT_EQ(client.sees(),
            "HTTP/1.1 308 Permanent Redirect\nDate: <now>\nContent-Length: 0\n"
            "Location: http://Example.com:8443/there?b=c#10.0.0.1-8080-0000000000000000\n\n");
  client.sends("GET /there HTTP/1.1\nHost: x\n\n");
  EXPECT_TRUE(client.sees().ends_with("Location: http://x:8443/there#10.0.0.1--0000000000000001\n\n"));
}

TEST(ProxyAnswers, ALongLocationDoesNotFitOneMbuf) {
  ProxyWorld world{site()};
  auto client = world.connect();
  const std::string query = fmt::format("?{}", long_body(7'000));
  client.sends_bytes("GET /there" + query + " HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.sees(), "HTTP/1.1 308 Permanent Redirect\nDate: <now>\nContent-Length: 0\nLocation: http://x:8443/there" +
                               query + "#10.0.0.1--0000000000000000\n\n");
  EXPECT_EQ(client.state(), "open");
}

TEST(ProxyAnswers, TheClientBehindATrustedProxy) {
  auto options = site();
  options.edit = [base = options.edit](SiteParts& parts) {
    base(parts);
    parts.listeners[0].trusted = {*engine::parse_cidr("10.0.0.0/24"), *engine::parse_cidr("192.0.2.9")};
  };
  ProxyWorld world{options};
  auto client = world.connect();
  const auto client_of = [&](const std::string& fields) {
    client.sends("GET /there HTTP/1.1\nHost: x\n" + fields + "\n");
    const std::string seen = client.sees();
    const std::size_t at = seen.find('#') + 1;
    return seen.substr(at, seen.find('-', at) - at);
  };
  EXPECT_EQ(client_of(""), "10.0.0.1");
  EXPECT_EQ(client_of("X-Forwarded-For: 203.0.113.1\n"), "203.0.113.1");
  EXPECT_EQ(client_of("X-Forwarded-For: 203.0.113.1, 203.0.113.2, 192.0.2.9\n"), "203.0.113.2") << "the last untrusted one";
  EXPECT_EQ(client_of("X-Forwarded-For: 203.0.113.1\nX-Forwarded-For: 10.0.0.7\n"), "203.0.113.1");
  EXPECT_EQ(client_of("X-Forwarded-For: 203.0.113.1, nonsense, 10.0.0.7\n"), "10.0.0.7") << "nothing beyond it is believed";
  client.sends("GET / HTTP/1.1\nHost: x\nX-Forwarded-For: 203.0.113.1\n\n");
  EXPECT_NE(world.accepted().sees().find("X-Forwarded-For: 203.0.113.1, 10.0.0.1\n"), std::string::npos);
}

TEST(ProxyAnswers, AnUntrustedPeerSaysNothingAboutEarlierHops) {
  ProxyWorld world{site()};
  auto client = world.connect();
  client.sends("GET / HTTP/1.1\nHost: x\nX-Forwarded-For: 203.0.113.1\nX-Forwarded-Proto: https\nForwarded: for=1\n\n");
  EXPECT_EQ(world.accepted().sees(), forwarded("GET / HTTP/1.1\nHost: x"));
}

TEST(ProxyAnswers, TheDateIsOfThePresentSecondWhileOldAnswersAreOnTheirWay) {
  ProxyWorld world{site()};
  std::vector<Peer> clients;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(world.connect());
    clients.back().stops_reading();
    clients.back().queues("GET /large HTTP/1.1\r\nHost: x\r\n\r\nGET /small HTTP/1.1\r\nHost: x\r\n\r\n");
    world.run(1100ms);
  }
  std::string dates;
  for (Peer& client : clients) {
    client.reads_again();
    EXPECT_TRUE(world.run_until([&] { return client.received() > 1'048'700; }));
    const std::string seen = client.sees_bytes();
    dates += seen.substr(seen.find("08:49:"), 8) + " ";
    EXPECT_TRUE(seen.ends_with("\r\n\r\nsmall\n"));
  }
  EXPECT_EQ(dates, "08:49:37 08:49:38 08:49:39 08:49:40 08:49:41 08:49:42 ");
}

TEST(ProxyAnswers, OptionsAndTraceWithoutHopsLeftAreAnsweredHere) {
  ProxyWorld world{site()};
  auto client = world.connect();
  const std::string allow = "Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH\n";
  for (const char* target : {"/", "*", "http://x"}) {
    SCOPED_TRACE(target);
    client.sends("OPTIONS " + std::string{target} + " HTTP/1.1\nHost: x\nMax-Forwards: 0\n\n");
    EXPECT_EQ(client.sees(), "HTTP/1.1 200 OK\nDate: <now>\nContent-Length: 0\n" + allow + "\n");
  }
  client.sends("OPTIONS / HTTP/1.1\nHost: x\nMax-Forwards: 0\nContent-Length: 2\n\nhi");
  EXPECT_TRUE(client.sees().starts_with("HTTP/1.1 200 OK\n"));
  client.sends("TRACE / HTTP/1.1\nHost: x\nMax-Forwards: 0\n\n");
  EXPECT_EQ(client.sees(),
            "HTTP/1.1 405 Method Not Allowed\nDate: <now>\nContent-Type: text/plain; charset=utf-8\nContent-Length: 23\n" +
                allow + "\n405 Method Not Allowed<LF>");
  EXPECT_EQ(world.rejected(Reject::trace_refused), 1u);
  EXPECT_EQ(world.requests(200), 4u);
  EXPECT_FALSE(world.has_accepted()) << "no server hears of them";
  client.sends("TRACE / HTTP/1.1\nHost: x\nMax-Forwards: 1\n\n");
  auto server = world.accepted();
  EXPECT_EQ(server.sees(), forwarded("TRACE / HTTP/1.1\nHost: x\nMax-Forwards: 0"));
  server.sends("HTTP/1.1 200 OK\nContent-Length: 0\n\n");
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK\nContent-Length: 0"));
  client.sends("GET / HTTP/1.1\nHost: x\nMax-Forwards: 0\n\n");
  EXPECT_EQ(server.sees(), forwarded("GET / HTTP/1.1\nHost: x\nMax-Forwards: 0")) << "it says nothing about GET";
  server.sends("HTTP/1.1 200 OK\nContent-Length: 0\n\n");
}

}  // namespace
}  // namespace http
