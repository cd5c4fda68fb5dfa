// Little memory, many connections: requests may fail then, but nothing hangs, nothing is wrong, and it passes.
#include <algorithm>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/http/proxy_world.h"

namespace http {
namespace {

constexpr std::string_view get = "GET / HTTP/1.1\nHost: x\n\n";
constexpr std::string_view ok = "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi";
const std::string got_ok = returned("HTTP/1.1 200 OK\nContent-Length: 2") + "hi";

TEST(ProxyLimits, MoreConnectionsThanAllowedAreNotAccepted) {
  ProxyWorld world{{.connections_max = 8}};
  std::vector<Peer> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(world.connect());
  EXPECT_EQ(world.proxy().sessions(), 8u);
  auto ninth = world.connect();
  ninth.sends(get);
  EXPECT_EQ(world.proxy().sessions(), 8u);
  clients[0].sends(get);  // the server's connection would be the ninth too
  EXPECT_EQ(clients[0].sees(), refusal("503 Service Unavailable", "close"));
  EXPECT_EQ(clients[0].state(), "closed");
  clients[0].leaves();
  clients[1].leaves();
  EXPECT_TRUE(world.run_until([&] { return world.has_accepted(); }, 5s)) << "the ninth client's SYN is sent again";
  world.accepted().sends(ok);
  EXPECT_EQ(ninth.sees(), got_ok);
}

TEST(ProxyLimits, WithoutARouteToAnyServerThereIsNoConnection) {
  ProxyWorld world{{.servers = 2, .edit = [](SiteParts& parts) {
                      for (ServerSettings& server : parts.pools[0].servers) server.address = {engine::Ipv4{192, 0, 2, 1}, 80};
                    }}};
  auto client = world.connect();
  for (std::uint64_t i = 1; i <= 3; ++i) {
    client.sends(get);
    EXPECT_EQ(client.sees(), refusal("503 Service Unavailable")) << "it is not for the client, nor for lack of memory";
    EXPECT_EQ(world.rejected(Reject::connect_failed), i);
    EXPECT_EQ(world.server_counters(1).connect_failures.get(), i);
    EXPECT_EQ(world.server_counters(2).connect_failures.get(), i);
  }
  EXPECT_EQ(world.rejected(Reject::out_of_buffers), 0u);
  EXPECT_EQ(world.proxy().exchanges(), 0u);
}

TEST(ProxyLimits, AServerWithoutARouteIsPassedOver) {
  ProxyWorld world{{.servers = 3, .edit = [](SiteParts& parts) {
                      for (const std::size_t i : {0u, 2u}) parts.pools[0].servers[i].address = {engine::Ipv4{192, 0, 2, 1}, 80};
                    }}};
  auto client = world.connect();
  client.sends(get);
  auto server = world.accepted(2);
  server.sends(ok);
  EXPECT_EQ(client.sees(), got_ok);
  for (int i = 0; i < 4; ++i) {
    client.sends(get);
    server.sends(ok);
    EXPECT_EQ(client.sees(), got_ok);
  }
  EXPECT_EQ(world.requests(200), 5u);
  EXPECT_EQ(world.server_counters(2).requests.get(), 5u);
  EXPECT_EQ(world.server_counters(1).requests.get(), 0u) << "nothing was sent there";
}

TEST(ProxyLimits, AFullAccountRefusesRequestsAndRecovers) {
  ProxyWorld world{{.connections_max = 32, .account_mbufs = 256}};
  auto client = world.connect();
  client.sends(get);
  auto server = world.accepted();
  server.sends(ok);
  EXPECT_EQ(client.sees(), got_ok);
  auto other = world.connect();  // will need a connection of its own
  const std::uint64_t all = world.stack().account().available();
  ASSERT_TRUE(world.stack().account().try_charge(all));
  client.sends(get);
  other.sends(get);
  world.run(5s);
  world.stack().account().release(all);
  world.run(5s);
  const std::string refused = refusal("503 Service Unavailable", "close");
  for (Peer* peer : {&client, &other}) {
    const std::string seen = peer->sees();
    EXPECT_TRUE(seen.empty() || seen == refused) << seen;
    EXPECT_TRUE(seen != refused || peer->state() == "closed");
  }
  auto third = world.connect();
  third.sends(get);
  std::vector<Peer> servers{server};
  while (world.has_accepted()) servers.push_back(world.accepted());
  for (Peer& one : servers)
    if (one.state() == "open") one.sends(ok);
  EXPECT_EQ(third.sees(), got_ok);
}

TEST(ProxyLimits, AResponseUnderWayWaitsForMemory) {
  ProxyWorld world{{.account_mbufs = 512}};
  auto client = world.connect();
  client.sends(get);
  auto server = world.accepted();
  const std::string body = long_body(500'000);
  server.queues("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + fmt::format("{:x}\r\n", body.size()));
  world.settle();
  const std::uint64_t all = world.stack().account().available();
  ASSERT_TRUE(world.stack().account().try_charge(all));
  server.queues(body + "\r\n0\r\n\r\n");
  world.run(10s);  // what it holds and gives back is all it has
  world.stack().account().release(all);
  EXPECT_TRUE(world.run_until([&] { return client.received() > body.size(); }));
  const std::string seen = client.sees_bytes();
  EXPECT_TRUE(dechunked(seen.substr(seen.find("\r\n\r\n") + 4)) == body);
}

TEST(ProxyLimits, ManyTransfersWithLittleMemoryAllArriveOrAreRefused) {
  for (const std::uint64_t account : {128u, 300u, 700u}) {
    SCOPED_TRACE(account);
    ProxyWorld world{{.connections_max = 64, .account_mbufs = account, .edit = [](SiteParts& parts) {
                        parts.pools[0].settings.keepalive_idle = 0;
                      }}};
    const std::string body = long_body(300'000);
    const std::string whole = "\r\n\r\n" + body;
    std::vector<Peer> clients, servers;
    for (int i = 0; i < 16; ++i) {
      clients.push_back(world.connect());
      clients.back().queues("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 300000" + whole);
    }
    const auto is_over = [&] {
      while (world.has_new()) {  // answered while it is still read: both directions of every exchange are busy
        servers.push_back(world.accepted());
        servers.back().queues("HTTP/1.1 200 OK\r\nContent-Length: 300000" + whole);
      }
      return std::all_of(clients.begin(), clients.end(), [](const Peer& client) { return client.has_fin(); });
    };
    EXPECT_TRUE(world.run_until(is_over, 120s));
    std::size_t served = 0;
    for (Peer& client : clients) {
      const std::string seen = client.sees_bytes();
      served += seen.ends_with(whole) ? 1 : 0;
      EXPECT_TRUE(seen.ends_with(whole) || seen.starts_with("HTTP/1.1 503")) << seen.substr(0, 200);
    }
    EXPECT_EQ(served + world.rejected(Reject::out_of_buffers), clients.size());
    EXPECT_GE(served, account == 128 ? 4u : account == 300 ? 12u : 16u);
    for (Peer& server : servers) {  // not all of it where the response came to its end first
      const std::string seen = server.sees_bytes();
      EXPECT_TRUE(whole.starts_with(seen.substr(seen.find("\r\n\r\n"))));
    }
  }
}

TEST(ProxyLimits, ManyLargeHeadsWithLittleMemoryAllArriveOrAreRefused) {
  const std::string field = "A: " + std::string(16'000, 'a');
  const std::string answer = "HTTP/1.1 200 OK\nB: " + std::string(30'000, 'b');
  for (const std::uint64_t account : {128u, 300u, 700u, 2048u}) {
    SCOPED_TRACE(account);
    ProxyWorld world{{.connections_max = 64, .account_mbufs = account, .edit = [](SiteParts& parts) {
                        parts.pools[0].settings.keepalive_idle = 0;
                      }}};
    std::vector<Peer> clients, servers;
    for (int i = 0; i < 24; ++i) {
      clients.push_back(world.connect());
      clients.back().queues("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + field + "\r\n\r\n");
    }
    const auto is_over = [&] {
      while (world.has_new()) {
        servers.push_back(world.accepted());
        servers.back().queues("HTTP/1.1 200 OK\r\nB: " + std::string(30'000, 'b') + "\r\nContent-Length: 0\r\n\r\n");
      }
      return std::all_of(clients.begin(), clients.end(), [](const Peer& client) { return client.has_fin(); });
    };
    EXPECT_TRUE(world.run_until(is_over, 1s)) << "before any timeout of heads: memory goes to those who can use it";
    std::size_t served = 0;
    for (Peer& client : clients) {
      const std::string seen = client.sees();
      served += seen.starts_with(answer) ? 1 : 0;
      EXPECT_TRUE(seen.starts_with(answer) || seen == refusal("503 Service Unavailable", "close")) << seen.substr(0, 200);
    }
    EXPECT_EQ(served + world.rejected(Reject::out_of_buffers), clients.size());
    EXPECT_GE(served, account == 2048 ? 24u : account == 700 ? 8u : 1u);
  }
}

TEST(ProxyLimits, IdleConnectionsDoNotHoldWhatABusyOneNeeds) {
  ProxyWorld world{{.connections_max = 64}};
  std::vector<Peer> uploads, servers;
  const std::string body = long_body(2'000'000);
  for (int i = 0; i < 8; ++i) {  // each of them widens its window, and then has nothing more to say
    uploads.push_back(world.connect());
    uploads.back().queues("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n" + body);
    servers.push_back(world.accepted());
    EXPECT_TRUE(world.run_until([&] { return servers.back().received() > body.size(); }, 10s));
  }
  auto client = world.connect();
  client.sends(get);
  auto server = world.accepted();
  server.queues("HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + body);
  const engine::Instant start = world.now();
  EXPECT_TRUE(world.run_until([&] { return client.received() > body.size(); }, 30s));
  EXPECT_LT((world.now() - start) / 1ms, 1000);
}

TEST(ProxyLimits, AllBlockedConnectionsAreWokenWhenMemoryComesBack) {
  ProxyWorld world{{.connections_max = 16, .account_mbufs = 512}};
  std::vector<Peer> clients, servers;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(world.connect());
    clients.back().sends(get);
    servers.push_back(world.accepted());
    servers.back().sends("HTTP/1.1 200 OK\nContent-Length: 4000\n\n");
  }
  engine::Account& account = world.stack().account();
  std::uint64_t taken = 0;
  const auto take_all = [&] {
    const std::uint64_t all = account.available();
    if (account.try_charge(all)) taken += all;
  };
  // One looks in vain more often than the list of those who wait has places; then the others.
  for (Peer& server : servers)
    for (int i = 0; i < 40; ++i) {
      take_all();
      server.sends_bytes(std::string(100, 'a'));
    }
  std::size_t blocked = 0;
  for (Peer& client : clients) blocked += client.received() < 4000 ? 1 : 0;
  EXPECT_GE(blocked, 5u);
  account.release(taken);
  for (Peer& client : clients) {
    EXPECT_TRUE(world.run_until([&] { return client.received() > 4000; }, 10s)) << client.received();
    EXPECT_EQ(client.state(), "open");
  }
}

}  // namespace
}  // namespace http
