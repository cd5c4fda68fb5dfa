// Cycles per forwarded packet, HTTP request and connection of a whole shard: generator, engine and sink in one process on one
// core. The reference load is DESIGN's: one request outstanding per connection, random order, GET / of about 110 bytes, 200 with
// 100 bytes, timestamps, RX bursts of 32, mbufs allocated and freed per packet. What the peers spend is measured and subtracted.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <sched.h>
#include <string>
#include <vector>

#include "bench/macro/world.h"
#include "engine/eal.h"

namespace bench {
namespace {

const std::string request =
    "GET / HTTP/1.1\r\nHost: bench.example\r\nUser-Agent: penstock-bench/1.0 (in process)\r\nAccept: */*\r\n\r\n";
const std::string closing_request =
    "GET / HTTP/1.1\r\nHost: bench.example\r\nUser-Agent: penstock-bench/1.0 (in process)\r\nAccept: */*\r\nConnection: "
    "close\r\n\r\n";
const std::string body(100, 'x');

http::SiteParts respond_site() {
  http::SiteParts parts;
  parts.listeners.emplace_back().name = "web";
  http::Rule rule;
  rule.name = "all";
  rule.action = http::RespondAction{200, body, "text/plain"};
  parts.rules.push_back(rule);
  return parts;
}

http::SiteParts proxy_site() {
  http::SiteParts parts;
  parts.listeners.emplace_back().name = "web";
  http::Rule rule;
  rule.name = "all";
  rule.action = http::PoolAction{"origins"};
  parts.rules.push_back(rule);
  http::SiteParts::PoolParts pool;
  pool.settings.name = "origins";
  pool.settings.keepalive_idle = 100'000;
  for (std::uint8_t i = 0; i < 4; ++i)
    pool.servers.push_back({fmt::format("s{}", i), 0, {engine::Ipv4{172, 16, 0, static_cast<std::uint8_t>(10 + i)}, 80}});
  parts.pools.push_back(pool);
  return parts;
}

Figures keepalive(std::uint32_t connections, bool offload) {
  World world{connections + 64, 65'536};
  ClientPort clients{world.port_info(0, offload), world.peer_mempool(), world.meter(), {connections, false, request}};
  world.add_port(clients, "10.0.0.1/8");
  world.start(respond_site(), false);
  const auto figures = world.measure([&] { return clients.responses; }, 4ull * connections + 200'000, 2'000'000);
  if (clients.resets + clients.unexpected != 0)
    fmt::print("  !! {} resets, {} unexpected segments\n", clients.resets, clients.unexpected);
  return figures;
}

Figures connections(std::uint32_t at_once, bool offload) {
  World world{at_once * 4 + 4096, 65'536};
  ClientPort clients{world.port_info(0, offload), world.peer_mempool(), world.meter(), {at_once, true, closing_request}};
  world.add_port(clients, "10.0.0.1/8");
  world.start(respond_site(), false);
  const auto figures = world.measure([&] { return clients.connections_done; }, 20'000 + at_once, 300'000);
  if (clients.resets + clients.unexpected != 0)
    fmt::print("  !! {} resets, {} unexpected segments\n", clients.resets, clients.unexpected);
  return figures;
}

Figures proxy(std::uint32_t connections, bool offload) {
  World world{connections * 2 + 1024, 65'536};
  ClientPort clients{world.port_info(0, offload), world.peer_mempool(), world.meter(), {connections, false, request}};
  const std::string response =
      "HTTP/1.1 200 OK\r\nServer: origin\r\nDate: Mon, 23 Nov 2026 00:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: "
      "100\r\n\r\n" +
      body;
  OriginPort origins{world.port_info(1, offload), world.peer_mempool(), world.meter(), response};
  world.add_port(clients, "10.0.0.1/8");
  world.add_port(origins, "172.16.0.1/16");
  world.start(proxy_site(), false);
  const auto figures = world.measure([&] { return clients.responses; }, 4ull * connections + 100'000, 1'000'000);
  if (clients.resets + clients.unexpected != 0)
    fmt::print("  !! {} resets, {} unexpected segments\n", clients.resets, clients.unexpected);
  return figures;
}

/// 60-byte packets from port 0 to port 1; `routes` prefixes with 64 next hops, `flows` destinations in random order.
Figures forward(std::uint32_t routes, std::uint32_t flows) {
  World world{64, 4096};
  engine::Random random{3};
  std::vector<engine::Ipv4> destinations;
  for (std::uint32_t i = 0; i < flows; ++i) {
    const auto prefix = static_cast<std::uint32_t>(random.below(routes));
    destinations.emplace_back(0x14000000u + (prefix << 8 | static_cast<std::uint32_t>(1 + random.below(250))));
  }
  PacketPort source{world.port_info(0, false), world.peer_mempool(), world.meter(), destinations};
  PacketPort sink{world.port_info(1, false), world.peer_mempool(), world.meter(), {}};
  world.add_port(source, "10.0.0.1/8");
  world.add_port(sink, "172.16.0.1/16");
  for (std::uint32_t i = 0; i < routes; ++i)
    world.add_route(engine::to_string(engine::Ipv4{0x14000000u + (i << 8)}) + "/24", 1, fmt::format("172.16.0.{}", 2 + i % 64));
  world.start({}, true);
  return world.measure([&] { return sink.packets_out; }, 2'000'000, 20'000'000);
}

struct Case {
  std::string name, unit;
  std::function<Figures()> run;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const std::uint32_t n : {1u, 256u, 10'000u})
    all.push_back({fmt::format("keepalive/{}", n), "request", [n] { return keepalive(n, false); }});
  all.push_back({"keepalive-offload/256", "request", [] { return keepalive(256, true); }});
  for (const std::uint32_t n : {1u, 256u, 10'000u})
    all.push_back({fmt::format("connections/{}", n), "connection", [n] { return connections(n, false); }});
  for (const std::uint32_t n : {1u, 256u, 10'000u})
    all.push_back({fmt::format("proxy/{}", n), "request", [n] { return proxy(n, false); }});
  all.push_back({"forward/16-routes-4096-flows", "packet", [] { return forward(16, 4096); }});
  all.push_back({"forward/60000-routes-1M-flows", "packet", [] { return forward(60'000, 1'000'000); }});
  return all;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  const std::string filter = argc > 1 ? argv[1] : "";
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  engine::EalOptions options;
  options.name = "macro-bench";
  options.memory_bytes = 1400ull << 20;
  auto eal = engine::Eal::start(options);
  if (!eal) {
    std::fprintf(stderr, "%s\n", eal.error().message().c_str());
    return 1;
  }
  cpu_set_t cpu;  // one core: the last
  CPU_ZERO(&cpu);
  CPU_SET(engine::allowed_cpus().back(), &cpu);
  sched_setaffinity(0, sizeof cpu, &cpu);
  fmt::print("{}\nTSC cycles per operation, median of {} rounds (min..max); engine = total - peers\n", (*eal)->memory_line(),
             rounds);
  fmt::print("{:<32} {:>22} {:>8} {:>8} {:>10}\n", "case", "engine", "peers", "total", "packets i/o");
  std::map<std::string, std::vector<bench::Figures>> results;
  const auto all = bench::cases();
  for (int round = 0; round < rounds; ++round)
    for (const auto& c : all)
      if (c.name.find(filter) != std::string::npos) results[c.name].push_back(c.run());
  for (const auto& c : all) {
    auto& r = results[c.name];
    if (r.empty()) continue;
    std::sort(r.begin(), r.end(), [](const auto& a, const auto& b) { return a.engine() < b.engine(); });
    const bench::Figures& m = r[r.size() / 2];
    fmt::print("{:<32} {:>8.0f} ({:.0f}..{:.0f}) {:>8.0f} {:>8.0f} {:>5.2f}/{:.2f}  a {}{}\n", c.name, m.engine(),
               r.front().engine(), r.back().engine(), m.own, m.total, m.packets_in, m.packets_out, c.unit,
               m.operations == 0 ? "  (nothing happened)" : "");
  }
  return 0;
}
