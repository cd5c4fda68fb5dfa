#include "apps/admin/metrics.h"

#include <gtest/gtest.h>
#include <set>

#include "apps/admin/metrics_text.h"
#include "tests/apps/admin/sample_readings.h"
#include "tests/support/exposition.h"

namespace apps {
namespace {

/// A metric of INTERFACES: its type and the labels of each sample, "le" aside.
struct Promise {
  const char *name, *type;
  std::set<std::string> labels;
};

// Not among them, because what they count is not built: penstock_tcp_syn_cookies_sent_total, penstock_pool_queue_length.
const Promise promised[] = {
    {"penstock_port_up", "gauge", {"port"}},
    {"penstock_port_rx_packets_total", "counter", {"port"}},
    {"penstock_port_tx_packets_total", "counter", {"port"}},
    {"penstock_port_rx_bytes_total", "counter", {"port"}},
    {"penstock_port_tx_bytes_total", "counter", {"port"}},
    {"penstock_drops_total", "counter", {"layer", "reason", "port"}},
    {"penstock_packets_unaccounted", "gauge", {}},
    {"penstock_mempool_available_mbufs", "gauge", {"mempool"}},
    {"penstock_mempool_size_mbufs", "gauge", {"mempool"}},
    {"penstock_worker_cycles_total", "counter", {"worker", "state"}},
    {"penstock_forwarded_packets_total", "counter", {}},
    {"penstock_routes", "gauge", {}},
    {"penstock_neighbors", "gauge", {}},
    {"penstock_tcp_connections", "gauge", {"state"}},
    {"penstock_tcp_accepted_total", "counter", {}},
    {"penstock_tcp_opened_total", "counter", {}},
    {"penstock_tcp_retransmitted_segments_total", "counter", {}},
    {"penstock_tcp_resets_sent_total", "counter", {}},
    {"penstock_http_requests_total", "counter", {"listener", "pool", "server", "code"}},
    {"penstock_http_request_duration_seconds", "histogram", {"listener"}},
    {"penstock_http_connections", "gauge", {"listener"}},
    {"penstock_http_request_bytes_total", "counter", {"listener"}},
    {"penstock_http_response_bytes_total", "counter", {"listener"}},
    {"penstock_http_rejected_total", "counter", {"reason"}},
    {"penstock_pool_request_duration_seconds", "histogram", {"pool"}},
    {"penstock_pool_connections", "gauge", {"pool", "server"}},
    {"penstock_pool_retries_total", "counter", {"pool", "server"}},
    {"penstock_pool_connect_failures_total", "counter", {"pool", "server"}},
    {"penstock_steered_packets_total", "counter", {}},
    {"penstock_config_retired", "gauge", {}},
    {"penstock_pool_server_up", "gauge", {"pool", "server"}},
    {"penstock_config_reloads_total", "counter", {"result"}},
    {"penstock_build_info", "gauge", {"version", "dpdk"}},
};

TEST(Metrics, TheTextKeepsTheFormat) {
  const auto read = support::parse_exposition(metrics_text(sample_readings()));
  for (const std::string& error : read.errors) ADD_FAILURE() << error;
  for (const auto& [name, family] : read.families) {
    EXPECT_TRUE(name.starts_with("penstock_")) << name;
    EXPECT_EQ(family.type == "counter", name.ends_with("_total")) << name;
  }
}

TEST(Metrics, NothingAtAllKeepsTheFormatToo) {
  const auto read = support::parse_exposition(metrics_text(Readings{}));
  for (const std::string& error : read.errors) ADD_FAILURE() << error;
  EXPECT_EQ(read.sum("penstock_ready"), 1);
}

TEST(Metrics, EveryPromisedNameIsThereWithItsTypeAndLabels) {
  const auto read = support::parse_exposition(metrics_text(sample_readings()));
  for (const Promise& promise : promised) {
    const auto at = read.families.find(promise.name);
    ASSERT_NE(at, read.families.end()) << promise.name;
    EXPECT_EQ(at->second.type, promise.type) << promise.name;
    EXPECT_FALSE(at->second.samples.empty()) << promise.name;
    for (const auto& sample : at->second.samples) {
      std::set<std::string> labels;
      for (const auto& [label, _] : sample.labels)
        if (label != "le") labels.insert(label);
      EXPECT_EQ(labels, promise.labels) << sample.name;
    }
  }
}

TEST(Metrics, ValuesAreThoseOfTheReading) {
  const auto read = support::parse_exposition(metrics_text(sample_readings()));
  EXPECT_EQ(read.sum("penstock_build_info", {{"version", "1.2.3"}, {"dpdk", "22.11.11"}}), 1);
  EXPECT_EQ(read.sum("penstock_port_up", {{"port", "lan"}}), 1);
  EXPECT_EQ(read.sum("penstock_port_up", {{"port", "wan"}}), 0);
  EXPECT_EQ(read.sum("penstock_port_rx_packets_total", {{"port", "lan"}}), 100);
  EXPECT_EQ(read.sum("penstock_port_rx_bytes_total", {{"port", "lan"}}), 6400);
  EXPECT_EQ(read.sum("penstock_port_tx_packets_total", {{"port", "lan"}}), 90);
  EXPECT_EQ(read.sum("penstock_port_tx_bytes_total", {{"port", "lan"}}), 9000);
  EXPECT_EQ(read.sum("penstock_drops_total", {{"layer", "port"}, {"reason", "rx_missed"}, {"port", "lan"}}), 7);
  EXPECT_EQ(read.sum("penstock_drops_total", {{"layer", "tcp"}, {"reason", "no_listener"}, {"port", ""}}), 0);
  EXPECT_EQ(read.sum("penstock_drops_total"), 9);
  EXPECT_EQ(read.sum("penstock_mempool_available_mbufs", {{"mempool", "worker0"}}), 7000);
  EXPECT_EQ(read.sum("penstock_mempool_size_mbufs"), 12'000);
  EXPECT_EQ(read.sum("penstock_worker_cycles_total", {{"worker", "0"}, {"state", "busy"}}), 1000);
  EXPECT_EQ(read.sum("penstock_worker_cycles_total", {{"worker", "1"}, {"state", "idle"}}), 12);
  EXPECT_EQ(read.sum("penstock_forwarded_packets_total"), 21);
  EXPECT_EQ(read.sum("penstock_steered_packets_total"), 22);
  EXPECT_EQ(read.sum("penstock_routes"), 6);
  EXPECT_EQ(read.sum("penstock_neighbors"), 2);
  EXPECT_EQ(read.sum("penstock_config_retired"), 1);
  EXPECT_EQ(read.sum("penstock_config_generation"), 5);
  EXPECT_EQ(read.sum("penstock_config_reloads_total", {{"result", "ok"}}), 4);
  EXPECT_EQ(read.sum("penstock_config_reloads_total", {{"result", "failed"}}), 3);
  EXPECT_EQ(read.sum("penstock_tcp_connections", {{"state", "established"}}), 12);
  EXPECT_EQ(read.sum("penstock_tcp_accepted_total"), 31);
  EXPECT_EQ(read.sum("penstock_tcp_opened_total"), 32);
  EXPECT_EQ(read.sum("penstock_tcp_retransmitted_segments_total"), 33);
  EXPECT_EQ(read.sum("penstock_tcp_resets_sent_total"), 34);
}

TEST(Metrics, RequestsArePerListenerPoolServerAndCode) {
  const auto read = support::parse_exposition(metrics_text(sample_readings()));
  const std::string name = "penstock_http_requests_total";
  EXPECT_EQ(read.sum(name, {{"listener", "web"}, {"pool", "api"}, {"server", "a"}, {"code", "200"}}), 41);
  EXPECT_EQ(read.sum(name, {{"listener", "web"}, {"pool", ""}, {"server", ""}, {"code", "404"}}), 2) << "an answer of our own";
  EXPECT_EQ(read.sum("penstock_http_requests_beyond_table_total"), 1);
  EXPECT_EQ(read.sum("penstock_http_rejected_total", {{"reason", "malformed"}}), 5);
  EXPECT_EQ(read.sum("penstock_http_connections", {{"listener", "web"}}), 12);
  EXPECT_EQ(read.sum("penstock_http_request_bytes_total", {{"listener", "web"}}), 4100);
  EXPECT_EQ(read.sum("penstock_http_response_bytes_total", {{"listener", "web"}}), 8200);
  EXPECT_EQ(read.sum("penstock_pool_connections", {{"pool", "api"}, {"server", "a"}}), 5);
  EXPECT_EQ(read.sum("penstock_pool_connect_failures_total", {{"pool", "api"}, {"server", "a"}}), 1);
  EXPECT_EQ(read.sum("penstock_pool_retries_total", {{"pool", "api"}, {"server", "a"}}), 3);
  EXPECT_EQ(read.sum("penstock_pool_server_up", {{"pool", "api"}, {"server", "a"}}), 1);
  EXPECT_EQ(read.sum("penstock_pool_server_up", {{"pool", "api"}, {"server", "was"}}), 0) << "it is not in the file any more";
}

TEST(Metrics, RequestTimesHaveThePromisedBuckets) {
  const auto read = support::parse_exposition(metrics_text(sample_readings()));
  const std::string name = "penstock_http_request_duration_seconds";
  std::vector<std::string> bounds;
  for (const auto& sample : read.families.at(name).samples)
    if (sample.name == name + "_bucket" && sample.labels.at("listener") == "web") bounds.push_back(sample.labels.at("le"));
  EXPECT_EQ(bounds, (std::vector<std::string>{"0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05",
                                              "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"}));
  EXPECT_EQ(read.sum(name + "_bucket", {{"listener", "web"}, {"le", "0.0001"}}), 40);
  EXPECT_EQ(read.sum(name + "_bucket", {{"listener", "web"}, {"le", "10"}}), 42);
  EXPECT_EQ(read.sum(name + "_bucket", {{"listener", "web"}, {"le", "+Inf"}}), 43);
  EXPECT_EQ(read.sum(name + "_count", {{"listener", "web"}}), 43);
  EXPECT_DOUBLE_EQ(read.sum(name + "_sum", {{"listener", "web"}}), 12.345678);
  EXPECT_EQ(read.sum("penstock_pool_request_duration_seconds_count", {{"pool", "api"}}), 41);
}

TEST(Metrics, ReadinessIsAMetric) {
  Readings stopping = sample_readings();
  stopping.not_ready = "stopping";
  EXPECT_EQ(support::parse_exposition(metrics_text(stopping)).sum("penstock_ready"), 0);
  EXPECT_EQ(support::parse_exposition(metrics_text(sample_readings())).sum("penstock_ready"), 1);
}

}  // namespace
}  // namespace apps
