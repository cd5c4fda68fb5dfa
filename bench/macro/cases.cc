#include "bench/macro/cases.h"

#include <algorithm>
#include <fmt/format.h>

#include "bench/macro/client_port.h"
#include "bench/macro/origin_port.h"
#include "bench/macro/packet_port.h"
#include "engine/random.h"

namespace bench {

namespace {

using Close = ClientPort::Close;

const std::string body(100, 'x');
constexpr engine::Ipv4 first_origin{172, 16, 0, 10};
constexpr std::uint32_t origins = 4;

/// The request of the reference load: GET / with Host, User-Agent and Accept, 100 to 150 bytes.
std::string request(Close close) {
  const std::string text = fmt::format(
      "GET / HTTP/1.1\r\nHost: www.bench.example\r\nUser-Agent: penstock-bench/1.0 (in process; one core)\r\nAccept: "
      "text/html,*/*\r\n{}\r\n",
      close == Close::server ? "Connection: close\r\n" : "");
  CHECK(text.size() >= 100 && text.size() <= 150);
  return text;
}

/// One listener, one rule for everything.
http::SiteParts site(decltype(http::Rule::action) action) {
  http::SiteParts parts;
  parts.listeners.emplace_back().name = "web";
  http::Rule& rule = parts.rules.emplace_back();
  rule.name = "all";
  rule.action = std::move(action);
  return parts;
}

http::SiteParts proxy_site() {
  http::SiteParts parts = site(http::PoolAction{"origins"});
  auto& pool = parts.pools.emplace_back();
  pool.settings.name = "origins";
  pool.settings.keepalive_idle = 100'000;
  for (std::uint32_t i = 0; i < origins; ++i)
    pool.servers.push_back({fmt::format("s{}", i), 0, {engine::Ipv4{first_origin.value + i}, 80}});
  return parts;
}

void add_client_neighbors(World& world) {
  for (std::uint32_t i = 0; i < ClientPort::addresses; ++i) world.add_neighbor(0, engine::Ipv4{ClientPort::first_address + i});
}

Figures keepalive(std::uint32_t connections, bool offload, double seconds) {
  World world{{.connections_max = connections + 64, .checksum_offload = offload}};
  auto& clients =
      world.add_port<ClientPort>("10.0.0.1/8", ClientPort::Options{connections, Close::nobody, request(Close::nobody), body});
  add_client_neighbors(world);
  world.start(site(http::RespondAction{200, body, "text/plain"}), false);
  return world.measure([&] { return clients.responses(); }, 10ull * connections + 100'000, seconds);
}

/// A connection per request. Warm is when the TIME-WAIT table is full, if it is the server who closes.
Figures connections(std::uint32_t at_once, Close close, bool offload, double seconds) {
  World world{{.connections_max = at_once * 4 + 4096, .checksum_offload = offload}};
  auto& clients = world.add_port<ClientPort>("10.0.0.1/8", ClientPort::Options{at_once, close, request(close), body});
  add_client_neighbors(world);
  world.start(site(http::RespondAction{200, body, "text/plain"}), false);
  const std::uint64_t warmup = close == Close::server ? tcp::Config{}.time_wait_max + 50'000 : 100'000 + at_once;
  return world.measure([&] { return clients.connections_done(); }, warmup, seconds);
}

Figures proxy(std::uint32_t connections, bool offload, double seconds) {
  const std::uint32_t max = connections * 2 + 1024;
  // Beyond the floor of two mbufs: `tcp::Stack::connect` wants a tenth of the account to be free.
  const std::uint64_t account = std::max<std::uint64_t>(65'536, 12ull * max);
  World world{{.connections_max = max, .account_mbufs = account, .checksum_offload = offload}};
  const std::string text = request(Close::nobody);
  const std::string response = fmt::format(
      "HTTP/1.1 200 OK\r\nServer: origin\r\nDate: Mon, 23 Nov 2026 00:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: "
      "{}\r\n\r\n{}",
      body.size(), body);
  auto& clients = world.add_port<ClientPort>("10.0.0.1/8", ClientPort::Options{connections, Close::nobody, text, body});
  world.add_port<OriginPort>("172.16.0.1/16", response, text);
  add_client_neighbors(world);
  for (std::uint32_t i = 0; i < origins; ++i) world.add_neighbor(1, engine::Ipv4{first_origin.value + i});
  world.start(proxy_site(), false);
  return world.measure([&] { return clients.responses(); }, 10ull * connections + 100'000, seconds);
}

/// From port 0 to port 1: `routes` prefixes of length 24, scattered over a quarter of the FIB's 64 MiB, over 64 next hops;
/// `flows` destinations in random order.
Figures forward(std::uint32_t routes, std::uint32_t flows, double seconds) {
  constexpr std::uint32_t first_gateway = 0xac100002, gateways = 64;  // 172.16.0.2
  const auto prefix = [](std::uint64_t i) {
    return 0x14000000u + (static_cast<std::uint32_t>(i * 2'654'435'761u % (1u << 22)) << 8);
  };
  const auto gateway = [](std::uint32_t address) { return engine::Ipv4{first_gateway + (address >> 8) % gateways}; };
  engine::Random random{3};
  std::vector<engine::Ipv4> destinations;
  for (std::uint32_t i = 0; i < flows; ++i)
    destinations.emplace_back(prefix(random.below(routes)) + 1 + static_cast<std::uint32_t>(random.below(250)));
  World world{{.connections_max = 64, .account_mbufs = 4096}};
  world.add_port<SourcePort>("10.0.0.1/8", destinations);
  auto& sink = world.add_port<SinkPort>("172.16.0.1/16", [&](engine::Ipv4 to) { return gateway(to.value); });
  for (std::uint32_t i = 0; i < gateways; ++i) world.add_neighbor(1, engine::Ipv4{first_gateway + i});
  for (std::uint32_t i = 0; i < routes; ++i) world.add_route({engine::Ipv4{prefix(i)}, 24}, 1, gateway(prefix(i)));
  world.start({}, true);
  return world.measure([&] { return sink.packets(); }, 2ull * flows + 1'000'000, seconds);
}

}  // namespace

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const std::uint32_t n : {1u, 256u, 10'000u})
    all.push_back({fmt::format("keepalive/{}", n), "request", [n](double s) { return keepalive(n, false, s); }});
  all.push_back({"keepalive-offload/256", "request", [](double s) { return keepalive(256, true, s); }});
  for (const std::uint32_t n : {1u, 256u, 10'000u})
    all.push_back(
        {fmt::format("connections/{}", n), "connection", [n](double s) { return connections(n, Close::server, false, s); }});
  all.push_back({"connections-offload/256", "connection", [](double s) { return connections(256, Close::server, true, s); }});
  all.push_back(
      {"connections-client-closes/256", "connection", [](double s) { return connections(256, Close::client, false, s); }});
  for (const std::uint32_t n : {1u, 256u, 10'000u})
    all.push_back({fmt::format("proxy/{}", n), "request", [n](double s) { return proxy(n, false, s); }});
  all.push_back({"proxy-offload/256", "request", [](double s) { return proxy(256, true, s); }});
  all.push_back({"forward/16-routes-4096-flows", "packet", [](double s) { return forward(16, 4096, s); }});
  all.push_back({"forward/60000-routes-1M-flows", "packet", [](double s) { return forward(60'000, 1'000'000, s); }});
  return all;
}

}  // namespace bench
