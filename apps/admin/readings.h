// What a running instance shows of itself: one reading of all its counters as values. Metrics and JSON are written from it.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "apps/instance/control.h"
#include "apps/instance/instance.h"
#include "http/histogram.h"

namespace apps {

struct HistogramReading {
  std::array<std::uint64_t, http::DurationHistogram::bounds_us.size() + 1>
      counts{};  // each bucket alone; the last is above all bounds
  std::uint64_t sum_us = 0;
  void add(const http::DurationHistogram& histogram) noexcept;
  [[nodiscard]] std::uint64_t count() const noexcept;
};

struct PortReading {
  engine::PortInfo info;
  std::vector<std::string> addresses;
  engine::PortStatus status;
  std::uint64_t rx_packets = 0, rx_bytes = 0, tx_packets = 0, tx_bytes = 0;
  std::uint64_t drops = 0;
};

struct DropExampleReading {
  std::string packet;  // as apps/admin/packet_line.h writes it
  std::string port;    // where it came from or was to go; "" if neither is known
  std::uint16_t worker = 0;
  double age_s = 0;
};

struct DropReading {
  std::string layer, reason, help;
  std::string port;  // "" above IP, and where no port has to do with it
  std::uint64_t count = 0;
  std::vector<DropExampleReading> examples;  // newest first
};

struct WorkerReading {
  unsigned cpu = 0;
  std::uint64_t busy_cycles = 0, idle_cycles = 0, turns = 0, sleeps = 0;
  std::uint64_t unaccounted = 0;
  std::uint64_t account_used = 0, account_capacity = 0;  // mbufs
};

struct MempoolReading {
  std::string name;
  std::uint64_t size = 0, available = 0;
};

struct EngineReading {
  std::uint64_t forwarded = 0, steered = 0, originated = 0, consumed = 0, dropped = 0, linearized = 0, unaccounted = 0;
  std::uint64_t routes = 0, neighbors = 0, config_retired = 0, config_generation = 0, reloads_ok = 0, reloads_failed = 0;
};

/// A counter or gauge by the name of what it counts, in the order of a table.
struct NamedCount {
  std::string name;
  std::uint64_t count = 0;
  std::string help{};
};

struct TcpReading {
  std::vector<NamedCount> connections;  // by state
  std::vector<NamedCount> closed;       // by reason
  std::vector<NamedCount> totals;       // by tcp::counter_info
};

struct RequestReading {
  std::string listener, pool, server;  // pool and server "": an answer of our own
  std::uint16_t code = 0;
  std::uint64_t count = 0;
};

struct ListenerReading {
  std::string name;
  bool is_current = false;  // the published configuration has it
  std::vector<std::string> addresses;
  std::uint64_t connections = 0, request_bytes = 0, response_bytes = 0;
  HistogramReading durations;
};

struct ServerReading {
  std::string name, address;
  bool is_current = false;
  std::uint64_t connections = 0, idle = 0, requests = 0, connect_failures = 0, failures = 0, retries = 0;
};

struct PoolReading {
  std::string name;
  bool is_current = false;
  HistogramReading durations;
  std::vector<ServerReading> servers;
};

struct HttpReading {
  std::vector<RequestReading> requests;
  std::uint64_t requests_beyond_table = 0;  // of combinations that found no room
  std::vector<NamedCount> rejected;
  std::vector<ListenerReading> listeners;
  std::vector<PoolReading> pools;
  std::uint64_t sessions = 0, exchanges = 0, upstream_opened = 0, upstream_reused = 0, upstream_retries = 0;
  [[nodiscard]] std::uint64_t requests_total() const noexcept;
};

struct NeighborReading {
  std::string port, address, mac;
  bool is_permanent = false;
  double age_s = 0;  // since its MAC was last heard from it
};

struct Readings {
  std::string instance, version, dpdk;
  std::string not_ready;  // "": ready
  double started_unix_s = 0, uptime_s = 0;
  std::uint64_t tsc_hz = 0;
  std::vector<PortReading> ports;
  std::vector<DropReading> drops;
  std::vector<WorkerReading> workers;
  std::vector<MempoolReading> mempools;
  std::vector<NeighborReading> neighbors;
  EngineReading engine;
  TcpReading tcp;
  HttpReading http;
};

/// Takes readings, on any thread that is no shard: relaxed loads of what shards publish, and one driver call per port.
class Reader {
 public:
  /// Both outlive it.
  Reader(Instance& instance, ControlState& control);
  [[nodiscard]] Readings read();
  [[nodiscard]] const std::string& instance_name() const noexcept { return name_; }
  /// Turns of each worker: what health is judged by.
  [[nodiscard]] std::vector<std::uint64_t> turns() const;

 private:
  void read_ports(Readings& out, const SiteView& view);
  void read_workers(Readings& out) const;
  void read_drops(Readings& out) const;
  void read_port_drops(Readings& out, std::size_t reason) const;
  void read_tcp(Readings& out) const;
  void read_http(Readings& out, const SiteView& view) const;
  void read_requests(Readings& out) const;
  void read_pools(Readings& out, const SiteView& view) const;
  void read_neighbors(Readings& out) const;

  Instance& instance_;
  ControlState& control_;
  std::string name_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::chrono::system_clock::time_point started_wall_ = std::chrono::system_clock::now();
  std::mutex drivers_;  // statistics of a driver are read by one thread at a time
};

}  // namespace apps
