// Requests that we answer with an error, and clients that are too slow.   Spec: RFC 9110 15.5, 15.6.
#include <gtest/gtest.h>

#include "tests/http/proxy_world.h"

namespace http {
namespace {

constexpr std::string_view get = "GET / HTTP/1.1\nHost: x\n\n";
constexpr std::string_view ok = "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi";
const std::string got_ok = returned("HTTP/1.1 200 OK\nContent-Length: 2") + "hi";

ProxyWorld::Options only_path(std::string path) {
  return {.edit = [path](SiteParts& parts) { parts.rules[0].path = ExactPath{path}; }};
}

TEST(ProxyRefusal, MessagesThatAreNoRequestsEndTheConnection) {
  const struct {
    std::string_view request, status;
  } cases[] = {{"GET  / HTTP/1.1\nHost: x\n\n", "400 Bad Request"},
               {"GET / HTTP/1.1\n\n", "400 Bad Request"},
               {"GET / HTTP/1.1\nHost: x\nHost: y\n\n", "400 Bad Request"},
               {"GET / HTTP/1.1\nHost: x\nA : b\n\n", "400 Bad Request"},
               {"GET / HTTP/1.1\nHost: x\nA: b\n c\n\n", "400 Bad Request"},
               {"GET /%zz HTTP/1.1\nHost: x\n\n", "400 Bad Request"},
               {"POST / HTTP/1.1\nHost: x\nContent-Length: 1\nTransfer-Encoding: chunked\n\n0\n\n", "400 Bad Request"},
               {"POST / HTTP/1.1\nHost: x\nContent-Length: 1, 1\n\na", "400 Bad Request"},
               {"POST / HTTP/1.1\nHost: x\nTransfer-Encoding: gzip, chunked\n\n0\n\n", "501 Not Implemented"},
               {"CONNECT x:443 HTTP/1.1\nHost: x:443\n\n", "501 Not Implemented"},
               {"GET / HTTP/2.0\nHost: x\n\n", "505 HTTP Version Not Supported"}};
  for (const auto& [request, status] : cases) {
    SCOPED_TRACE(request);
    ProxyWorld world;
    auto client = world.connect();
    client.sends(request);
    EXPECT_EQ(client.sees(), refusal(status, "close"));
    EXPECT_EQ(client.state(), "closed");
    EXPECT_FALSE(world.has_accepted());
  }
}

TEST(ProxyRefusal, LimitsOfAHead) {
  for (const auto& [request, status] :
       {std::pair{"GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n", "414 URI Too Long"},
        std::pair{"GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(17'000, 'a') + "\r\n\r\n",
                  "431 Request Header Fields Too Large"}}) {
    ProxyWorld world;
    auto client = world.connect();
    client.sends_bytes(request);
    EXPECT_EQ(client.sees(), refusal(status, "close"));
    EXPECT_EQ(client.state(), "closed");
  }
}

TEST(ProxyRefusal, AHeadMayBeAsLargeAsTheListenerSaysHoweverSmallTheWindow) {
  for (const auto& [head_bytes, receive_buffer] : {std::pair{60'000u, 4u << 20}, std::pair{16'000u, 4u << 10}}) {
    SCOPED_TRACE(receive_buffer);
    ProxyWorld world{{.tcp = {.receive_buffer_max = receive_buffer},
                      .edit = [](SiteParts& parts) { parts.listeners[0].head_bytes_max = 120'000; }}};
    auto client = world.connect();
    const std::string field = "A: " + std::string(head_bytes, 'a') + "\r\n";
    client.sends_bytes("GET / HTTP/1.1\r\nHost: x\r\n" + field + "\r\n");
    auto server = world.accepted();
    EXPECT_TRUE(world.run_until([&] { return server.received() > field.size(); }, 1s));
    EXPECT_NE(server.sees_bytes().find(field), std::string::npos);
    const std::string answer = "HTTP/1.1 200 OK\r\nB: " + std::string(30'000, 'b') + "\r\nContent-Length: 0\r\n";
    server.sends_bytes(answer + "\r\n");
    EXPECT_TRUE(client.sees_bytes().starts_with(answer));
  }
}

TEST(ProxyRefusal, NoRuleIs404AndTheConnectionGoesOn) {
  ProxyWorld world{only_path("/a")};
  auto client = world.connect();
  client.sends("GET /b HTTP/1.1\nHost: x\n\n");
  EXPECT_EQ(client.sees(), refusal("404 Not Found"));
  client.sends("HEAD /b HTTP/1.1\nHost: x\n\n");
  EXPECT_EQ(client.sees() + "404 Not Found<LF>", refusal("404 Not Found")) << "the same head, no body";
  client.sends("GET /b HTTP/1.0\nConnection: keep-alive\n\n");
  EXPECT_EQ(client.sees(), refusal("404 Not Found", "keep-alive"));
  EXPECT_EQ(world.rejected(Reject::unmatched), 3u);
  EXPECT_EQ(world.requests(404), 3u);
  client.sends("GET /a HTTP/1.1\nHost: x\n\n");
  world.accepted().sends(ok);
  EXPECT_EQ(client.sees(), got_ok);
  client.sends("GET /b HTTP/1.0\n\n");
  EXPECT_EQ(client.sees(), refusal("404 Not Found", "close"));
  EXPECT_EQ(client.state(), "closed");
}

// --- bodies that nobody wants

TEST(ProxyRefusal, TheBodyOfARefusedRequestIsReadToItsEnd) {
  for (const char* body : {"Content-Length: 10\n\n0123456789", "Transfer-Encoding: chunked\n\n5\n01234\n5\n56789\n0\n\n"}) {
    ProxyWorld world{only_path("/a")};
    auto client = world.connect();
    client.sends(std::string{"POST /b HTTP/1.1\nHost: x\n"} + body + "GET /b HTTP/1.1\nHost: x\n\n");
    EXPECT_EQ(client.sees(), refusal("404 Not Found") + refusal("404 Not Found"));
    EXPECT_EQ(client.state(), "open");
  }
}

TEST(ProxyRefusal, TheBodyOfARefusedRequestMayComeLater) {
  ProxyWorld world{only_path("/a")};
  auto client = world.connect();
  client.sends("POST /b HTTP/1.1\nHost: x\nContent-Length: 100000\n\n");
  EXPECT_EQ(client.sees(), refusal("404 Not Found"));
  client.queues(long_body(100'000));
  client.sends("GET /a HTTP/1.1\nHost: x\n\n");
  world.accepted().sends(ok);
  EXPECT_EQ(client.sees(), got_ok);
}

TEST(ProxyRefusal, AnEndlessBodyIsNotReadToItsEnd) {
  ProxyWorld world{only_path("/a")};
  auto client = world.connect();
  client.sends("POST /b HTTP/1.1\nHost: x\nContent-Length: 2000000\n\n");
  EXPECT_EQ(client.sees(), refusal("404 Not Found", "close"));
  EXPECT_EQ(client.state(), "closed");
  auto other = world.connect();
  other.sends("POST /b HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n");
  EXPECT_EQ(other.sees(), refusal("404 Not Found")) << "it could be short";
  other.sends("200000\n");  // announces 2 MiB
  EXPECT_EQ(other.state(), "closed");
  EXPECT_EQ(other.sees(), "");
}

TEST(ProxyRefusal, AMalformedBodyOfARefusedRequestEndsTheConnection) {
  ProxyWorld world{only_path("/a")};
  auto client = world.connect();
  client.sends("POST /b HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\nnonsense\n");
  EXPECT_EQ(client.sees(), refusal("404 Not Found"));
  EXPECT_EQ(client.state(), "closed");
}

TEST(ProxyRefusal, AClientThatEndsWithinARefusedBody) {
  ProxyWorld world{only_path("/a")};
  auto client = world.connect();
  client.sends("POST /b HTTP/1.1\nHost: x\nContent-Length: 10\n\n01234");
  EXPECT_EQ(client.sees(), refusal("404 Not Found"));
  client.shuts();
  EXPECT_NE(client.state(), "open");
  EXPECT_EQ(world.proxy().sessions(), 0u);
}

// --- limits on bodies

TEST(ProxyRefusal, ABodyThatSaysThatItIsTooLarge) {
  ProxyWorld world{{.edit = [](SiteParts& parts) { parts.listeners[0].body_bytes_max = 1000; }}};
  auto client = world.connect();
  client.sends("POST / HTTP/1.1\nHost: x\nContent-Length: 1001\n\n");
  EXPECT_EQ(client.sees(), refusal("413 Content Too Large", "close"));
  EXPECT_EQ(client.state(), "closed");
  EXPECT_FALSE(world.has_accepted());
  auto other = world.connect();
  other.sends_bytes("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + long_body(1000));
  world.accepted().sends(ok);
  EXPECT_EQ(other.sees(), got_ok) << "as large as allowed";
}

TEST(ProxyRefusal, AChunkedBodyThatBecomesTooLarge) {
  ProxyWorld world{{.edit = [](SiteParts& parts) { parts.listeners[0].body_bytes_max = 1000; }}};
  auto client = world.connect();
  client.sends("POST / HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n4\nabcd\n");
  auto server = world.accepted();
  EXPECT_EQ(server.sees(), forwarded("POST / HTTP/1.1\nHost: x\nTransfer-Encoding: chunked") + "4\nabcd");
  client.sends("3E5\n");  // 4 + 997
  EXPECT_EQ(client.sees(), refusal("413 Content Too Large", "close"));
  EXPECT_EQ(client.state(), "closed");
  EXPECT_EQ(server.state(), "reset") << "it must not take the part for the whole";
  EXPECT_EQ(world.rejected(Reject::body_too_large), 1u);
}

TEST(ProxyRefusal, AMalformedChunk) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("POST / HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n4\nabcd\n");
  auto server = world.accepted();
  client.sends("nonsense\n");
  EXPECT_EQ(client.sees(), refusal("400 Bad Request", "close"));
  EXPECT_EQ(client.state(), "closed");
  EXPECT_EQ(server.state(), "reset");
}

// --- time

TEST(ProxyRefusal, AHeadThatIsNotCompleteInTime) {
  ProxyWorld world;
  auto client = world.connect();
  world.run(30s);
  client.sends("GET / HTTP/1.1\nHo");
  world.run(9s);
  EXPECT_EQ(client.sees(), "");
  world.run(1s);
  EXPECT_EQ(client.sees(), refusal("408 Request Timeout", "close"));
  EXPECT_EQ(client.state(), "closed");
}

TEST(ProxyRefusal, AByteNowAndThenDoesNotHelpAHead) {
  ProxyWorld world;
  auto client = world.connect();
  std::string seen;
  for (const char c : std::string_view{"GET / HTTP/1.1\r\nHost: x\r\n\r\n"}) {
    if (client.state() != "open") break;
    client.sends_bytes({&c, 1});
    world.run(1s);
    seen += client.sees();
  }
  EXPECT_EQ(seen, refusal("408 Request Timeout", "close"));
}

TEST(ProxyRefusal, TheHeadTimeoutOfTheSecondRequestBeginsWithIt) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("GET / HTTP/1.1\nHost: x\n\nGET / HT");  // a part of it comes with the first
  auto server = world.accepted();
  world.run(20s);
  server.sends(ok);
  EXPECT_EQ(client.sees(), got_ok) << "while the first is answered, nobody waits for the second";
  world.run(9s);
  EXPECT_EQ(client.state(), "open");
  world.run(2s);
  EXPECT_EQ(client.sees(), refusal("408 Request Timeout", "close"));
}

TEST(ProxyRefusal, AnIdleConnectionIsClosedWithoutAWord) {
  ProxyWorld world;
  auto fresh = world.connect();
  auto used = world.connect();
  used.sends(get);
  auto server = world.accepted();
  world.run(10s);
  server.sends(ok);
  EXPECT_EQ(used.sees(), got_ok);
  world.run(49s);
  EXPECT_EQ(fresh.state(), "open");
  world.run(2s);
  EXPECT_EQ(fresh.state(), "closed");
  EXPECT_EQ(fresh.sees(), "");
  EXPECT_EQ(used.state(), "open") << "idle since the answer";
  world.run(10s);
  EXPECT_EQ(used.state(), "closed");
  EXPECT_EQ(used.sees(), "");
}

TEST(ProxyRefusal, ABodyThatStopsArriving) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("POST / HTTP/1.1\nHost: x\nContent-Length: 10\n\n01234");
  auto server = world.accepted();
  world.run(50s);
  client.sends("5");
  world.run(50s);
  EXPECT_EQ(client.state(), "open") << "it did not stop";
  world.run(11s);
  EXPECT_EQ(client.sees(), refusal("408 Request Timeout", "close"));
  EXPECT_EQ(client.state(), "closed");
  EXPECT_EQ(server.state(), "reset");
  EXPECT_EQ(world.rejected(Reject::body_timeout), 1u);
  EXPECT_EQ(world.server_counters(1).failures.get(), 0u) << "not the server's fault";
}

TEST(ProxyRefusal, ABodyThatNeverBeginsAfter100Continue) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("POST / HTTP/1.1\nHost: x\nContent-Length: 10\nExpect: 100-continue\n\n");
  EXPECT_EQ(client.sees(), "HTTP/1.1 100 Continue\n\n");
  world.run(61s);
  EXPECT_EQ(client.sees(), refusal("408 Request Timeout", "close"));
}

TEST(ProxyRefusal, ARefusedBodyThatStopsArriving) {
  ProxyWorld world{only_path("/a")};
  auto client = world.connect();
  client.sends("POST /b HTTP/1.1\nHost: x\nContent-Length: 10\n\n01234");
  EXPECT_EQ(client.sees(), refusal("404 Not Found"));
  world.run(61s);
  EXPECT_NE(client.state(), "open");
  EXPECT_EQ(client.sees(), "") << "it has its answer";
}

// --- clients that leave

TEST(ProxyRefusal, AClientThatEndsWithinAHead) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("GET / HTTP/1.1\nHo");
  client.shuts();
  EXPECT_NE(client.state(), "open");
  EXPECT_EQ(client.sees(), "");
  EXPECT_EQ(world.proxy().sessions(), 0u);
}

TEST(ProxyRefusal, AClientThatEndsWithinABodyTakesTheRequestBack) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("POST / HTTP/1.1\nHost: x\nContent-Length: 10\n\n01234");
  auto server = world.accepted();
  client.shuts();
  EXPECT_EQ(server.state(), "reset") << "the server must not take the part for the whole";
  EXPECT_EQ(world.proxy().sessions(), 0u);
}

TEST(ProxyRefusal, AClientThatEndsBehindItsBodyInTheSameBurstIsAnswered) {
  ProxyWorld world;
  auto client = world.connect();
  world.in_one_burst([&] {
    client.sends("POST / HTTP/1.1\nHost: x\nContent-Length: 3\n\nabc");
    client.shuts();
  });
  auto server = world.accepted();
  EXPECT_EQ(server.sees(), forwarded("POST / HTTP/1.1\nHost: x\nContent-Length: 3") + "abc");
  server.sends(ok);
  EXPECT_EQ(client.sees(), got_ok);
  EXPECT_EQ(client.state(), "closed");
}

TEST(ProxyRefusal, AClientThatResetsTakesItsRequestBack) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends(get);
  auto server = world.accepted();
  server.sends("HTTP/1.1 200 OK\nContent-Length: 10\n\nhalf");
  client.resets();
  EXPECT_EQ(server.state(), "reset");
  EXPECT_EQ(world.proxy().sessions() + world.proxy().exchanges() + world.proxy().upstreams(), 0u);
}

TEST(ProxyRefusal, AClientThatResetsBeforeTheServerIsConnected) {
  ProxyWorld world;
  world.cut_off_servers(true);
  auto client = world.connect();
  client.sends(get);
  client.resets();
  EXPECT_EQ(world.proxy().sessions() + world.proxy().exchanges() + world.proxy().upstreams(), 0u);
}

TEST(ProxyRefusal, ARequestAndAResetInOneBurst) {
  ProxyWorld world;
  auto client = world.connect();
  world.in_one_burst([&] {
    client.sends(get);
    client.resets();
  });
  EXPECT_FALSE(world.has_accepted());
  EXPECT_EQ(world.proxy().sessions(), 0u);
}

}  // namespace
}  // namespace http
