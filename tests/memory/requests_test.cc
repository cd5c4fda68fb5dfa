// Requests through a whole instance, to its own answers and through a pool, with one worker and with two behind one queue.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/memory/world.h"

namespace memory {
namespace {

using nlohmann::json;

class Requests : public testing::TestWithParam<int> {
 protected:
  void SetUp() override { world_.start({.sections = balancer(), .engine = "", .workers = GetParam()}); }
  Peer& peer() { return world_.peer(); }
  Instance& instance() { return world_.instance(); }
  World world_;
};

TEST_P(Requests, EveryAnswerOfItsOwnIsRight) {
  {
    Load load{peer(),
              {.connections = 30,
               .request = [](std::size_t) { return get_request("/hello"); },
               .check = [](std::size_t, const Message& answer) { return expect_body(answer, "hello"); }}};
    // The first packet to a host may wait for its address, and with it some of the SYNs, until they come again.
    const auto is_done = [&] { return load.answered() >= 600 && instance().metrics().sum("penstock_tcp_accepted_total") == 30; };
    EXPECT_TRUE(peer().run_until(is_done)) << load.answered() << "\n" << instance().log();
    load.stop();
    EXPECT_TRUE(peer().run_until([&] { return load.outstanding() == 0; }));
    EXPECT_EQ(load.failed(), 0u) << load.first_failure();
    const support::Exposition metrics = instance().metrics();
    const support::Exposition::Labels own{{"listener", "web"}, {"pool", ""}, {"server", ""}, {"code", "200"}};
    EXPECT_EQ(metrics.sum("penstock_http_requests_total", own), static_cast<double>(load.answered()));
    EXPECT_EQ(metrics.sum("penstock_http_connections", {{"listener", "web"}}), 30);
    EXPECT_EQ(metrics.sum("penstock_tcp_accepted_total"), 30);
    EXPECT_EQ(metrics.sum("penstock_tcp_connections", {{"state", "established"}}), 30);
  }
  world_.expect_nothing_left();
}

/// Body of request `n`: from nothing to several windows.
std::string body_of(std::size_t n) {
  const std::size_t bytes[] = {0, 1, 100, 1'460, 5'000, 70'000};
  return std::string(bytes[n % std::size(bytes)], static_cast<char>('a' + n % 26));
}

TEST_P(Requests, EveryAnswerThroughAPoolIsTheServers) {
  std::set<Web::Handle> connections;
  std::size_t wrong_requests = 0;
  world_.web().on_request = [&](Web::Handle handle, const Message& request) -> std::optional<std::string> {
    connections.insert(handle);
    const std::size_t n = std::stoul(request.target().substr(request.target().find('=') + 1));
    const bool good = request.start == fmt::format("POST /echo?n={} HTTP/1.1", n) && request.body == body_of(n) &&
                      request.field("Host") == "test" && request.field("X-Forwarded-For") == "198.18.0.2" &&
                      request.field("Connection").empty();
    wrong_requests += good ? 0 : 1;
    return ok_response(body_of(n + 1), fmt::format("X-Number: {}\r\n", n));
  };
  {
    Load load{peer(),
              {.connections = 20,
               .request =
                   [](std::size_t n) {
                     return fmt::format("POST /echo?n={} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n{}", n,
                                        body_of(n).size(), body_of(n));
                   },
               .check =
                   [](std::size_t n, const Message& answer) {
                     if (answer.field("X-Number") != std::to_string(n)) return "an answer to another request: " + answer.head;
                     return expect_body(answer, body_of(n + 1));
                   }}};
    EXPECT_TRUE(peer().run_until([&] { return load.answered() >= 400; })) << load.answered() << "\n" << instance().log();
    load.stop();
    EXPECT_TRUE(peer().run_until([&] { return load.outstanding() == 0; }));
    EXPECT_EQ(load.failed(), 0u) << load.first_failure();
    EXPECT_EQ(wrong_requests, 0u);
    const support::Exposition metrics = instance().metrics();
    const double first = metrics.sum("penstock_http_requests_total", {{"server", "198.18.0.21:80"}, {"pool", "origins"}});
    const double second = metrics.sum("penstock_http_requests_total", {{"server", "second"}, {"pool", "origins"}});
    EXPECT_EQ(first + second, static_cast<double>(load.answered()));
    EXPECT_NEAR(first, second, 2) << "round robin";
    EXPECT_LT(connections.size(), load.answered() / 4) << "connections to servers are used again";
  }
  world_.expect_nothing_left();
}

TEST_P(Requests, WithTwoWorkersBehindOneQueuePacketsAreHandedOver) {
  // Both ends sort ports by a linear hash: the first forty flows may all belong to one worker, hundreds cannot.
  for (int round = 0; round < 20; ++round) {
    Load load{peer(),
              {.connections = 40,
               .request = [](std::size_t) { return get_request("/hello"); },
               .check = [](std::size_t, const Message& answer) { return expect_body(answer, "hello"); }}};
    EXPECT_TRUE(peer().run_until([&] { return load.answered() >= 200; })) << load.answered();
    EXPECT_EQ(load.failed(), 0u) << load.first_failure();
    if (GetParam() == 1 || instance().metric("penstock_steered_packets_total") > 100) break;
  }
  const support::Exposition metrics = instance().metrics();
  if (GetParam() == 1)
    EXPECT_EQ(metrics.sum("penstock_steered_packets_total"), 0);
  else
    EXPECT_GT(metrics.sum("penstock_steered_packets_total"), 100);
  EXPECT_EQ(metrics.sum("penstock_drops_total", {{"reason", "handover_full"}}), 0);
  for (int worker = 0; worker < GetParam(); ++worker)
    EXPECT_GT(metrics.sum("penstock_worker_cycles_total", {{"worker", std::to_string(worker)}, {"state", "busy"}}), 0) << worker;
  world_.expect_nothing_left();
}

TEST_P(Requests, TheAdminChannelTellsWhatHappens) {
  EXPECT_EQ(world_.get("/hello").body, "hello");
  ASSERT_TRUE(peer().run_until([&] { return instance().metric("penstock_http_connections") == 0; }));
  const support::Exposition metrics = instance().metrics();
  for (const std::string& error : metrics.errors) ADD_FAILURE() << error;
  EXPECT_EQ(metrics.sum("penstock_port_up", {{"port", "p"}}), 1);
  EXPECT_EQ(metrics.sum("penstock_ready"), 1);
  EXPECT_EQ(metrics.sum("penstock_http_request_duration_seconds_count", {{"listener", "web"}}), 1);
  EXPECT_EQ(metrics.sum("penstock_neighbors"), 1);
  EXPECT_EQ(instance().admin("/healthz").status(), 200);
  EXPECT_EQ(instance().admin("/readyz").body, "ready\n");

  const json port = json::parse(instance().admin("/api/v1/ports").body).at("items").at(0);
  EXPECT_EQ(port.at("driver"), "net_memif");
  EXPECT_EQ(port.at("device"), "memif:" + instance().memif_socket() + ",server");
  EXPECT_EQ(port.at("addresses"), json::array({"198.18.0.1/24"}));
  EXPECT_EQ(port.at("queues").at("rx"), 1);
  EXPECT_EQ(port.at("rss"), GetParam() == 1 ? "one worker" : "software");
  EXPECT_GT(port.at("rx_packets_total"), 3);
  const json neighbor = json::parse(instance().admin("/api/v1/neighbors").body).at("items").at(0);
  EXPECT_EQ(neighbor.at("address"), "198.18.0.2");
  EXPECT_EQ(neighbor.at("port"), "p");
  const json pool = json::parse(instance().admin("/api/v1/pools").body).at("items").at(0);
  EXPECT_EQ(pool.at("name"), "origins");
  EXPECT_EQ(pool.at("servers").at(1).at("name"), "second");
  const json listener = json::parse(instance().admin("/api/v1/listeners").body).at("items").at(0);
  EXPECT_EQ(listener.at("address"), json::array({"198.18.0.10:80"}));
  const json stats = json::parse(instance().admin("/api/v1/stats").body);
  EXPECT_EQ(stats.at("instance"), "memory");
  EXPECT_EQ(stats.at("workers").size(), static_cast<std::size_t>(GetParam()));
  EXPECT_EQ(stats.at("http").at("requests_total"), 1);
}

TEST_P(Requests, ALostPacketIsCountedWithAnExample) {
  const support::Exposition before = instance().metrics();
  EXPECT_FALSE(world_.connect(81)) << "a port without listener answers with RST";
  const json drops = json::parse(instance().admin("/api/v1/drops").body);
  bool found = false;
  for (const json& drop : drops.at("items")) {
    if (drop.at("reason") != "no_listener") continue;
    found = true;
    EXPECT_EQ(drop.at("layer"), "tcp");
    EXPECT_EQ(drop.at("port"), "");
    EXPECT_EQ(drop.at("drops_total"), before.sum("penstock_drops_total", {{"reason", "no_listener"}}) + 1);
    const std::string packet = drop.at("examples").at(0).at("packet");
    EXPECT_TRUE(packet.starts_with("198.18.0.2:")) << packet;
    EXPECT_NE(packet.find(" > 198.18.0.10:81 tcp S"), std::string::npos) << packet;
  }
  EXPECT_TRUE(found) << drops;
  EXPECT_EQ(instance().metric("penstock_tcp_resets_sent_total"), before.sum("penstock_tcp_resets_sent_total") + 1);
}

INSTANTIATE_TEST_SUITE_P(Workers, Requests, testing::Values(1, 2));

}  // namespace
}  // namespace memory
