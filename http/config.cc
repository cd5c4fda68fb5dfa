#include "http/config.h"

#include <algorithm>
#include <fmt/format.h>
#include <variant>

#include "engine/config.h"
#include "engine/section.h"
#include "engine/wording.h"

namespace http {

namespace {

using engine::Errc;
using engine::Error;
using engine::quote;
using engine::Result;
using engine::Section;

Error invalid(std::string what) { return {Errc::invalid, std::move(what)}; }

Result<ListenAddress> parse_listen_address(std::string_view text) {
  if (text.starts_with("*:")) {
    const auto port = engine::parse_number(text.substr(2), 65'535);
    if (port && *port != 0) return ListenAddress{std::nullopt, static_cast<std::uint16_t>(*port)};
  }
  const auto address = engine::parse_socket_address(text);
  if (!address)
    return invalid(
        fmt::format("{} is no address and TCP port such as 198.18.0.10:80, or *:80 for every port's own addresses", quote(text)));
  if (address->address.is_zero())
    return invalid(fmt::format("{}: write *:{} for every port's own addresses", quote(text), address->port));
  if (const auto flaw = engine::flaw_of_host(address->address); !flaw.empty())
    return invalid(fmt::format("{} {}", quote(text), flaw));
  return ListenAddress{address->address, address->port};
}

/// "origin.example:8080", which a resolver would understand.
bool is_host_name(std::string_view text) noexcept {
  const std::string_view name = text.substr(0, text.rfind(':'));
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return std::any_of(name.begin(), name.end(), is_letter) && std::all_of(name.begin(), name.end(), [&](char c) {
           return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
         });
}

Result<engine::SocketAddress> parse_server_address(std::string_view text) {
  const auto address = engine::parse_socket_address(text);
  if (!address && is_host_name(text))
    return Error{Errc::not_supported, fmt::format("{}: host names are not supported yet, allowed: A.B.C.D:PORT", quote(text))};
  if (!address) return invalid(fmt::format("{} is no address and TCP port such as 198.18.1.11:8080", quote(text)));
  if (const auto flaw = engine::flaw_of_host(address->address); !flaw.empty())
    return invalid(fmt::format("{} {}", quote(text), flaw));
  return *address;
}

ServerConfig read_server(Section section) {
  ServerConfig server;
  section.require("address");
  section.read_text("address", server.address, parse_server_address);
  server.name = engine::to_string(server.address);
  section.read_text("name", server.name, engine::parse_name);
  std::uint32_t weight = 1;
  if (section.read("weight", weight, {.min = 0, .max = 256}) && weight != 1)
    section.fail("weight", fmt::format("{} is not supported yet (weights), allowed: 1", weight), Errc::not_supported);
  section.supports_only("backup", false, "backup servers");
  return section.finish(std::move(server));
}

void read_servers(Section& section, PoolConfig& pool) {
  section.require("servers");
  for (Section::Element& element : section.elements("servers")) {
    ServerConfig server;
    if (auto* table = std::get_if<Section>(&element.value)) {
      server = read_server(std::move(*table));
    } else {
      const auto address = parse_server_address(std::get<std::string_view>(element.value));
      if (!address) {
        section.fail("servers", element.place, address.error().what, address.error().code);
        continue;
      }
      server = {engine::to_string(*address), *address, {}};
    }
    server.place = section.document().text(element.place);
    for (const ServerConfig& other : pool.servers) {
      if (other.address == server.address)
        section.fail("servers", element.place,
                     fmt::format("{} is in the pool twice, first at {}", engine::to_string(server.address), other.place));
      else if (other.name == server.name)
        section.fail("servers", element.place,
                     fmt::format("the name {} is taken by the server at {}", quote(server.name), other.place));
    }
    pool.servers.push_back(std::move(server));
  }
}

void refuse_what_pools_lack(Section& section) {
  for (const auto& [key, what] : {std::pair{"hash_on", "Maglev hashing"},
                                  {"sticky", "sticky sessions"},
                                  {"health", "health checks"},
                                  {"outlier", "passive health checks"},
                                  {"retries", "retries"},
                                  {"server_max_connections", "a limit of connections per server"},
                                  {"queue", "a queue for requests"}})
    section.not_supported(key, what);
  engine::Duration slow_start{};
  if (section.read("slow_start", slow_start, {.min = 0s, .max = 24h}) && slow_start != 0s)
    section.fail("slow_start", "not supported yet (slow start), allowed: \"0s\"", Errc::not_supported);
  section.supports_word("proxy_protocol", "off", {"v1", "v2"});
  section.supports_only("total_timeout", "off", "a limit on the whole request");
}

}  // namespace

ListenerConfig read_listener(Section section) {
  ListenerConfig listener;
  listener.place = section.place();
  section.require("name");
  section.read_text("name", listener.name, engine::parse_name);
  section.require("address");
  section.read_texts("address", listener.addresses, parse_listen_address);
  section.supports_word("mode", "http", {"tcp"});
  section.supports_only("proxy_protocol", false, "PROXY protocol from clients");
  section.read_texts("trusted", listener.trusted, parse_network);
  using Forwarded = ListenerConfig::Forwarded;
  section.read("forwarded", listener.forwarded,
               {{"append", Forwarded::append}, {"replace", Forwarded::replace}, {"off", Forwarded::off}});
  section.read("idle_timeout", listener.idle_timeout, {.min = 1s, .max = 24h});
  section.read("header_timeout", listener.header_timeout, {.min = 100ms, .max = 1h});
  section.read_size("max_head", listener.max_head, {.min = 1u << 10, .max = 64u << 10});
  section.read_size_or("max_body", "off", listener.max_body, {.min = 0, .max = std::uint64_t{1} << 50});
  section.supports_only("access_log", "off", "access logs");
  section.not_supported("tls", "TLS");
  return section.finish(std::move(listener));
}

PoolConfig read_pool(Section section) {
  PoolConfig pool;
  pool.place = section.place();
  section.require("name");
  section.read_text("name", pool.name, engine::parse_name);
  section.supports_word("balance", "round_robin", {"least_connections", "p2c", "maglev"});
  read_servers(section, pool);
  section.read_texts("source", pool.sources, engine::parse_host);
  section.read("connect_timeout", pool.connect_timeout, {.min = 1ms, .max = 5min});
  section.read("response_timeout", pool.response_timeout, {.min = 1ms, .max = 24h});
  Section keepalive = section.section("keepalive");
  keepalive.read("idle", pool.keepalive.idle, {.min = 0, .max = 1u << 20});
  keepalive.read("timeout", pool.keepalive.timeout, {.min = 100ms, .max = 24h});
  keepalive.finish();
  refuse_what_pools_lack(section);
  return section.finish(std::move(pool));
}

Result<engine::Cidr> parse_network(std::string_view text) {
  if (text.find('/') != std::string_view::npos) return engine::parse_prefix(text);
  const auto address = engine::parse_ipv4(text);
  if (!address) return invalid(fmt::format("{} is no address or prefix such as 10.0.0.0/8", quote(text)));
  return engine::Cidr{*address, 32};
}

std::string to_string(const ListenAddress& address) {
  return address.address ? engine::to_string(engine::SocketAddress{*address.address, address.port})
                         : fmt::format("*:{}", address.port);
}

}  // namespace http
