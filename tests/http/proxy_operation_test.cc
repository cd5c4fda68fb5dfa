// Changes while connections are open: drain, abort, reload.
#include <gtest/gtest.h>

#include "tests/http/proxy_world.h"

namespace http {
namespace {

constexpr std::string_view get = "GET / HTTP/1.1\nHost: x\n\n";
constexpr std::string_view ok = "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi";
const std::string got_ok = returned("HTTP/1.1 200 OK\nContent-Length: 2") + "hi";
const std::string got_last_ok = returned("HTTP/1.1 200 OK\nContent-Length: 2", "close") + "hi";

// --- drain and abort

TEST(ProxyDrain, IdleConnectionsAreClosedAndNewOnesRefused) {
  ProxyWorld world;
  auto fresh = world.connect();
  auto used = world.connect();
  used.sends(get);
  auto server = world.accepted();
  server.sends(ok);
  EXPECT_EQ(used.sees(), got_ok);
  world.balancer().orders().drain = true;
  EXPECT_EQ(fresh.state(), "closed");
  EXPECT_EQ(used.state(), "closed");
  EXPECT_EQ(fresh.sees() + used.sees(), "");
  EXPECT_EQ(world.connect().state(), "refused");
}

TEST(ProxyDrain, ARequestUnderWayIsAnsweredAndToldThatItIsTheLast) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends(get);
  auto server = world.accepted();
  world.balancer().orders().drain = true;
  EXPECT_EQ(client.state(), "open");
  server.sends(ok);
  EXPECT_EQ(client.sees(), got_last_ok);
  EXPECT_EQ(client.state(), "closed");
  EXPECT_EQ(server.state(), "closed");
}

TEST(ProxyDrain, AResponseUnderWayIsCompletedAndThenTheConnectionCloses) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends(get);
  auto server = world.accepted();
  server.sends("HTTP/1.1 200 OK\nContent-Length: 6\n\nhal");
  EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK\nContent-Length: 6") + "hal");
  world.balancer().orders().drain = true;
  server.sends("ves");
  EXPECT_EQ(client.sees(), "ves");
  EXPECT_EQ(client.state(), "closed");
}

TEST(ProxyDrain, PipelinedRequestsAreAnsweredUpToTheLast) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("GET /1 HTTP/1.1\nHost: x\n\nGET /2 HTTP/1.1\nHost: x\n\n");
  auto server = world.accepted();
  world.balancer().orders().drain = true;
  server.sends(ok);
  EXPECT_EQ(client.sees(), got_last_ok) << "the second was not begun: the client sends it elsewhere";
  EXPECT_EQ(client.state(), "closed");
  EXPECT_EQ(server.sees(), forwarded("GET /1 HTTP/1.1\nHost: x"));
}

TEST(ProxyDrain, AHeadThatHasBegunMayBeCompleted) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("GET / HTTP/1.1\nHo");
  world.balancer().orders().drain = true;
  EXPECT_EQ(client.state(), "open");
  client.sends("st: x\n\n");
  world.accepted().sends(ok);
  EXPECT_EQ(client.sees(), got_last_ok);
}

TEST(ProxyDrain, OurOwnAnswersSayItToo) {
  ProxyWorld world{{.edit = [](SiteParts& parts) {
    parts.rules[0].action = RespondAction{200, "hi", "text/plain"};
    parts.rules[0].path = ExactPath{"/hi"};
  }}};
  auto hi = world.connect();
  auto none = world.connect();
  hi.sends("GET /hi HTTP/1.1\nHost: x");
  none.sends("GET /none HTTP/1.1\nHost: x");
  world.balancer().orders().drain = true;
  hi.sends("\n\n");
  none.sends("\n\n");
  EXPECT_TRUE(hi.sees().ends_with("\nConnection: close\n\nhi"));
  EXPECT_EQ(none.sees(), refusal("404 Not Found", "close"));
  EXPECT_EQ(hi.state() + none.state(), "closedclosed");
}

TEST(ProxyDrain, AFailedRequestEndsItsConnection) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends(get);
  auto server = world.accepted();
  world.balancer().orders().drain = true;
  server.resets();
  EXPECT_EQ(client.sees(), refusal("502 Bad Gateway", "close"));
  EXPECT_EQ(client.state(), "closed");
}

TEST(ProxyDrain, OfManyConnectionsAFewPerTurn) {
  ProxyWorld world{{.connections_max = 700, .account_mbufs = 4096}};
  std::vector<Peer> clients;
  for (int i = 0; i < 600; ++i) clients.push_back(world.connect());
  EXPECT_EQ(world.proxy().sessions(), 600u);
  world.balancer().orders().drain = true;
  EXPECT_TRUE(world.run_until([&] { return world.proxy().sessions() == 0; }, 1s));
}

TEST(ProxyDrain, OnEveryShard) {
  ProxyWorld world{{.shards = 3}};
  std::vector<Peer> clients;
  for (int i = 0; i < 12; ++i) clients.push_back(world.connect());
  EXPECT_EQ(world.balancer().sessions(), 12u);
  EXPECT_LT(world.proxy().sessions(), 12u) << "they are spread";
  world.balancer().orders().drain = true;
  for (Peer& client : clients) EXPECT_EQ(client.state(), "closed");
  EXPECT_EQ(world.connect().state(), "refused");
}

TEST(ProxyAbort, ResetsWhatIsThere) {
  ProxyWorld world;
  auto idle = world.connect();
  auto waiting = world.connect();
  waiting.sends(get);
  auto server = world.accepted();
  auto discarding = world.connect();
  discarding.sends("POST / HTTP/1.1\nHost: x\nContent-Length: 10\n\nabc");
  auto other = world.accepted();
  world.balancer().orders().drain = true;
  world.balancer().orders().abort = true;
  EXPECT_EQ(waiting.state() + discarding.state(), "resetreset");
  EXPECT_NE(idle.state(), "open");
  EXPECT_EQ(server.state() + other.state(), "resetreset");
  EXPECT_EQ(world.proxy().sessions() + world.proxy().exchanges() + world.proxy().upstreams(), 0u);
}

// --- reload

TEST(ProxyReload, AnUnchangedPoolKeepsItsConnections) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends(get);
  auto server = world.accepted();
  server.sends(ok);
  EXPECT_EQ(client.sees(), got_ok);
  world.reload([](SiteParts& parts) { parts.listeners[0].idle_timeout = 5s; });
  EXPECT_EQ(server.state(), "open");
  client.sends(get);
  server.sends(ok);
  EXPECT_EQ(client.sees(), got_ok);
  EXPECT_EQ(world.counters().upstream_opened.get(), 1u);
  world.run(6s);
  EXPECT_EQ(client.state(), "closed") << "the listener's new timeout";
}

TEST(ProxyReload, NewRulesCountForTheNextRequest) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("GET /1 HTTP/1.1\nHost: x\n\nGET /2 HTTP/1.1\nHost: x\n\n");
  auto server = world.accepted();
  world.reload([](SiteParts& parts) { parts.rules.clear(); });
  server.sends(ok);
  EXPECT_EQ(client.sees(), got_ok + refusal("404 Not Found"));
}

TEST(ProxyReload, AChangedPoolClosesIdleConnectionsAndFinishesOthers) {
  ProxyWorld world;
  auto first = world.connect();
  auto second = world.connect();
  first.sends(get);
  auto busy = world.accepted();
  second.sends(get);
  auto idle = world.accepted();
  idle.sends(ok);
  EXPECT_EQ(second.sees(), got_ok);
  world.reload([](SiteParts& parts) { parts.pools[0].settings.response_timeout = 5s; });
  EXPECT_EQ(idle.state(), "closed");
  EXPECT_EQ(busy.state(), "open");
  EXPECT_EQ(world.balancer().host().retired_snapshots(), 1u) << "its pool is in use";
  world.run(10s);  // the old pool's timeout holds for its requests
  busy.sends(ok);
  EXPECT_EQ(first.sees(), got_ok);
  EXPECT_EQ(busy.state(), "closed") << "not kept for a pool that is gone";
  EXPECT_EQ(world.balancer().host().retired_snapshots(), 0u);
  first.sends(get);
  auto server = world.accepted();
  world.run(6s);
  EXPECT_EQ(first.sees(), refusal("504 Gateway Timeout"));
  EXPECT_EQ(server.state(), "reset");
}

TEST(ProxyReload, APoolThatIsGoneFinishesWhatItHas) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("POST / HTTP/1.1\nHost: x\nContent-Length: 6\n\nabc");
  auto server = world.accepted();
  world.reload([](SiteParts& parts) {
    parts.pools.clear();
    parts.rules[0].action = RespondAction{200, "instead", "text/plain"};
  });
  client.sends("def");
  EXPECT_EQ(server.sees(), forwarded("POST / HTTP/1.1\nHost: x\nContent-Length: 6") + "abcdef");
  server.sends(ok);
  EXPECT_EQ(client.sees(), got_ok);
  EXPECT_EQ(server.state(), "closed");
  client.sends(get);
  EXPECT_TRUE(client.sees().ends_with("\n\ninstead"));
  EXPECT_EQ(world.balancer().host().retired_snapshots(), 0u);
}

TEST(ProxyReload, ARetryGoesToThePoolThatTheRequestBeganWith) {
  ProxyWorld world{{.servers = 2}};
  world.stop_listening(1);
  world.cut_off_servers(true);
  auto client = world.connect();
  client.sends(get);
  world.reload([](SiteParts& parts) { parts.pools[0].servers.pop_back(); });
  world.cut_off_servers(false);
  world.run(3s);  // the SYN to server 1 comes through and is refused
  world.accepted(2).sends(ok);
  EXPECT_EQ(client.sees(), got_ok);
}

TEST(ProxyReload, AFixedAnswerOnItsWayKeepsItsSnapshot) {
  const std::string body = long_body(1'000'000);
  ProxyWorld world{{.edit = [&](SiteParts& parts) { parts.rules[0].action = RespondAction{200, body, "text/plain"}; }}};
  auto client = world.connect();
  client.stops_reading();
  client.sends(get);
  world.reload([](SiteParts& parts) { parts.rules[0].action = RespondAction{200, "short", "text/plain"}; });
  EXPECT_EQ(world.balancer().host().retired_snapshots(), 1u);
  client.reads_again();
  EXPECT_TRUE(world.run_until([&] { return client.received() > body.size(); }));
  EXPECT_TRUE(client.sees_bytes().ends_with(body));
  EXPECT_EQ(world.balancer().host().retired_snapshots(), 0u);
  client.sends(get);
  EXPECT_TRUE(client.sees().ends_with("\n\nshort"));
}

TEST(ProxyReload, AListenerThatIsGone) {
  ProxyWorld world;
  auto idle = world.connect();
  auto waiting = world.connect();
  waiting.sends(get);
  auto server = world.accepted();
  auto begun = world.connect();
  begun.sends("GET / HT");
  SiteParts parts = world.default_parts();
  parts.listeners[0].name = "other";
  const engine::SocketAddress elsewhere{engine::Ipv4{10, 0, 0, 10}, 81};
  world.reload(std::move(parts), {{"other", elsewhere}});
  EXPECT_EQ(world.connect().state(), "refused");
  server.sends(ok);
  EXPECT_EQ(waiting.sees(), got_last_ok);
  EXPECT_EQ(waiting.state(), "closed");
  begun.sends("TP/1.1\nHost: x\n\n");
  EXPECT_NE(begun.state(), "open");
  world.run(61s);
  EXPECT_NE(idle.state(), "open");
  EXPECT_EQ(world.proxy().sessions(), 0u);
  auto other = world.connect(elsewhere);
  other.sends(get);
  world.accepted().sends(ok);
  EXPECT_EQ(other.sees(), got_ok);
}

TEST(ProxyReload, AListenerThatComesBackIsTheSameOne) {
  ProxyWorld world;
  auto client = world.connect();
  SiteParts parts = world.default_parts();
  parts.listeners.clear();
  world.reload(std::move(parts), {});
  EXPECT_EQ(world.connect().state(), "refused");
  world.reload([](SiteParts&) {});
  client.sends(get);
  world.accepted().sends(ok);
  EXPECT_EQ(client.sees(), got_ok) << "nobody looked at it in between";
}

TEST(ProxyReload, AConnectionThatWasAcceptedForAListenerThatIsGone) {
  ProxyWorld world;
  world.balancer().host().set_paused(true);
  auto client = world.connect();  // its SYN waits
  world.balancer().host().set_paused(false);
  SiteParts parts = world.default_parts();
  parts.listeners.clear();
  world.reload(std::move(parts), {});
  EXPECT_EQ(client.state(), "refused");
  EXPECT_EQ(world.proxy().sessions(), 0u);
}

}  // namespace
}  // namespace http
