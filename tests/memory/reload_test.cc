// A new configuration while requests flow: the good one takes over between two requests, the bad one changes nothing.
#include <csignal>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/memory/world.h"

namespace memory {
namespace {

using nlohmann::json;

class Reload : public testing::Test {
 protected:
  void start(const std::string& sections = balancer("v0"), int workers = 1) {
    world_.start({.sections = sections, .engine = "", .workers = workers});
  }
  Peer& peer() { return world_.peer(); }
  Instance& instance() { return world_.instance(); }
  double reloads(const std::string& result) { return instance().metric("penstock_config_reloads_total", {{"result", result}}); }
  World world_;
};

/// "v7" -> 7, anything else -> -1.
int version_of(const Message& answer) {
  return answer.status() == 200 && answer.body.starts_with('v') ? std::atoi(answer.body.c_str() + 1) : -1;
}

TEST_F(Reload, BySignalTakesOverWhileRequestsFlow) {
  start(balancer("v0"), 2);
  int newest = 0;
  std::size_t since_newest = 0;
  {
    Load load{peer(),
              {.connections = 24,
               .request = [](std::size_t) { return get_request("/hello"); },
               .check =
                   [&](std::size_t, const Message& answer) {
                     const int version = version_of(answer);
                     if (version > newest) newest = version, since_newest = 0;
                     ++since_newest;
                     return version >= 0 ? "" : answer.head + answer.body;
                   }}};
    for (int version = 1; version <= 5; ++version) {
      instance().write_config(balancer(fmt::format("v{}", version)));
      instance().process().signal(SIGHUP);
      ASSERT_TRUE(peer().run_until([&] { return newest == version && since_newest > 50; })) << version << " " << newest << "\n"
                                                                                            << instance().log();
    }
    load.stop();
    EXPECT_TRUE(peer().run_until([&] { return load.outstanding() == 0; }));
    EXPECT_EQ(load.failed(), 0u) << load.first_failure();
    EXPECT_EQ(instance().metric("penstock_tcp_accepted_total"), 24) << "no connection was lost or opened anew";
  }
  EXPECT_EQ(reloads("ok"), 5);
  EXPECT_EQ(reloads("failed"), 0);
  EXPECT_EQ(instance().metric("penstock_config_generation"), 6);
  EXPECT_TRUE(peer().run_until([&] { return instance().metric("penstock_config_retired") == 0; })) << "old ones are freed";
  world_.expect_nothing_left();
}

TEST_F(Reload, ARequestUnderWayEndsAsItBegan) {
  start();
  std::optional<Web::Handle> asked;
  world_.web().on_request = [&](Web::Handle handle, const Message&) -> std::optional<std::string> {
    asked = handle;
    return std::nullopt;  // the answer waits
  };
  const auto client = world_.connect();
  ASSERT_TRUE(client);
  std::optional<Message> answer;
  world_.web().on_response = [&](Web::Handle, Message message) { answer = std::move(message); };
  world_.web().send(*client, get_request("/slow"));
  ASSERT_TRUE(peer().run_until([&] { return asked.has_value(); }));
  // The pool is gone from the new configuration, and so is the rule.
  instance().write_config("[[listener]]\nname = \"web\"\naddress = \"198.18.0.10:80\"\n[[rule]]\nrespond = { body = \"new\" }\n");
  const auto reloaded = world_.admin("/api/v1/reload", "POST");
  ASSERT_EQ(reloaded.status(), 200) << reloaded.body;
  EXPECT_EQ(world_.get("/slow").body, "new");
  EXPECT_EQ(instance().metric("penstock_config_retired"), 1) << "the old one is needed yet";
  world_.web().on_response = [&](Web::Handle, Message message) { answer = std::move(message); };
  world_.web().send(*asked, ok_response("from the old pool"));
  ASSERT_TRUE(peer().run_until([&] { return answer.has_value(); }));
  EXPECT_EQ(answer->body, "from the old pool");
  EXPECT_EQ(json::parse(instance().admin("/api/v1/pools").body), json::parse(R"({"items": []})"));
  world_.web().close(*client);
  EXPECT_TRUE(peer().run_until([&] { return instance().metric("penstock_config_retired") == 0; }));
}

TEST_F(Reload, ABadFileChangesNothing) {
  start();
  Load load{peer(),
            {.connections = 8,
             .request = [](std::size_t) { return get_request("/hello"); },
             .check = [](std::size_t, const Message& answer) { return expect_body(answer, "v0"); }}};
  const std::pair<std::string, std::string> mistakes[] = {
      {balancer("v1") + "[[rule]]\npool = \"nobody\"\n", ": pool: no pool is called 'nobody'"},
      {balancer("v1") + "[[rule]]\nname = \"late\"\npath_regex = \"(\"\npool = \"origins\"\n", "memory.toml:"},
      {"[[listener]\n", "memory.toml:"},
  };
  double failed = 0;
  for (const auto& [sections, expected] : mistakes) {
    instance().write_config(sections);
    const auto answer = world_.admin("/api/v1/reload", "POST");
    ASSERT_EQ(answer.status(), 400);
    const std::string why = json::parse(answer.body).at("error");
    EXPECT_NE(why.find(expected), std::string::npos) << why;
    EXPECT_EQ(reloads("failed"), ++failed);
  }
  instance().process().signal(SIGHUP);
  EXPECT_TRUE(peer().run_until([&] { return reloads("failed") == failed + 1; }));
  EXPECT_NE(instance().log().find("reload refused, nothing changed:"), std::string::npos);
  const std::size_t before = load.answered();
  EXPECT_TRUE(peer().run_until([&] { return load.answered() > before + 100; }));
  EXPECT_EQ(load.failed(), 0u) << load.first_failure();
  EXPECT_EQ(reloads("ok"), 0);
  EXPECT_EQ(instance().metric("penstock_config_generation"), 1);
  EXPECT_EQ(instance().admin("/readyz").status(), 200);
}

TEST_F(Reload, WhatNeedsARestartIsRefusedAndSaysSo) {
  start();
  const std::string text = support::file_text(instance().config_path());
  for (const auto& [from, to, what] : {std::tuple{"workers = 1", "workers = 2", "the set of workers"},
                                       {"max_connections = 1000", "max_connections = 1001", "[engine]"},
                                       {"queues = 1", "queues = 2", "a port"},
                                       {"name = \"p\"", "name = \"q\"", "a port"},
                                       {"time_wait_max = 1000", "time_wait_max = 1001", "time_wait_max and half_open_max"},
                                       {"name = \"memory\"", "name = \"other\"", "engine.name"},
                                       {"admin.sock", "other.sock", "admin.listen"}}) {
    std::string changed = text;
    changed.replace(changed.find(from), std::string_view{from}.size(), to);
    support::write_file(instance().config_path(), changed);
    const auto answer = world_.admin("/api/v1/reload", "POST");
    ASSERT_EQ(answer.status(), 400) << from;
    const std::string why = json::parse(answer.body).at("error");
    EXPECT_NE(why.find(fmt::format("{} cannot change while the instance runs: restart it", what)), std::string::npos) << why;
  }
  support::write_file(instance().config_path(), text);
  EXPECT_EQ(world_.admin("/api/v1/reload", "POST").status(), 200);
  EXPECT_EQ(world_.get("/hello").body, "v0");
}

TEST_F(Reload, ListenersRulesAndPoolsComeAndGo) {
  start("[[listener]]\nname = \"old\"\naddress = \"198.18.0.10:8080\"\n[[rule]]\nrespond = { body = \"old\" }\n");
  EXPECT_TRUE(world_.connect(8080));
  EXPECT_FALSE(world_.connect(80));
  instance().write_config(balancer("v1"));
  ASSERT_EQ(world_.admin("/api/v1/reload", "POST").status(), 200);
  world_.web().on_request = [](Web::Handle, const Message&) { return ok_response("from a server"); };
  EXPECT_EQ(world_.get("/hello").body, "v1");
  EXPECT_EQ(world_.get("/other").body, "from a server");
  EXPECT_FALSE(world_.connect(8080)) << "RST: the old listener is gone";
  const json listeners = json::parse(instance().admin("/api/v1/listeners").body).at("items");
  ASSERT_EQ(listeners.size(), 1u);
  EXPECT_EQ(listeners.at(0).at("name"), "web");
}

TEST_F(Reload, SeveralAtOnceAreAllAnswered) {
  start();
  std::vector<std::thread> threads;
  std::atomic<int> done{0}, good{0};
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      const auto answer = instance().admin("/api/v1/reload", "POST");
      if (answer.status() == 200) ++good;
      ++done;
    });
  EXPECT_TRUE(peer().run_until([&] { return done.load() == 8; }));
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good.load(), 8);
  EXPECT_GE(reloads("ok"), 1);
}

}  // namespace
}  // namespace memory
