#include "http/config.h"

#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

#include "engine/section.h"
#include "tests/support/config_cases.h"

namespace http {
namespace {

using engine::Section;
using support::read_good;

ListenerConfig listener_of(std::string_view toml) {
  return read_good(toml, [](Section& s) {
    std::vector<ListenerConfig> all;
    s.read_sections("listener", all, read_listener);
    return all.at(0);
  });
}
Rule rule_of(std::string_view toml, const std::string& directory = "") {
  return read_good(toml, [&](Section& s) {
    std::vector<Rule> all;
    s.read_sections("rule", all, [&](Section rule) { return read_rule(std::move(rule), directory); });
    return all.at(0);
  });
}
PoolConfig pool_of(std::string_view toml) {
  return read_good(toml, [](Section& s) {
    std::vector<PoolConfig> all;
    s.read_sections("pool", all, read_pool);
    return all.at(0);
  });
}
std::string rule_complaints(std::string_view toml, const std::string& directory) {
  return support::complaints(toml, [&](Section& s) {
    std::vector<Rule> all;
    s.read_sections("rule", all, [&](Section rule) { return read_rule(std::move(rule), directory); });
  });
}

TEST(HttpConfig, EveryMistakeIsNamedWithItsPlace) {
  const auto cases = support::load_config_cases("tests/http/config_cases.txt");
  EXPECT_GE(cases.size(), 85u);
  for (const support::ConfigCase& one : cases) {
    const std::string said = support::complaints(one.toml, [](Section& s) {
      std::vector<ListenerConfig> listeners;
      s.read_sections("listener", listeners, read_listener);
      std::vector<Rule> rules;
      s.read_sections("rule", rules, [](Section rule) { return read_rule(std::move(rule), ""); });
      std::vector<PoolConfig> pools;
      s.read_sections("pool", pools, read_pool);
    });
    EXPECT_EQ(said, one.expected) << one.where << "\n" << one.toml;
  }
}

TEST(ListenerConfig, DefaultsAreThoseOfTheInterface) {
  const ListenerConfig listener = listener_of("[[listener]]\nname = \"web\"\naddress = \"198.18.0.10:80\"\n");
  EXPECT_EQ(listener.name, "web");
  EXPECT_EQ(listener.addresses, (std::vector<ListenAddress>{{engine::Ipv4{198, 18, 0, 10}, 80}}));
  EXPECT_TRUE(listener.trusted.empty());
  EXPECT_EQ(listener.forwarded, ListenerConfig::Forwarded::append);
  EXPECT_EQ(listener.idle_timeout, 60s);
  EXPECT_EQ(listener.header_timeout, 10s);
  EXPECT_EQ(listener.max_head, 16u << 10);
  EXPECT_FALSE(listener.max_body);
  EXPECT_EQ(listener.place, "t.toml:1:1");
}

TEST(ListenerConfig, EveryKeyIsRead) {
  const ListenerConfig listener = listener_of(R"([[listener]]
name = "web"
address = ["198.18.0.10:80", "*:8080"]
mode = "http"
proxy_protocol = false
trusted = ["10.0.0.0/8", "192.0.2.1"]
forwarded = "off"
idle_timeout = "1s"
header_timeout = "100ms"
max_head = "64KiB"
max_body = 0
access_log = "off"
)");
  ASSERT_EQ(listener.addresses.size(), 2u);
  EXPECT_EQ(to_string(listener.addresses[0]), "198.18.0.10:80");
  EXPECT_EQ(to_string(listener.addresses[1]), "*:8080");
  ASSERT_EQ(listener.trusted.size(), 2u);
  EXPECT_EQ(to_string(listener.trusted[1]), "192.0.2.1/32");
  EXPECT_EQ(listener.forwarded, ListenerConfig::Forwarded::off);
  EXPECT_EQ(listener.idle_timeout, 1s);
  EXPECT_EQ(listener.header_timeout, 100ms);
  EXPECT_EQ(listener.max_head, 64u << 10);
  EXPECT_EQ(listener.max_body, 0u);
}

TEST(RuleConfig, EveryPredicateIsRead) {
  const Rule rule = rule_of(R"(
[[rule]]
name = "canary"
listener = ["web", "api"]
host = ["api.example.com", "*.example.com"]
method = "GET"
path_prefix = "/v1/"
header = { x-canary = "^(1|true)$", accept = "json" }
header_absent = ["authorization"]
query_regex = "debug=1"
client = ["10.0.0.0/8"]
pool = "api"
)");
  EXPECT_EQ(rule.name, "canary");
  EXPECT_EQ(rule.place, "t.toml:2:1");
  EXPECT_EQ(rule.listeners, (std::vector<std::string>{"web", "api"}));
  EXPECT_EQ(rule.hosts, (std::vector<std::string>{"api.example.com", "*.example.com"}));
  EXPECT_EQ(rule.methods, std::vector<std::string>{"GET"});
  EXPECT_EQ(rule.path, PathPredicate{PathPrefix{"/v1/"}});
  EXPECT_EQ(rule.headers, (std::vector<HeaderPredicate>{{"x-canary", "^(1|true)$"}, {"accept", "json"}}));
  EXPECT_EQ(rule.header_absent, std::vector<std::string>{"authorization"});
  EXPECT_EQ(rule.query_regex, "debug=1");
  ASSERT_EQ(rule.client.size(), 1u);
  EXPECT_EQ(std::get<PoolAction>(rule.action).pool, "api");
}

TEST(RuleConfig, ARuleWithoutPredicatesHoldsForAll) {
  const Rule rule = rule_of("[[rule]]\npool = \"a\"\n");
  EXPECT_TRUE(rule.name.empty() && rule.listeners.empty() && rule.hosts.empty() && rule.methods.empty() && rule.headers.empty());
  EXPECT_TRUE(std::holds_alternative<std::monostate>(rule.path) && !rule.query_regex && rule.client.empty() &&
              rule.header_absent.empty());
}

TEST(RuleConfig, PathsAreExactOrPrefixOrRegex) {
  EXPECT_EQ(rule_of("[[rule]]\npool = \"a\"\npath = \"/x\"\n").path, PathPredicate{ExactPath{"/x"}});
  EXPECT_EQ(rule_of("[[rule]]\npool = \"a\"\npath = \"*\"\n").path, PathPredicate{ExactPath{"*"}});
  EXPECT_EQ(rule_of("[[rule]]\npool = \"a\"\npath_regex = '^/users/[0-9]+$'\n").path,
            PathPredicate{PathRegex{"^/users/[0-9]+$"}});
}

TEST(RuleConfig, Answers) {
  const auto respond = [](const char* table) {
    return std::get<RespondAction>(rule_of(std::string{"[[rule]]\nrespond = "} + table).action);
  };
  EXPECT_EQ(respond("{}").status, 200);
  EXPECT_EQ(respond("{}").content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(respond("{ status = 599, body = \"a\\nb\\u0000\" }").body, std::string("a\nb\0", 4));
  EXPECT_EQ(respond("{ content_type = \"application/json\" }").content_type, "application/json");
  EXPECT_EQ(respond("{ status = 204 }").status, 204);
}

TEST(RuleConfig, Redirects) {
  const auto redirect = [](const char* table) {
    return std::get<RedirectAction>(rule_of(std::string{"[[rule]]\nredirect = "} + table).action);
  };
  EXPECT_EQ(redirect("{ location = \"/\" }").status, 308);
  for (const int status : {301, 302, 303, 307, 308})
    EXPECT_EQ(redirect(fmt::format("{{ status = {}, location = \"/\" }}", status).c_str()).status, status);
  EXPECT_EQ(redirect("{ location = \"{scheme}://{host}:{port}{path}{query}#{client}-{request_id}{{x}}\" }").location,
            "{scheme}://{host}:{port}{path}{query}#{client}-{request_id}{{x}}");
}

/// A directory of its own, gone with the test.
class BodyFile : public testing::Test {
 protected:
  BodyFile() { std::filesystem::create_directories(directory_); }
  ~BodyFile() override { std::filesystem::remove_all(directory_); }
  void write(const char* name, std::size_t bytes) const {
    std::ofstream{directory_ / name, std::ios::binary} << std::string(bytes, 'x');
  }
  const std::filesystem::path directory_ =
      std::filesystem::temp_directory_path() / fmt::format("penstock-config-test-{}", getpid());
};

TEST_F(BodyFile, IsReadAtLoadRelativeToTheConfig) {
  write("body.html", 1000);
  const Rule rule = rule_of("[[rule]]\nrespond = { body_file = \"body.html\" }\n", directory_.native());
  EXPECT_EQ(std::get<RespondAction>(rule.action).body, std::string(1000, 'x'));
  const std::string absolute = fmt::format("[[rule]]\nrespond = {{ body_file = \"{}\" }}\n", (directory_ / "body.html").native());
  EXPECT_EQ(std::get<RespondAction>(rule_of(absolute, "/nonexistent").action).body.size(), 1000u);
}

TEST_F(BodyFile, OfSixteenMebibytesIsTheLargest) {
  write("large", body_bytes_max);
  EXPECT_EQ(
      std::get<RespondAction>(rule_of("[[rule]]\nrespond = { body_file = \"large\" }\n", directory_.native()).action).body.size(),
      body_bytes_max);
  write("large", body_bytes_max + 1);
  EXPECT_EQ(
      rule_complaints("[[rule]]\nrespond = { body_file = \"large\" }\n", directory_.native()),
      fmt::format("=> 2:25: respond.body_file: {}/large' has 16777217 bytes, allowed: up to 16MiB\n", "'" + directory_.native()));
}

TEST_F(BodyFile, MustBeARegularFile) {
  EXPECT_EQ(rule_complaints("[[rule]]\nrespond = { body_file = \".\" }\n", directory_.native()),
            fmt::format("=> 2:25: respond.body_file: '{}/.' is no regular file\n", directory_.native()));
}

TEST(PoolConfig, DefaultsAreThoseOfTheInterface) {
  const PoolConfig pool = pool_of("[[pool]]\nname = \"api\"\nservers = \"198.18.1.11:8080\"\n");
  EXPECT_EQ(pool.name, "api");
  ASSERT_EQ(pool.servers.size(), 1u);
  EXPECT_EQ(pool.servers[0].name, "198.18.1.11:8080");
  EXPECT_EQ(pool.servers[0].place, "t.toml:3:11");
  EXPECT_TRUE(pool.sources.empty());
  EXPECT_EQ(pool.connect_timeout, 1s);
  EXPECT_EQ(pool.response_timeout, 30s);
  EXPECT_EQ(pool.keepalive.idle, 64u);
  EXPECT_EQ(pool.keepalive.timeout, 30s);
}

TEST(PoolConfig, EveryKeyIsRead) {
  const PoolConfig pool = pool_of(R"([[pool]]
name = "api"
balance = "round_robin"
servers = [ { address = "198.18.1.11:8080", weight = 1, name = "a", backup = false }, "198.18.1.12:8080" ]
source = ["198.18.1.1", "198.18.1.2"]
slow_start = "0s"
proxy_protocol = "off"
connect_timeout = "1ms"
response_timeout = "24h"
total_timeout = "off"
keepalive = { idle = 0, timeout = "100ms" }
)");
  ASSERT_EQ(pool.servers.size(), 2u);
  EXPECT_EQ(pool.servers[0].name, "a");
  EXPECT_EQ(to_string(pool.servers[0].address), "198.18.1.11:8080");
  EXPECT_EQ(pool.servers[1].name, "198.18.1.12:8080");
  ASSERT_EQ(pool.sources.size(), 2u);
  EXPECT_EQ(pool.sources[1], (engine::Ipv4{198, 18, 1, 2}));
  EXPECT_EQ(pool.connect_timeout, 1ms);
  EXPECT_EQ(pool.response_timeout, 24h);
  EXPECT_EQ(pool.keepalive.idle, 0u);
  EXPECT_EQ(pool.keepalive.timeout, 100ms);
}

}  // namespace
}  // namespace http
