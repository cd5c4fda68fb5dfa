#include "apps/instance/site_parts.h"

#include <gtest/gtest.h>

namespace apps {
namespace {

using namespace std::chrono_literals;

Config config_of(const std::string& toml) {
  auto loaded = parse_config("[[port]]\nname = \"p\"\ndevice = \"tap:p\"\naddresses = [\"10.0.0.1/8\"]\n" + toml, "t.toml");
  if (!loaded) {
    ADD_FAILURE() << loaded.error().message();
    return {};
  }
  return (*std::move(loaded)).config;
}

TEST(SiteParts, AListenerHandsOnAllThatItWasTold) {
  const http::SiteParts parts = site_parts(config_of(R"(
[[listener]]
name = "web"
address = "10.0.0.1:80"
trusted = ["10.1.0.0/16", "10.2.0.1"]
forwarded = "off"
idle_timeout = "61s"
header_timeout = "11s"
max_head = "32KiB"
max_body = "5MiB"
[[rule]]
respond = {}
)"));
  ASSERT_EQ(parts.listeners.size(), 1u);
  const http::SiteListener& listener = parts.listeners[0];
  EXPECT_EQ(listener.name, "web");
  EXPECT_EQ(listener.idle_timeout, 61s);
  EXPECT_EQ(listener.header_timeout, 11s);
  EXPECT_EQ(listener.head_bytes_max, 32u << 10);
  EXPECT_EQ(listener.body_bytes_max, std::uint64_t{5} << 20);
  EXPECT_EQ(listener.forwarded, http::ForwardedMode::off);
  EXPECT_EQ(listener.trusted,
            (std::vector<engine::Cidr>{*engine::parse_cidr("10.1.0.0/16"), *engine::parse_cidr("10.2.0.1/32")}));
  ASSERT_EQ(parts.rules.size(), 1u);
}

TEST(SiteParts, WhatAListenerLeavesOutIsTheDefaultOfTheConfig) {
  const http::SiteParts parts =
      site_parts(config_of("[[listener]]\nname = \"web\"\naddress = \"*:80\"\n[[rule]]\nrespond = {}\n"));
  const http::ListenerConfig defaults;
  EXPECT_EQ(parts.listeners[0].idle_timeout, defaults.idle_timeout);
  EXPECT_EQ(parts.listeners[0].header_timeout, defaults.header_timeout);
  EXPECT_EQ(parts.listeners[0].head_bytes_max, defaults.max_head);
  EXPECT_EQ(parts.listeners[0].body_bytes_max, std::nullopt);
  EXPECT_EQ(parts.listeners[0].forwarded, http::ForwardedMode::append);
  EXPECT_TRUE(parts.listeners[0].trusted.empty());
}

TEST(SiteParts, EveryWayToForwardIsThatWay) {
  for (const auto& [word, mode] : {std::pair{"append", http::ForwardedMode::append},
                                   {"replace", http::ForwardedMode::replace},
                                   {"off", http::ForwardedMode::off}})
    EXPECT_EQ(site_parts(config_of(std::string{"[[listener]]\nname = \"w\"\naddress = \"*:80\"\nforwarded = \""} + word +
                                   "\"\n[[rule]]\nrespond = {}\n"))
                  .listeners[0]
                  .forwarded,
              mode);
}

TEST(SiteParts, APoolHandsOnAllThatItWasTold) {
  const http::SiteParts parts = site_parts(config_of(R"(
[[listener]]
name = "web"
address = "10.0.0.1:80"
[[rule]]
pool = "api"
[[pool]]
name = "api"
servers = ["10.0.0.11:8080", { address = "10.0.0.12:8081", name = "b" }]
source = ["10.0.0.1"]
connect_timeout = "2s"
response_timeout = "31s"
keepalive = { idle = 7, timeout = "9s" }
)"));
  ASSERT_EQ(parts.pools.size(), 1u);
  const http::SiteParts::PoolParts& pool = parts.pools[0];
  EXPECT_EQ(pool.settings.name, "api");
  EXPECT_EQ(pool.settings.sources, std::vector<engine::Ipv4>{(engine::Ipv4{10, 0, 0, 1})});
  EXPECT_EQ(pool.settings.connect_timeout, 2s);
  EXPECT_EQ(pool.settings.response_timeout, 31s);
  EXPECT_EQ(pool.settings.keepalive_idle, 7u);
  EXPECT_EQ(pool.settings.keepalive_timeout, 9s);
  ASSERT_EQ(pool.servers.size(), 2u);
  EXPECT_EQ(pool.servers[0].name, "10.0.0.11:8080");
  EXPECT_EQ(to_string(pool.servers[1].address), "10.0.0.12:8081");
  EXPECT_EQ(pool.servers[1].name, "b");
  EXPECT_EQ(pool.place, "t.toml:11:1");
}

}  // namespace
}  // namespace apps
