// Servers that are not there, do not answer, or answer wrongly; and whose turn it is.   Spec: RFC 9110 15.6, RFC 9112 8.
#include <gtest/gtest.h>

#include "tests/http/proxy_world.h"

namespace http {
namespace {

constexpr std::string_view get = "GET / HTTP/1.1\nHost: x\n\n";
constexpr std::string_view ok = "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi";
const std::string got_ok = returned("HTTP/1.1 200 OK\nContent-Length: 2") + "hi";

TEST(ProxyUpstream, ARefusedConnectionIsTriedAtTheNextServer) {
  for (const std::string_view request : {get, std::string_view{"POST / HTTP/1.1\nHost: x\nContent-Length: 3\n\nabc"}}) {
    ProxyWorld world{{.servers = 2}};
    world.stop_listening(1);
    auto client = world.connect();
    client.sends(request);
    auto server = world.accepted(2);
    EXPECT_EQ(server.sees().substr(0, 4), request.substr(0, 4));
    server.sends(ok);
    EXPECT_EQ(client.sees(), got_ok);
    EXPECT_EQ(world.server_counters(1).connect_failures.get(), 1u);
    EXPECT_EQ(world.server_counters(2).requests.get(), 1u);
  }
}

TEST(ProxyUpstream, AllServersRefuse) {
  ProxyWorld world{{.servers = 2}};
  world.stop_listening(1);
  world.stop_listening(2);
  auto client = world.connect();
  client.sends(get);
  EXPECT_EQ(client.sees(), refusal("502 Bad Gateway"));
  EXPECT_EQ(world.rejected(Reject::server_failed), 1u);
  EXPECT_EQ(world.server_counters(1).connect_failures.get() + world.server_counters(2).connect_failures.get(), 2u);
  world.listen_again(1);
  world.listen_again(2);
  client.sends(get);
  world.accepted(1).sends(ok);
  EXPECT_EQ(client.sees(), got_ok) << "on the same connection";
}

TEST(ProxyUpstream, AServerThatDoesNotAcceptInTime) {
  ProxyWorld world;
  world.cut_off_servers(true);
  auto client = world.connect();
  client.sends(get);
  world.run(1900ms);
  EXPECT_EQ(client.sees(), "") << "two attempts of 1 s";
  world.run(200ms);
  EXPECT_EQ(client.sees(), refusal("504 Gateway Timeout"));
  EXPECT_EQ(client.state(), "open");
  EXPECT_EQ(world.rejected(Reject::connect_timeout), 1u);
}

TEST(ProxyUpstream, AServerThatDoesNotAnswerInTime) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends(get);
  auto server = world.accepted();
  world.run(29s);
  EXPECT_EQ(client.sees(), "");
  world.run(2s);
  EXPECT_EQ(client.sees(), refusal("504 Gateway Timeout"));
  EXPECT_EQ(server.state(), "reset");
  EXPECT_EQ(world.rejected(Reject::server_timeout), 1u);
  client.sends(get);
  world.accepted().sends(ok);
  EXPECT_EQ(client.sees(), got_ok);
}

TEST(ProxyUpstream, AServerThatStopsInTheMiddleOfItsResponse) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends(get);
  auto server = world.accepted();
  server.sends("HTTP/1.1 200 OK\nContent-Length: 10\n\nhalf");
  world.run(29s);
  server.sends("-");
  world.run(29s);
  EXPECT_EQ(client.state(), "open") << "each byte is a sign of life";
  world.run(2s);
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK\nContent-Length: 10") + "half-");
  EXPECT_EQ(client.state(), "closed");
  EXPECT_EQ(server.state(), "reset");
}

// --- bad responses

TEST(ProxyUpstream, AMalformedResponseIs502) {
  for (const char* bad :
       {"HTTP/1.1 200\n no colon\n\n", "garbage\n\n", "HTTP/1.1 200 OK\nContent-Length: 1\nContent-Length: 2\n\nab",
        "HTTP/1.1 200 OK\nContent-Length: 1\nTransfer-Encoding: chunked\n\n0\n\n", "HTTP/1.1 200 OK\nTransfer-Encoding: gzip\n\n",
        "HTTP/1.1 101 Switching Protocols\n\n", "HTTP/1.1 999 Odd\n\n", "HTTP/1.1 204 No Content\nContent-Length: 5\n\nhello",
        "ICY 200 OK\n\n"}) {
    SCOPED_TRACE(bad);
    ProxyWorld world;
    auto client = world.connect();
    client.sends(get);
    auto server = world.accepted();
    server.sends(bad);
    EXPECT_EQ(client.sees(), refusal("502 Bad Gateway"));
    EXPECT_EQ(client.state(), "open");
    EXPECT_EQ(server.state(), "reset");
    EXPECT_EQ(world.rejected(Reject::bad_response), 1u);
    EXPECT_EQ(world.server_counters(1).failures.get(), 1u);
  }
}

TEST(ProxyUpstream, AResponseHeadThatIsTooLargeIs502) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends(get);
  auto server = world.accepted();
  server.sends_bytes("HTTP/1.1 200 OK\r\nA: " + std::string(40'000, 'a'));
  EXPECT_EQ(client.sees(), refusal("502 Bad Gateway"));
}

TEST(ProxyUpstream, AServerThatClosesWithoutAnAnswerIs502) {
  for (const char* part : {"", "HTTP/1.1 200 O", "HTTP/1.1 103 Early Hints\n\n"}) {
    SCOPED_TRACE(part);
    ProxyWorld world;
    auto client = world.connect();
    client.sends("GET / HTTP/1.0\nHost: x\nConnection: keep-alive\n\n");  // 1.0: sees no interim response
    auto server = world.accepted();
    if (*part != 0) server.sends(part);
    server.shuts();
    EXPECT_EQ(client.sees(), refusal("502 Bad Gateway", "keep-alive"));
    EXPECT_EQ(client.state(), "open");
  }
}

/// The client must not take what it got for a whole message.
struct Truncation {
  std::string_view request, response;
  std::string seen, state;
};

TEST(ProxyUpstream, AServerThatClosesInTheMiddleLeavesATruncatedMessage) {  // RFC 9112 8
  const std::string_view old_get = "GET / HTTP/1.0\nHost: x\n\n";
  const Truncation cases[] = {
      {get, "HTTP/1.1 200 OK\nContent-Length: 10\n\nhalf", returned("HTTP/1.1 200 OK\nContent-Length: 10") + "half", "closed"},
      {get, "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n8\nhalf",
       returned("HTTP/1.1 200 OK\nTransfer-Encoding: chunked") + "4\nhalf", "closed"},
      {get, "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n4\nhalf\n",
       returned("HTTP/1.1 200 OK\nTransfer-Encoding: chunked") + "4\nhalf", "closed"},
      // Where the end of the connection is the end of the message, only RST says that it is not whole.
      {old_get, "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n8\nhalf", returned("HTTP/1.1 200 OK", "close") + "half", "reset"},
      {old_get, "HTTP/1.1 200 OK\nContent-Length: 10\n\nhalf", returned("HTTP/1.1 200 OK\nContent-Length: 10", "close") + "half",
       "closed"}};
  for (const Truncation& t : cases)
    for (const bool with_reset : {false, true}) {
      SCOPED_TRACE(testing::Message() << t.request << t.response << (with_reset ? " RST" : " FIN"));
      ProxyWorld world;
      auto client = world.connect();
      client.sends(t.request);
      auto server = world.accepted();
      server.sends(t.response);
      with_reset ? server.resets() : server.shuts();
      EXPECT_EQ(client.sees(), t.seen);
      EXPECT_EQ(client.state(), t.state);
    }
}

TEST(ProxyUpstream, AResetInAResponseThatEndsWithTheConnectionIsNoEnd) {
  for (const bool is_1_1 : {true, false}) {
    ProxyWorld world;
    auto client = world.connect();
    client.sends(is_1_1 ? "GET / HTTP/1.1\nHost: x\n\n" : "GET / HTTP/1.0\nHost: x\n\n");
    auto server = world.accepted();
    server.sends("HTTP/1.1 200 OK\n\nhalf");
    server.resets();
    if (is_1_1) {
      EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK\nTransfer-Encoding: chunked") + "4\nhalf");
      EXPECT_EQ(client.state(), "closed");
    } else {
      EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK", "close") + "half");
      EXPECT_EQ(client.state(), "reset");
    }
  }
}

TEST(ProxyUpstream, AResetInTheSameBurstIsNoEndEither) {
  const std::string_view old_get = "GET / HTTP/1.0\nHost: x\n\n";
  const Truncation cases[] = {
      {get, "HTTP/1.1 200 OK\n\nhalf", returned("HTTP/1.1 200 OK\nTransfer-Encoding: chunked") + "4\nhalf", "closed"},
      {old_get, "HTTP/1.1 200 OK\n\nhalf", "", "reset"},  // RST overtakes what was queued
      {get, "HTTP/1.1 200 OK\nContent-Length: 10\n\nhalf", returned("HTTP/1.1 200 OK\nContent-Length: 10") + "half", "closed"},
      {get, "HTTP/1.1 200 O", refusal("502 Bad Gateway"), "open"},
      {get, "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", got_ok, "open"}};
  for (const Truncation& t : cases) {
    SCOPED_TRACE(testing::Message() << t.request << t.response);
    ProxyWorld world;
    auto client = world.connect();
    client.sends(t.request);
    auto server = world.accepted();
    world.in_one_burst([&] {
      server.sends(t.response);
      server.resets();
    });
    EXPECT_EQ(client.sees(), t.seen);
    EXPECT_EQ(client.state(), t.state);
  }
}

TEST(ProxyUpstream, AMalformedChunkLeavesATruncatedMessage) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends(get);
  auto server = world.accepted();
  server.sends("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n4\nhalf\nnonsense\n");
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK\nTransfer-Encoding: chunked") + "4\nhalf");
  EXPECT_EQ(client.state(), "closed");
  EXPECT_EQ(server.state(), "reset");
}

// --- whose turn it is

TEST(ProxyUpstream, ServersTakeTurns) {
  ProxyWorld world{{.servers = 3}};
  auto client = world.connect();
  std::vector<Peer> servers;
  for (unsigned i = 0; i < 6; ++i) {
    client.sends(get);
    if (i < 3) servers.push_back(world.accepted(i + 1));
    servers[i % 3].sends(ok);
    EXPECT_EQ(client.sees(), got_ok);
  }
  for (unsigned n = 1; n <= 3; ++n) EXPECT_EQ(world.server_counters(n).requests.get(), 2u);
}

TEST(ProxyUpstream, APoolWithoutServersIs503) {
  ProxyWorld world{{.servers = 0}};
  auto client = world.connect();
  client.sends(get);
  EXPECT_EQ(client.sees(), refusal("503 Service Unavailable"));
  EXPECT_EQ(client.state(), "open");
}

TEST(ProxyUpstream, ConnectionsComeFromTheSourcesOfThePool) {
  ProxyWorld world{{.answered = {"10.0.0.11", "10.0.0.12"}, .edit = [](SiteParts& parts) {
                      parts.pools[0].settings.keepalive_idle = 0;
                      parts.pools[0].settings.sources = {engine::Ipv4{10, 0, 0, 11}, engine::Ipv4{10, 0, 0, 12}};
                    }}};
  auto client = world.connect();
  std::string sources;
  for (int i = 0; i < 3; ++i) {
    client.sends(get);
    auto server = world.accepted();
    sources += server.remote_address() + " ";
    server.sends(ok);
    EXPECT_EQ(client.sees(), got_ok);
  }
  EXPECT_EQ(sources, "10.0.0.11 10.0.0.12 10.0.0.11 ");
}

}  // namespace
}  // namespace http
