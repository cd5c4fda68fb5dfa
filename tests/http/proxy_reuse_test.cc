// Connections to servers that are kept: reused, closed when idle, found stale.   Spec: RFC 9110 9.2.2, RFC 9112 9.
#include <gtest/gtest.h>

#include "tests/http/proxy_world.h"

namespace http {
namespace {

constexpr std::string_view get = "GET / HTTP/1.1\nHost: x\n\n";
constexpr std::string_view ok = "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi";
const std::string got_ok = returned("HTTP/1.1 200 OK\nContent-Length: 2") + "hi";

/// A world whose only server has answered one request and whose connection is kept.
struct Kept {
  explicit Kept(const ProxyWorld::Options& options = {}) : world{options}, client{world.connect()}, server{answer()} {}
  Peer answer() {
    client.sends(get);
    auto first = world.accepted();
    EXPECT_EQ(first.sees(), forwarded("GET / HTTP/1.1\nHost: x"));
    first.sends(ok);
    EXPECT_EQ(client.sees(), got_ok);
    EXPECT_EQ(world.server_counters(1).idle.get(), 1u);
    return first;
  }
  ProxyWorld world;
  Peer client, server;
};

TEST(ProxyReuse, RequestsOfSeveralClientsShareAConnectionOneAfterTheOther) {
  Kept k;
  auto other = k.world.connect();
  other.sends(get);
  EXPECT_FALSE(k.world.has_accepted());
  EXPECT_EQ(k.server.sees(), forwarded("GET / HTTP/1.1\nHost: x"));
  k.server.sends(ok);
  EXPECT_EQ(other.sees(), got_ok);
  EXPECT_EQ(k.world.counters().upstream_opened.get(), 1u);
  EXPECT_EQ(k.world.counters().upstream_reused.get(), 1u);
}

TEST(ProxyReuse, ConcurrentRequestsHaveAConnectionEachAndTheIdleLimitHolds) {
  ProxyWorld world{{.edit = [](SiteParts& parts) { parts.pools[0].settings.keepalive_idle = 2; }}};
  std::vector<Peer> clients, servers;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(world.connect());
    clients.back().sends(get);
    servers.push_back(world.accepted());
  }
  for (Peer& server : servers) server.sends(ok);
  for (Peer& client : clients) EXPECT_EQ(client.sees(), got_ok);
  EXPECT_EQ(world.server_counters(1).idle.get(), 2u);
  EXPECT_EQ(servers[0].state() + servers[1].state() + servers[2].state(), "openopenclosed");
}

TEST(ProxyReuse, WithoutKeepaliveEachRequestHasItsConnection) {
  ProxyWorld world{{.edit = [](SiteParts& parts) { parts.pools[0].settings.keepalive_idle = 0; }}};
  auto client = world.connect();
  for (int i = 0; i < 2; ++i) {
    client.sends(get);
    auto server = world.accepted();
    server.sends(ok);
    EXPECT_EQ(client.sees(), got_ok);
    EXPECT_EQ(server.state(), "closed");
  }
}

TEST(ProxyReuse, AnIdleConnectionIsClosedAfterItsTimeout) {
  Kept k;
  k.world.run(29s);
  EXPECT_EQ(k.server.state(), "open");
  k.world.run(2s);
  EXPECT_EQ(k.server.state(), "closed");
  EXPECT_EQ(k.world.server_counters(1).idle.get(), 0u);
  EXPECT_EQ(k.client.state(), "open") << "the client's connection has its own";
}

TEST(ProxyReuse, EveryRequestStartsTheIdleTimeoutAnew) {
  Kept k;
  for (int i = 0; i < 3; ++i) {
    k.world.run(20s);
    k.client.sends(get);
    k.server.sends(ok);
    EXPECT_EQ(k.client.sees(), got_ok);
  }
  EXPECT_EQ(k.server.state(), "open");
}

TEST(ProxyReuse, AConnectionThatTheServerClosesWhileIdleIsForgotten) {
  Kept k;
  k.server.shuts();
  EXPECT_EQ(k.world.proxy().upstreams(), 0u);
  EXPECT_EQ(k.server.state(), "closed");
  k.client.sends(get);
  k.world.accepted().sends(ok);
  EXPECT_EQ(k.client.sees(), got_ok);
}

TEST(ProxyReuse, BytesOnAnIdleConnectionBelongToNobody) {
  Kept k;
  k.server.sends("HTTP/1.1 200 OK\nContent-Length: 4\n\nevil");
  EXPECT_EQ(k.server.state(), "reset");
  k.client.sends(get);
  k.world.accepted().sends(ok);
  EXPECT_EQ(k.client.sees(), got_ok);
}

TEST(ProxyReuse, BytesBehindAResponseBelongToNobody) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends(get);
  auto server = world.accepted();
  server.sends("HTTP/1.1 200 OK\nContent-Length: 2\n\nhiHTTP/1.1 200 OK\nContent-Length: 4\n\nevil");
  EXPECT_EQ(client.sees(), got_ok);
  EXPECT_NE(server.state(), "open");
  client.sends(get);
  world.accepted().sends(ok);
  EXPECT_EQ(client.sees(), got_ok);
}

// --- retries

TEST(ProxyReuse, AnIdempotentRequestOnAStaleConnectionIsSentAgain) {  // RFC 9112 9.3.1
  for (const bool with_reset : {false, true}) {
    SCOPED_TRACE(with_reset ? "RST" : "FIN");
    Kept k;
    k.client.sends(get);
    EXPECT_EQ(k.server.sees(), forwarded("GET / HTTP/1.1\nHost: x")) << "over the connection that is about to go";
    with_reset ? k.server.resets() : k.server.shuts();
    auto second = k.world.accepted();
    EXPECT_EQ(second.sees(), forwarded("GET / HTTP/1.1\nHost: x"));
    second.sends(ok);
    EXPECT_EQ(k.client.sees(), got_ok);
    EXPECT_EQ(k.world.counters().upstream_retries.get(), 1u);
  }
}

TEST(ProxyReuse, APostOnAStaleConnectionIsNotSentAgain) {  // RFC 9110 9.2.2: it may have been carried out
  Kept k;
  k.client.sends("POST / HTTP/1.1\nHost: x\nContent-Length: 0\n\n");
  k.server.resets();
  EXPECT_EQ(k.client.sees(), refusal("502 Bad Gateway"));
  EXPECT_FALSE(k.world.has_accepted());
  EXPECT_EQ(k.client.state(), "open");
}

TEST(ProxyReuse, ARequestWithABodyIsNotSentAgain) {
  Kept k;
  k.client.sends("PUT / HTTP/1.1\nHost: x\nContent-Length: 3\n\nabc");
  k.server.resets();
  EXPECT_EQ(k.client.sees(), refusal("502 Bad Gateway"));
  EXPECT_FALSE(k.world.has_accepted());
}

TEST(ProxyReuse, ARequestOnANewConnectionIsNotSentAgain) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends(get);
  world.accepted().resets();
  EXPECT_EQ(client.sees(), refusal("502 Bad Gateway")) << "the server got it and gave up: once more would be no better";
  EXPECT_FALSE(world.has_accepted());
  EXPECT_EQ(world.server_counters(1).failures.get(), 1u);
}

TEST(ProxyReuse, ARetryIsTheLast) {
  Kept k;
  k.client.sends(get);
  k.server.resets();
  k.world.accepted().resets();
  EXPECT_EQ(k.client.sees(), refusal("502 Bad Gateway"));
  EXPECT_FALSE(k.world.has_accepted());
}

}  // namespace
}  // namespace http
