#include "apps/admin/api.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/apps/admin/sample_readings.h"
#include "tests/support/exposition.h"

namespace apps {
namespace {

using nlohmann::json;

/// An API over an instance that does not exist.
struct Fake {
  std::string not_ready, reload_error;
  int reloads = 0;
  std::vector<std::uint64_t> turns{1};
  Api api{{.read = [] { return sample_readings(); },
           .turns = [this] { return turns; },
           .not_ready = [this] { return not_ready; },
           .reload =
               [this] {
                 ++reloads;
                 return reload_error;
               }}};
  AdminAnswer ask(const std::string& method, const std::string& path) {
    return api.answer({.method = method, .path = path, .host = "localhost", .origin = "", .body = "", .is_local = true});
  }
  std::string error(const AdminAnswer& answer) { return json::parse(answer.body).at("error"); }
};

TEST(Api, EveryPathOfTheInterfaceThatIsBuiltAnswers) {
  Fake fake;
  for (const auto& [path, type] : {std::pair{"/", "text/html; charset=utf-8"},
                                   {"/metrics", "text/plain; version=0.0.4; charset=utf-8"},
                                   {"/healthz", "text/plain; charset=utf-8"},
                                   {"/readyz", "text/plain; charset=utf-8"},
                                   {"/api/v1/stats", "application/json"},
                                   {"/api/v1/ports", "application/json"},
                                   {"/api/v1/drops", "application/json"},
                                   {"/api/v1/pools", "application/json"},
                                   {"/api/v1/listeners", "application/json"},
                                   {"/api/v1/neighbors", "application/json"}}) {
    const AdminAnswer answer = fake.ask("GET", path);
    EXPECT_EQ(answer.status, 200) << path;
    EXPECT_EQ(answer.content_type, type) << path;
    EXPECT_FALSE(answer.body.empty()) << path;
    EXPECT_EQ(fake.ask("HEAD", path).status, 200) << path;
  }
  EXPECT_EQ(json::parse(fake.ask("GET", "/api/v1/stats").body).at("instance"), "edge1");
  EXPECT_TRUE(support::parse_exposition(fake.ask("GET", "/metrics").body).errors.empty());
}

TEST(Api, WhatIsPromisedAndNotBuiltIsRefusedByName) {
  Fake fake;
  for (const char* path : {"/api/v1/routes", "/api/v1/rules", "/api/v1/connections", "/api/v1/config"}) {
    const AdminAnswer answer = fake.ask("GET", path);
    EXPECT_EQ(answer.status, 501) << path;
    EXPECT_EQ(fake.error(answer), std::string{path} + " is not supported yet");
  }
  const AdminAnswer patch = fake.ask("PATCH", "/api/v1/pools/api/servers/a");
  EXPECT_EQ(patch.status, 501);
  EXPECT_EQ(fake.error(patch), "changing a server is not supported yet");
}

TEST(Api, WhatIsNotThereIsNotFound) {
  Fake fake;
  for (const char* path : {"/favicon.ico", "/api/v1", "/api/v1/", "/api/v2/stats", "/metrics/", "/api/v1/statsx", ""}) {
    EXPECT_EQ(fake.ask("GET", path).status, 404) << path;
    EXPECT_EQ(fake.ask("POST", path).status, 404) << path;
  }
  EXPECT_EQ(fake.error(fake.ask("GET", "/nothing")), "there is no /nothing");
}

TEST(Api, AMethodThatAPathDoesNotHaveIsRefusedWithThoseItHas) {  // RFC 9110 15.5.6
  Fake fake;
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    const AdminAnswer answer = fake.ask(method, "/metrics");
    EXPECT_EQ(answer.status, 405) << method;
    EXPECT_EQ(answer.allow, "GET, HEAD") << method;
  }
  const AdminAnswer reload = fake.ask("GET", "/api/v1/reload");
  EXPECT_EQ(reload.status, 405);
  EXPECT_EQ(reload.allow, "POST");
  EXPECT_EQ(fake.reloads, 0);
  const AdminAnswer server = fake.ask("GET", "/api/v1/pools/api/servers/a");
  EXPECT_EQ(server.status, 405);
  EXPECT_EQ(server.allow, "PATCH");
  EXPECT_EQ(fake.ask("GET", "/metrics").allow, "");
}

TEST(Api, ReadinessIsControlsAffair) {
  Fake fake;
  EXPECT_EQ(fake.ask("GET", "/readyz").status, 200);
  fake.not_ready = "stopping";
  EXPECT_EQ(fake.ask("GET", "/readyz").status, 503);
  EXPECT_EQ(fake.ask("GET", "/readyz").body, "stopping\n");
  EXPECT_EQ(fake.ask("GET", "/healthz").status, 200) << "an instance that drains is healthy";
}

TEST(Api, HealthIsThatWorkersTurn) {
  Fake fake;
  EXPECT_EQ(fake.ask("GET", "/healthz").status, 200);
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{8};
  AdminAnswer answer;
  while ((answer = fake.ask("GET", "/healthz")).status == 200 && std::chrono::steady_clock::now() < give_up) {
  }
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "worker 0 made no turn for 1.0 s\n");
  fake.turns = {2};
  EXPECT_EQ(fake.ask("GET", "/healthz").status, 200);
}

TEST(Api, AReloadTellsHowItWent) {
  Fake fake;
  const AdminAnswer done = fake.ask("POST", "/api/v1/reload");
  EXPECT_EQ(done.status, 200);
  EXPECT_EQ(json::parse(done.body), json::parse(R"({"reloaded": true})"));
  fake.reload_error = "x.toml:3:9: what is wrong\nx.toml:4:1: and more";
  const AdminAnswer refused = fake.ask("POST", "/api/v1/reload");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(fake.error(refused), fake.reload_error);
  EXPECT_EQ(fake.reloads, 2);
}

// --- pages in a browser on this machine

AdminRequest over_tcp(const std::string& method, const std::string& host, const std::string& origin = "") {
  return {.method = method, .path = "/api/v1/reload", .host = host, .origin = origin, .body = "", .is_local = false};
}

TEST(Api, OverTcpTheHostMustBeOurs) {  // a name that resolves to 127.0.0.1 belongs to somebody's page
  for (const char* host : {"127.0.0.1:9180", "127.0.0.1", "localhost", "localhost:9180", "[::1]:9180", "10.0.0.1:9180"})
    EXPECT_EQ(refusal_of_browser(over_tcp("GET", host)), "") << host;
  for (const char* host : {"evil.example", "evil.example:9180", "127.0.0.1.evil.example", "localhost.evil.example", "", ":9180"})
    EXPECT_NE(refusal_of_browser(over_tcp("GET", host)), "") << host;
  Fake fake;
  EXPECT_EQ(fake.api.answer(over_tcp("POST", "evil.example")).status, 403);
  EXPECT_EQ(fake.reloads, 0);
}

TEST(Api, APageOfSomebodyElseMayChangeNothing) {
  EXPECT_EQ(refusal_of_browser(over_tcp("POST", "127.0.0.1:9180")), "") << "curl sends no Origin";
  EXPECT_EQ(refusal_of_browser(over_tcp("POST", "127.0.0.1:9180", "http://127.0.0.1:9180")), "") << "our own dashboard";
  for (const char* origin : {"https://evil.example", "null", "http://127.0.0.1:8080", "https://127.0.0.1:9180"})
    EXPECT_NE(refusal_of_browser(over_tcp("POST", "127.0.0.1:9180", origin)), "") << origin;
  EXPECT_EQ(refusal_of_browser(over_tcp("GET", "127.0.0.1:9180", "https://evil.example")), "")
      << "it cannot read what it gets: there is no CORS header";
  Fake fake;
  EXPECT_EQ(fake.api.answer(over_tcp("POST", "127.0.0.1", "https://evil.example")).status, 403);
  EXPECT_EQ(fake.reloads, 0);
}

TEST(Api, WhoTalksOverTheUnixSocketWasLetInByItsMode) {
  AdminRequest request = over_tcp("POST", "anything", "https://evil.example");
  request.is_local = true;
  EXPECT_EQ(refusal_of_browser(request), "");
}

}  // namespace
}  // namespace apps
