// Back-pressure: what a slow side does to the other, and to our memory. Early responses.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/http/proxy_world.h"

namespace http {
namespace {

constexpr std::string_view get = "GET / HTTP/1.1\nHost: x\n\n";
constexpr std::string_view ok = "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi";
const std::string got_ok = returned("HTTP/1.1 200 OK\nContent-Length: 2") + "hi";

TEST(ProxyFlow, AClientThatDoesNotReadClosesTheServersWindow) {
  ProxyWorld world;
  auto client = world.connect();
  client.stops_reading();
  client.sends(get);
  auto server = world.accepted();
  const std::string body = long_body(5'000'000);
  server.queues("HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n" + body);
  world.run(2s);
  EXPECT_GT(server.unsent(), 4'000'000u);
  EXPECT_LT(world.stack().account().used(), 400u) << "mbufs: a queue and a window of 64 KiB, and what TCP adds";
  const std::uint64_t used = world.stack().account().used();
  world.run(20s);
  EXPECT_EQ(world.stack().account().used(), used);
  client.reads_again();
  EXPECT_TRUE(world.run_until([&] { return client.received() > body.size(); }));
  EXPECT_TRUE(client.sees_bytes().ends_with("\r\n\r\n" + body));
  EXPECT_EQ(server.state(), "open") << "and it serves on";
}

TEST(ProxyFlow, AServerThatDoesNotReadClosesTheClientsWindow) {
  ProxyWorld world;
  auto client = world.connect();
  const std::string body = long_body(5'000'000);
  client.queues("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n" + body);
  auto server = world.accepted();
  server.stops_reading();
  world.run(2s);
  EXPECT_GT(client.unsent(), 4'000'000u);
  EXPECT_LT(world.stack().account().used(), 500u);
  world.run(20s);
  server.reads_again();
  EXPECT_TRUE(world.run_until([&] { return server.received() > body.size(); }));
  EXPECT_TRUE(server.sees_bytes().ends_with("\r\n\r\n" + body));
  server.sends(ok);
  EXPECT_EQ(client.sees(), got_ok);
}

TEST(ProxyFlow, AClientThatReadsALittleNowAndThenIsNotGivenUp) {
  ProxyWorld world{{.peers_tcp = {.receive_buffer_max = 4096}}};
  auto client = world.connect();
  client.stops_reading();
  client.sends(get);
  auto server = world.accepted();
  const std::string body = long_body(150'000);
  server.queues("HTTP/1.1 200 OK\r\nContent-Length: 150000\r\n\r\n" + body);
  for (int i = 0; i < 20 && client.received() < 100'000; ++i) {
    world.run(20s);
    client.reads_again();
    client.stops_reading();
  }
  EXPECT_EQ(client.state(), "open") << "after 400 s, with timeouts of 60 s";
  client.reads_again();
  EXPECT_TRUE(world.run_until([&] { return client.received() > body.size(); }));
  EXPECT_TRUE(client.sees_bytes().ends_with("\r\n\r\n" + body));
}

TEST(ProxyFlow, AClientThatNeverReadsIsGivenUp) {
  ProxyWorld world;
  auto client = world.connect();
  client.stops_reading();
  client.sends(get);
  auto server = world.accepted();
  server.queues("HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n" + long_body(5'000'000));
  world.run(50s);
  EXPECT_EQ(world.proxy().sessions(), 1u);
  world.run(60s);  // 60 s after the last byte went into what the client's window had left
  EXPECT_EQ(client.state(), "reset");
  EXPECT_EQ(server.state(), "reset");
  EXPECT_EQ(world.proxy().sessions() + world.proxy().exchanges() + world.proxy().upstreams(), 0u);
}

TEST(ProxyFlow, AClientThatDoesNotReadItsAnswersIsNotReadFrom) {
  ProxyWorld world{{.edit = [](SiteParts& parts) {
    parts.rules[0].action = RespondAction{200, long_body(4'000), "text/plain"};
  }}};
  auto client = world.connect();
  client.stops_reading();
  std::string requests;
  for (int i = 0; i < 10'000; ++i) requests += "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  client.queues(requests);
  world.run(5s);
  const std::uint64_t answered = world.requests(200);
  EXPECT_LT(answered, 1'000u) << "it takes no request when there is no room for its answer";
  EXPECT_LT(world.stack().account().used(), 1'000u);
  client.reads_again();
  EXPECT_TRUE(world.run_until([&] { return world.requests(200) == 10'000 && client.received() > 40'000'000; }));
}

TEST(ProxyFlow, AClientThatStopsReadingItsAnswersIsGivenUp) {
  ProxyWorld world{{.edit = [](SiteParts& parts) {
    parts.rules[0].action = RespondAction{200, long_body(4'000), "text/plain"};
  }}};
  auto client = world.connect();
  client.stops_reading();
  std::string requests;
  for (int i = 0; i < 10'000; ++i) requests += "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  client.queues(requests);
  world.run(70s);
  EXPECT_EQ(client.state(), "reset");
  EXPECT_EQ(world.proxy().sessions(), 0u);
}

TEST(ProxyFlow, AServerThatNeitherReadsNorAnswers) {
  ProxyWorld world;
  auto client = world.connect();
  client.queues("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n" + long_body(5'000'000));
  auto server = world.accepted();
  server.stops_reading();
  world.run(25s);
  EXPECT_EQ(client.sees(), "");
  world.run(60s);  // 30 s after the last byte went into what the server's window had left
  EXPECT_EQ(client.sees(), refusal("504 Gateway Timeout", "close"));
  EXPECT_EQ(client.state(), "closed");
  EXPECT_EQ(server.state(), "reset");
}

TEST(ProxyFlow, AClientThatTakesItsLeaveWithoutReadingIsForgotten) {
  ProxyWorld world{{.edit = [](SiteParts& parts) {
    parts.rules[0].action = RespondAction{200, long_body(1'000'000), "text/plain"};
  }}};
  auto client = world.connect();
  client.stops_reading();
  client.sends("GET / HTTP/1.1\nHost: x\nConnection: close\n\n");
  EXPECT_EQ(world.proxy().sessions(), 0u) << "all was said";
  EXPECT_EQ(world.stack().connections(), 1u) << "but not heard";
  world.run(200s);
  EXPECT_EQ(world.stack().connections(), 0u);
}

TEST(ProxyFlow, TwoFullWindowsDoNotLockEachOther) {
  ProxyWorld world{{.edit = [](SiteParts& parts) {
    parts.rules[0].action = RespondAction{200, long_body(4'000), "text/plain"};
    parts.listeners[0].idle_timeout = 600s;
  }}};
  auto client = world.connect();
  client.stops_reading();
  std::string requests;
  for (int i = 0; i < 5'000; ++i) requests += "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  client.queues(requests);
  world.run(60s);  // until both ends probe
  const std::uint64_t frames = world.network().frames;
  world.run(60s);
  EXPECT_LT(world.network().frames - frames, 100u) << "now and then a probe and its answer";
  client.reads_again();
  EXPECT_TRUE(world.run_until([&] { return world.requests(200) == 5'000 && client.received() > 20'000'000; }));
}

TEST(ProxyFlow, ASlowUploadIsNobodysTimeout) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("POST / HTTP/1.1\nHost: x\nContent-Length: 6\n\n");
  auto server = world.accepted();
  for (const char c : std::string_view{"abcdef"}) {
    world.run(45s);  // longer than the response timeout, shorter than the idle timeout
    client.sends_bytes({&c, 1});
  }
  EXPECT_EQ(server.sees(), forwarded("POST / HTTP/1.1\nHost: x\nContent-Length: 6") + "abcdef");
  world.run(25s);
  server.sends(ok);
  EXPECT_EQ(client.sees(), got_ok) << "the server's time begins with the end of the request";
}

TEST(ProxyFlow, SmallChunksAreJoinedInMemory) {
  ProxyWorld world;
  auto client = world.connect();
  client.stops_reading();
  client.sends(get);
  auto server = world.accepted();
  server.sends("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n");
  std::string chunks;
  for (int i = 0; i < 10'000; ++i) chunks += "1\r\na\r\n";
  chunks += "0\r\n\r\n";
  server.queues(chunks);
  world.run(1s);
  EXPECT_LT(world.stack().account().used(), 400u) << "10,000 chunks of a byte";
  client.reads_again();
  EXPECT_TRUE(world.run_until([&] { return client.received() >= chunks.size(); }));
  const std::string seen = client.sees_bytes();
  EXPECT_EQ(dechunked(seen.substr(seen.find("\r\n\r\n") + 4)), std::string(10'000, 'a'));
}

// --- early responses

TEST(ProxyFlow, AResponseBeforeTheEndOfTheRequest) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("POST / HTTP/1.1\nHost: x\nContent-Length: 100000\n\n");
  auto server = world.accepted();
  client.sends_bytes(long_body(30'000));
  server.sends("HTTP/1.1 405 Not Allowed\nContent-Length: 2\n\nno");
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 405 Not Allowed\nContent-Length: 2", "close") + "no");
  EXPECT_EQ(client.state(), "closed");
  EXPECT_EQ(server.state(), "reset") << "it waits for the rest of the body, which nobody reads";
}

TEST(ProxyFlow, AResponseAtAnyMomentOfAnUpload) {
  for (int us = 0; us < 4'000; us += 97) {
    SCOPED_TRACE(us);
    ProxyWorld world;
    auto client = world.connect();
    client.queues("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + long_body(100'000));
    auto server = world.accepted();
    world.run(std::chrono::microseconds{us});
    server.queues("HTTP/1.1 405 Not Allowed\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nno");
    world.run(1s);
    const std::string seen = client.sees();
    EXPECT_TRUE(seen.starts_with("HTTP/1.1 405 Not Allowed\n")) << seen;
    EXPECT_TRUE(seen.ends_with("\n\nno")) << seen;
    EXPECT_EQ(client.unsent(), 0u) << "the client is not left with bytes that nobody takes";
    EXPECT_EQ(client.state(), seen.find("Connection: close") == std::string::npos ? "open" : "closed");
  }
}

TEST(ProxyFlow, AResponseThatEndsBehindTheRequest) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("POST / HTTP/1.1\nHost: x\nContent-Length: 6\n\nabc");
  auto server = world.accepted();
  server.sends("HTTP/1.1 200 OK\nContent-Length: 6\n\n123");
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK\nContent-Length: 6", "close") + "123");
  client.sends("def");
  EXPECT_EQ(server.sees(), forwarded("POST / HTTP/1.1\nHost: x\nContent-Length: 6") + "abcdef") << "an echo needs both at once";
  server.sends("456");
  EXPECT_EQ(client.sees(), "456");
  EXPECT_EQ(client.state(), "closed");
  EXPECT_EQ(server.state(), "open") << "both messages were whole";
}

TEST(ProxyFlow, AServerThatAnswersAndClosesWithoutReadingTheRequest) {
  for (const bool with_reset : {false, true}) {
    ProxyWorld world;
    auto client = world.connect();
    client.sends("POST / HTTP/1.1\nHost: x\nContent-Length: 100000\n\n");
    auto server = world.accepted();
    client.sends_bytes(long_body(30'000));
    server.queues("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
    world.run(50us);  // on its way
    with_reset ? server.resets() : server.shuts();
    EXPECT_EQ(client.sees(), returned("HTTP/1.1 413 Content Too Large\nContent-Length: 2", "close") + "no");
    EXPECT_EQ(client.state(), "closed");
    client.sends_bytes(long_body(70'000));
    EXPECT_EQ(client.unsent(), 0u);
  }
}

TEST(ProxyFlow, BothDirectionsAtOnceWithoutALock) {
  ProxyWorld world{{.account_mbufs = 1024}};
  auto client = world.connect();
  const std::string body = long_body(2'000'000);
  client.queues("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + fmt::format("{:x}\r\n", body.size()) + body +
                "\r\n0\r\n\r\n");
  auto server = world.accepted();
  server.queues("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + fmt::format("{:x}\r\n", body.size()) + body +
                "\r\n0\r\n\r\n");
  EXPECT_TRUE(world.run_until([&] { return client.received() > body.size() && server.received() > body.size(); }));
  const std::string up = server.sees_bytes(), down = client.sees_bytes();
  EXPECT_TRUE(dechunked(up.substr(up.find("\r\n\r\n") + 4)) == body);
  EXPECT_TRUE(dechunked(down.substr(down.find("\r\n\r\n") + 4)) == body);
}

}  // namespace
}  // namespace http
