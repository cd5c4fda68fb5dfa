#include "apps/config.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <random>
#include <sstream>

#include "tests/support/config_cases.h"

namespace apps {
namespace {

const std::vector<std::string> examples{"quickstart", "http-lb", "forwarder", "static-answer"};

std::string example_path(const std::string& name) { return support::source_path("configs/" + name + ".toml"); }

Config load_example(const std::string& name, const std::vector<std::string>& overrides = {}) {
  auto loaded = load_config(example_path(name), overrides);
  if (!loaded) {
    ADD_FAILURE() << loaded.error().message();
    return {};
  }
  for (const engine::Error& warning : loaded->warnings) ADD_FAILURE() << warning.message();
  return (*std::move(loaded)).config;
}

TEST(Config, EveryExampleLoadsWithoutAWarning) {
  for (const std::string& name : examples) {
    const Config config = load_example(name);
    EXPECT_EQ(config.path, example_path(name));
    EXPECT_FALSE(config.ports.empty());
  }
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator{support::source_path("configs")})
    files += entry.path().extension() == ".toml";
  EXPECT_EQ(files, examples.size()) << "an example that is not in this test";
}

TEST(Config, Quickstart) {
  const Config config = load_example("quickstart");
  EXPECT_EQ(config.engine.name, "quickstart");
  EXPECT_EQ(config.engine.max_connections, 20'000u);
  ASSERT_EQ(config.ports.size(), 2u);
  EXPECT_EQ(config.ports[0].device, "tap:ps-client");
  EXPECT_EQ(to_string(config.ports[0].addresses.at(0)), "198.18.0.1/24");
  EXPECT_EQ(config.ports[1].device, "tap:ps-origin");
  EXPECT_EQ(to_string(config.ports[1].addresses.at(0)), "198.18.1.1/24");
  ASSERT_EQ(config.listeners.size(), 1u);
  EXPECT_EQ(to_string(config.listeners[0].addresses.at(0)), "198.18.0.10:80");
  ASSERT_EQ(config.rules.size(), 5u);
  EXPECT_EQ(std::get<http::RespondAction>(config.rules[0].action).body, "hello from penstock\n");
  EXPECT_EQ(std::get<http::RedirectAction>(config.rules[1].action).location, "/");
  ASSERT_EQ(config.pools.size(), 1u);
  ASSERT_EQ(config.pools[0].servers.size(), 3u);
  EXPECT_EQ(config.pools[0].servers[2].name, "198.18.1.13:80");
  ASSERT_EQ(config.admin.listen.size(), 2u);
  EXPECT_EQ(config.admin.listen[0].unix_path, "/run/penstock/quickstart.sock");
  EXPECT_EQ(to_string(config.admin.listen[1].tcp), "127.0.0.1:9180");
}

TEST(Config, TheAnswerOfTheBenchmarksHasAHundredBytes) {
  const Config config = load_example("static-answer");
  EXPECT_EQ(std::get<http::RespondAction>(config.rules.at(0).action).body.size(), 100u);
  EXPECT_EQ(config.engine.poll, engine::PollMode::busy);
}

TEST(Config, ForwarderHasEveryKindOfRoute) {
  const Config config = load_example("forwarder");
  EXPECT_TRUE(config.forwarding.enabled);
  EXPECT_EQ(config.forwarding.route_capacity(config.routes.size()), 10'000u);
  ASSERT_EQ(config.routes.size(), 4u);
  EXPECT_EQ(to_string(config.routes[0].via), "198.51.100.1");
  EXPECT_EQ(config.routes[2].kind, engine::NextHop::Kind::unreachable);
  EXPECT_EQ(config.routes[3].kind, engine::NextHop::Kind::blackhole);
  ASSERT_EQ(config.neighbors.size(), 1u);
  EXPECT_EQ(to_string(config.neighbors[0].mac), "02:00:00:00:00:fe");
}

TEST(Config, WhatHttpLbShowsAsDefaultsAreTheDefaults) {
  const Config config = load_example("http-lb");
  const tcp::Config tcp;
  EXPECT_EQ(config.tcp.rto_min, tcp.rto_min);
  EXPECT_EQ(config.tcp.initial_window, tcp.initial_window);
  EXPECT_EQ(config.tcp.keepalive, tcp.keepalive);
  EXPECT_EQ(config.tcp.time_wait, tcp.time_wait);
  EXPECT_EQ(config.tcp.time_wait_max, tcp.time_wait_max);
  EXPECT_EQ(config.tcp.half_open_max, tcp.half_open_max);
  EXPECT_EQ(config.tcp.receive_buffer_max, tcp.receive_buffer_max);
  EXPECT_EQ(config.tcp.send_buffer_max, tcp.send_buffer_max);
  EXPECT_EQ(config.engine.max_connections, engine::EngineConfig{}.max_connections);
  EXPECT_EQ(config.engine.drain_timeout, engine::EngineConfig{}.drain_timeout);
  EXPECT_EQ(config.listeners[0].idle_timeout, http::ListenerConfig{}.idle_timeout);
  EXPECT_EQ(config.listeners[0].max_head, http::ListenerConfig{}.max_head);
  EXPECT_EQ(config.pools[0].connect_timeout, http::PoolConfig{}.connect_timeout);
  EXPECT_EQ(config.pools[0].response_timeout, http::PoolConfig{}.response_timeout);
  EXPECT_EQ(config.pools[0].keepalive.idle, http::PoolConfig{}.keepalive.idle);
}

TEST(Config, TheAdminSocketIsNamedLikeTheInstance) {
  const Config config = load_example("static-answer");
  ASSERT_EQ(config.admin.listen.size(), 1u);
  EXPECT_EQ(config.admin.listen[0].unix_path, "/run/penstock/static-answer.sock");
  EXPECT_EQ(load_example("static-answer", {"engine.name=b"}).admin.listen[0].unix_path, "/run/penstock/b.sock");
}

TEST(Config, OverridesReachEverySection) {
  const Config config =
      load_example("quickstart", {"engine.workers=2", "engine.poll=busy", "port.client.device=tap:other", "port.origin.mtu=9000",
                                  "tcp.rto_min=10ms", "listener.web.address=198.18.0.11:8080", "rule.hello.path=/hi",
                                  "pool.origins.servers=[\"198.18.1.14:80\"]", "pool.origins.keepalive.idle=7"});
  EXPECT_EQ(config.engine.workers, 2);
  EXPECT_EQ(config.engine.poll, engine::PollMode::busy);
  EXPECT_EQ(config.ports[0].device, "tap:other");
  EXPECT_EQ(config.ports[1].mtu, 9000);
  EXPECT_EQ(config.tcp.rto_min, std::chrono::milliseconds{10});
  EXPECT_EQ(to_string(config.listeners[0].addresses.at(0)), "198.18.0.11:8080");
  EXPECT_EQ(config.rules[0].path, http::PathPredicate{http::ExactPath{"/hi"}});
  ASSERT_EQ(config.pools[0].servers.size(), 1u);
  EXPECT_EQ(config.pools[0].keepalive.idle, 7u);
  EXPECT_EQ(load_example("http-lb", {"pool.api.servers.api-a.address=10.1.0.99:9000"}).pools[1].servers[0].address.port, 9000);
}

TEST(Config, WrongOverridesNameThemselves) {
  const auto message = [](const std::vector<std::string>& overrides) {
    const auto loaded = load_config(example_path("quickstart"), overrides);
    return loaded ? std::string{"accepted"} : loaded.error().message();
  };
  EXPECT_EQ(message({"engine.workers=0"}), "--set engine.workers: workers: 0 is below 1, allowed: 1 to 64");
  EXPECT_EQ(message({"port.lan.mtu=1"}), "--set port.lan.mtu: port has no element 'lan', there are: client, origin");
  EXPECT_EQ(message({"rule.everything-else.pool=orgins"}),
            "--set rule.everything-else.pool: pool: no pool is called 'orgins', did you mean 'origins'? there are: origins");
  EXPECT_EQ(message({"tcp.ecn=1", "tcp.pmtud=2"}),
            "--set tcp.ecn: ecn: expected true or false, found an integer\n--set tcp.pmtud: pmtud: expected true or false, "
            "found an integer");
}

/// Every key that docs and users know is read or refused by name: none is unknown, and none is ignored.
TEST(Config, EveryDocumentedKeyIsKnown) {
  const auto loaded = load_config(support::source_path("tests/apps/documented.toml"));
  ASSERT_FALSE(loaded.ok());
  std::vector<std::string> keys;
  std::istringstream lines{loaded.error().message()};
  for (std::string line; std::getline(lines, line);) {
    EXPECT_NE(line.find("not supported yet"), std::string::npos) << line;
    const std::size_t key = line.find(": ") + 2;
    keys.push_back(line.substr(key, line.find(':', key) - key));
  }
  EXPECT_EQ(keys, (std::vector<std::string>{"token_file",
                                            "acl_in",
                                            "acl_out",
                                            "via",
                                            "via.weight",
                                            "metric",
                                            "netlink",
                                            "redirects",
                                            "acl",
                                            "policer",
                                            "nat",
                                            "access_log",
                                            "body_regex",
                                            "body_scan",
                                            "max_body",
                                            "rate_limit",
                                            "rewrite_prefix",
                                            "set_request_headers",
                                            "remove_request_headers",
                                            "set_response_headers",
                                            "remove_response_headers",
                                            "hash_on",
                                            "sticky",
                                            "servers.weight",
                                            "servers.address",
                                            "servers.backup",
                                            "health",
                                            "outlier",
                                            "retries",
                                            "server_max_connections",
                                            "queue"}));
}

/// Deletes, changes or doubles a few bytes: mostly a TOML error.
void damage_bytes(std::string& text, std::mt19937& random) {
  const std::size_t at = random() % text.size(), bytes = std::min<std::size_t>(random() % 24 + 1, text.size() - at);
  switch (random() % 4) {
    case 0:
      text.erase(at, bytes);
      break;
    case 1:
      text[at] = static_cast<char>(random() % 256);
      break;
    case 2:
      text[at] = "\"'[]{}=.,\n#\\05-_"[random() % 16];
      break;
    default:
      text.insert(at, text.substr(at, bytes));
      break;
  }
}

/// Deletes or moves a line, or changes a letter or digit: mostly TOML still, with another meaning.
void damage_words(std::string& text, std::mt19937& random) {
  const auto line = [&](std::size_t at) { return at == 0 ? 0 : text.rfind('\n', at - 1) + 1; };
  const std::size_t begin = line(random() % text.size()), end = std::min(text.find('\n', begin), text.size() - 1) + 1;
  if (random() % 2 == 0) {
    const std::size_t word = text.find_first_of("abcdefghijklmnopqrstuvwxyz0123456789", begin);
    if (word == std::string::npos) return;
    const std::size_t at = word + random() % (std::max(end, word + 1) - word);
    if (std::isalnum(static_cast<unsigned char>(text[at])) != 0) text[at] = "019aez"[random() % 6];
    return;
  }
  const std::string moved = text.substr(begin, end - begin);
  text.erase(begin, moved.size());
  if (random() % 2 == 0 && !text.empty()) text.insert(line(random() % text.size()), moved);
}

/// What is left of an example after some damage either loads or is refused with a place on each line.
void expect_places(const std::string& where, const std::string& text) {
  const auto loaded = parse_config(text, "damaged.toml");
  if (loaded) return;
  std::istringstream lines{loaded.error().message()};
  for (std::string line; std::getline(lines, line);) {
    unsigned row = 0, column = 0;
    int end = 0;
    const bool has_place = std::sscanf(line.c_str(), "damaged.toml:%u:%u: %n", &row, &column, &end) == 2 && end > 0;
    EXPECT_TRUE(has_place ? row >= 1 && column >= 1 : line.ends_with(" more errors")) << where << ": " << line;
  }
}

TEST(Config, DamagedFilesAreRefusedWithAPlace) {
  constexpr unsigned rounds = 1500;
  for (const std::string& name : examples) {
    const std::string whole = support::read_file(example_path(name));
    for (unsigned seed = 0; seed < rounds; ++seed) {
      std::mt19937 random{seed};
      std::string text = whole;
      for (unsigned changes = random() % 4 + 1; changes > 0 && !text.empty(); --changes)
        seed % 2 == 0 ? damage_bytes(text, random) : damage_words(text, random);
      expect_places(fmt::format("{} seed {}", name, seed), text);
    }
  }
}

}  // namespace
}  // namespace apps
