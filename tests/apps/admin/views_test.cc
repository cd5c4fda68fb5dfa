#include "apps/admin/views.h"

#include <gtest/gtest.h>

#include "tests/apps/admin/sample_readings.h"

namespace apps {
namespace {

std::vector<std::string> keys(const Json& object) {
  std::vector<std::string> all;
  for (const auto& [key, _] : object.items()) all.push_back(key);
  return all;
}
using Keys = std::vector<std::string>;

TEST(Views, EveryListIsAnObjectWithItems) {
  for (const auto view : {ports_view, drops_view, pools_view, listeners_view, neighbors_view}) {
    for (const Readings& readings : {sample_readings(), Readings{}}) {
      const Json json = view(readings);
      EXPECT_EQ(keys(json), Keys{"items"});
      EXPECT_TRUE(json.at("items").is_array());
    }
  }
}

TEST(Views, APortHasTheNamesOfItsKeysAndMetrics) {
  const Json items = ports_view(sample_readings()).at("items");
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0], Json::parse(R"({"name": "lan", "up": true, "device": "tap:ps-lan", "driver": "net_tap",
      "mac": "02:00:00:00:00:01", "addresses": ["198.18.0.1/24", "198.18.0.2/24"], "mtu": 1500, "queues": {"rx": 2, "tx": 2},
      "rx_descriptors": 1024, "tx_descriptors": 512, "rss": "software", "rx_packets_total": 100, "rx_bytes_total": 6400,
      "tx_packets_total": 90, "tx_bytes_total": 9000, "rx_missed_total": 7, "drops_total": 9})"));
  EXPECT_EQ(items[1].at("up"), false);
  EXPECT_EQ(items[1].at("addresses"), Json::array());
}

TEST(Views, ADropHasItsHelpAndItsLastExamples) {
  const Json items = drops_view(sample_readings()).at("items");
  ASSERT_EQ(items.size(), 3u) << "those at 0, too";
  EXPECT_EQ(items[1], Json::parse(R"({"layer": "ip", "reason": "no_route", "port": "lan", "drops_total": 2,
      "help": "no route to the destination", "examples": [{"text": "10.0.0.1:5 > 10.0.0.2:6 udp len 3, 0.2 s ago on port lan",
      "packet": "10.0.0.1:5 > 10.0.0.2:6 udp len 3", "port": "lan", "worker": 1, "age_seconds": 0.25}]})"));
  EXPECT_EQ(items[2].at("drops_total"), 0);
  EXPECT_EQ(items[2].at("port"), "");
}

TEST(Views, PoolsAreThoseOfThePublishedConfiguration) {
  const Json items = pools_view(sample_readings()).at("items");
  ASSERT_EQ(items.size(), 1u);
  EXPECT_EQ(keys(items[0]), (Keys{"name", "servers", "request_duration_seconds"}));
  ASSERT_EQ(items[0].at("servers").size(), 1u) << "a server that is gone is no server of the pool";
  EXPECT_EQ(items[0].at("servers")[0],
            Json::parse(R"({"name": "a", "address": "10.0.0.1:8080", "up": true, "connections": 5, "idle_connections": 4,
      "requests_total": 41, "retries_total": 3, "connect_failures_total": 1, "failures_total": 2})"));
}

TEST(Views, AHistogramIsCumulativeLikeItsMetric) {
  const Json histogram = listeners_view(sample_readings()).at("items").at(0).at("request_duration_seconds");
  EXPECT_EQ(histogram.at("count"), 43);
  EXPECT_DOUBLE_EQ(histogram.at("sum").get<double>(), 12.345678);
  const Json& buckets = histogram.at("buckets");
  ASSERT_EQ(buckets.size(), 17u);
  EXPECT_EQ(buckets[0], Json::parse(R"({"le": 0.0001, "count": 40})"));
  EXPECT_EQ(buckets[3], Json::parse(R"({"le": 0.001, "count": 42})"));
  EXPECT_EQ(buckets[15], Json::parse(R"({"le": 10.0, "count": 42})"));
  EXPECT_EQ(buckets[16], Json::parse(R"({"le": "+Inf", "count": 43})"));
}

TEST(Views, ListenersThatAreGoneAreNotListed) {
  const Json items = listeners_view(sample_readings()).at("items");
  ASSERT_EQ(items.size(), 1u);
  EXPECT_EQ(keys(items[0]),
            (Keys{"name", "address", "connections", "request_bytes_total", "response_bytes_total", "request_duration_seconds"}));
  EXPECT_EQ(items[0].at("address"), Json::array({"198.18.0.10:80"}));
}

TEST(Views, NeighborsSayWhoIsPermanent) {
  const Json items = neighbors_view(sample_readings()).at("items");
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0], Json::parse(R"({"address": "198.18.0.9", "mac": "02:00:00:00:00:09", "port": "lan", "permanent": false,
      "age_seconds": 1.5})"));
  EXPECT_EQ(items[1].at("permanent"), true);
}

TEST(Views, StatsHaveASectionPerLayer) {
  const Json stats = stats_view(sample_readings());
  EXPECT_EQ(keys(stats), (Keys{"instance", "ready", "not_ready_reason", "version", "dpdk", "uptime_seconds", "start_time_seconds",
                               "tsc_hz", "workers", "engine", "tcp", "http", "memory"}));
  EXPECT_EQ(stats.at("instance"), "edge1");
  EXPECT_EQ(stats.at("ready"), true);
  EXPECT_EQ(stats.at("uptime_seconds"), 42.124);
  EXPECT_EQ(stats.at("engine").at("drops_total"), 9);
  EXPECT_EQ(stats.at("engine").at("packets_unaccounted"), 0);
  EXPECT_EQ(stats.at("engine").at("steered_packets_total"), 22);
  EXPECT_EQ(stats.at("engine").at("config_reloads_total"), Json::parse(R"({"ok": 4, "failed": 3})"));
  EXPECT_EQ(stats.at("tcp").at("connections"), Json::parse(R"({"syn_sent": 1, "established": 12, "time_wait": 3})"));
  EXPECT_EQ(stats.at("tcp").at("accepted_total"), 31);
  EXPECT_EQ(stats.at("http").at("requests_total"), 44);
  EXPECT_EQ(stats.at("http").at("requests")[0],
            Json::parse(R"({"listener": "web", "pool": "api", "server": "a", "code": 200, "requests_total": 41})"));
  EXPECT_EQ(stats.at("http").at("rejected_total"), Json::parse(R"({"malformed": 5})"));
  EXPECT_EQ(stats.at("memory").at("account_used_mbufs"), 65);
  EXPECT_EQ(stats.at("memory").at("account_size_mbufs"), 5016);
  EXPECT_EQ(stats.at("memory").at("mempools")[0],
            Json::parse(R"({"mempool": "worker0", "size_mbufs": 8000, "available_mbufs": 7000})"));
  EXPECT_EQ(stats.at("workers")[1].at("cpu"), 2);
  EXPECT_EQ(stats.at("workers")[0].at("busy_cycles_total"), 1000);
}

TEST(Views, WhoIsNotReadySaysWhy) {
  Readings readings = sample_readings();
  readings.not_ready = "stopping";
  EXPECT_EQ(stats_view(readings).at("ready"), false);
  EXPECT_EQ(stats_view(readings).at("not_ready_reason"), "stopping");
}

TEST(Views, TextIsUtf8WhateverTheBytesWere) {
  const std::string text = to_text({{"what", "a\xff\"b"}});
  EXPECT_EQ(text, "{\n  \"what\": \"a\xef\xbf\xbd\\\"b\"\n}\n");
  EXPECT_EQ(Json::parse(text).at("what"), "a\xef\xbf\xbd\"b");
}

}  // namespace
}  // namespace apps
