// A reading of an instance that does not exist, with something of everything and names that need escaping.
#pragma once

#include "apps/admin/readings.h"
#include "tcp/counters.h"

namespace apps {

[[nodiscard]] inline Readings sample_readings() {
  Readings r;
  r.instance = "edge1";
  r.version = "1.2.3";
  r.dpdk = "22.11.11";
  r.started_unix_s = 1'700'000'000.25;
  r.uptime_s = 42.1239;
  r.tsc_hz = 2'000'000'000;
  PortReading lan;
  lan.info.name = "lan";
  lan.info.device = "tap:ps-lan";
  lan.info.driver = "net_tap";
  lan.info.mac = {{2, 0, 0, 0, 0, 1}};
  lan.info.rx_queues = lan.info.tx_queues = 2;
  lan.info.rx_descriptors = 1024;
  lan.info.tx_descriptors = 512;
  lan.info.rss = engine::RssMode::software;
  lan.addresses = {"198.18.0.1/24", "198.18.0.2/24"};
  lan.status = {true, 7, 0, 0, 0};
  lan.rx_packets = 100, lan.rx_bytes = 6400, lan.tx_packets = 90, lan.tx_bytes = 9000, lan.drops = 9;
  PortReading wan;
  wan.info.name = "wan";
  wan.info.rss = engine::RssMode::single;
  r.ports = {lan, wan};
  r.drops = {{"port", "rx_missed", "lost in the NIC", "lan", 7, {}},
             {"ip", "no_route", "no route to the destination", "lan", 2, {{"10.0.0.1:5 > 10.0.0.2:6 udp len 3", "lan", 1, 0.25}}},
             {"tcp", "no_listener", "nobody listens", "", 0, {}}};
  r.workers.resize(2);
  r.workers[0] = {3, 1000, 2000, 30, 4, 0, 50, 5000};
  r.workers[1] = {2, 11, 12, 13, 14, 0, 15, 16};
  r.mempools = {{"worker0", 8000, 7000}, {"worker0_ref", 4000, 4000}};
  r.neighbors = {{"lan", "198.18.0.9", "02:00:00:00:00:09", false, 1.5}, {"lan", "198.18.0.8", "02:00:00:00:00:08", true, 0}};
  r.engine = {21, 22, 23, 24, 25, 26, 0, 6, 2, 1, 5, 4, 3};
  r.tcp.connections = {{"syn_sent", 1}, {"established", 12}, {"time_wait", 3}};
  r.tcp.closed = {{"finished", 9}};
  for (const tcp::CounterInfo& info : tcp::counter_info) {
    const std::uint64_t value = info.name == "accepted"                 ? 31
                                : info.name == "opened"                 ? 32
                                : info.name == "retransmitted_segments" ? 33
                                : info.name == "resets_sent"            ? 34
                                                                        : 0;
    r.tcp.totals.push_back({std::string{info.name}, value, std::string{info.help}});
  }
  r.http.requests = {{"web", "api", "a", 200, 41}, {"web", "", "", 404, 2}};
  r.http.requests_beyond_table = 1;
  r.http.rejected = {{"malformed", 5, "not HTTP"}};
  ListenerReading web;
  web.name = "web";
  web.is_current = true;
  web.addresses = {"198.18.0.10:80"};
  web.connections = 12, web.request_bytes = 4100, web.response_bytes = 8200;
  web.durations.counts[0] = 40, web.durations.counts[3] = 2, web.durations.counts.back() = 1;
  web.durations.sum_us = 12'345'678;
  ListenerReading gone;
  gone.name = "gone";
  gone.durations.counts[1] = 1;
  r.http.listeners = {web, gone};
  PoolReading api;
  api.name = "api";
  api.is_current = true;
  api.durations.counts[2] = 41;
  api.durations.sum_us = 41'000;
  api.servers = {{"a", "10.0.0.1:8080", true, 5, 4, 41, 1, 2, 3}, {"was", "", false, 0, 0, 8, 0, 0, 0}};
  PoolReading odd;
  odd.name = "odd \"\\\n";  // names cannot be so; whoever writes text does not rely on it
  r.http.pools = {api, odd};
  r.http.sessions = 12, r.http.exchanges = 2, r.http.upstream_opened = 6, r.http.upstream_reused = 35,
  r.http.upstream_retries = 3;
  return r;
}

}  // namespace apps
