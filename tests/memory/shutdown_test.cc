// SIGTERM: what is under way ends well, what is new is refused, and nothing takes longer than it was given.
#include <csignal>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/memory/world.h"

namespace memory {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class Shutdown : public testing::Test {
 protected:
  void start(const std::string& engine, const std::string& notify = "") {
    world_.start({.sections = balancer(), .engine = engine, .environment = notify, .workers = workers_});
  }
  Peer& peer() { return world_.peer(); }
  Instance& instance() { return world_.instance(); }
  bool has_ended() { return instance().process().status().has_value(); }
  int ready_status() { return instance().admin("/readyz").status(); }

  /// A client whose request a server holds.   Returns: the client's handle.
  Web::Handle hold_a_request() {
    world_.web().on_request = [this](Web::Handle handle, const Message&) -> std::optional<std::string> {
      asked_ = handle;
      return std::nullopt;
    };
    const auto client = world_.connect();
    EXPECT_TRUE(client);
    world_.web().on_response = [this](Web::Handle, Message message) { answer_ = std::move(message); };
    world_.web().on_closed = [this](Web::Handle, tcp::CloseReason reason) { closed_ = reason; };
    world_.web().send(*client, get_request("/slow"));
    EXPECT_TRUE(peer().run_until([&] { return asked_.has_value(); }));
    return *client;
  }

  int workers_ = 1;
  World world_;
  std::optional<Web::Handle> asked_;
  std::optional<Message> answer_;
  std::optional<tcp::CloseReason> closed_;
};

class ShutdownByWorkers : public Shutdown, public testing::WithParamInterface<int> {
 protected:
  ShutdownByWorkers() { workers_ = GetParam(); }
};

TEST_P(ShutdownByWorkers, TheAnswerUnderWayEndsAndNewConnectionsAreRefused) {
  start("");
  const auto idle = world_.connect();
  ASSERT_TRUE(idle);
  const Web::Handle busy = hold_a_request();
  instance().process().signal(SIGTERM);
  std::optional<tcp::CloseReason> idle_closed;
  world_.web().on_closed = [&](Web::Handle handle, tcp::CloseReason reason) {
    (handle == *idle ? idle_closed : closed_) = reason;
  };
  EXPECT_TRUE(peer().run_until([&] { return ready_status() == 503; }));
  EXPECT_TRUE(peer().run_until([&] { return idle_closed.has_value(); })) << "an idle connection is closed";
  EXPECT_EQ(idle_closed, tcp::CloseReason::finished) << "politely";
  peer().run_for(50ms);  // each worker looks for orders when it wakes up
  std::optional<tcp::CloseReason> refused;
  const auto late = world_.web().open({engine::Ipv4{198, 18, 0, 10}, 80}, peer().now());
  ASSERT_TRUE(late);
  world_.web().on_closed = [&](Web::Handle handle, tcp::CloseReason reason) { (handle == *late ? refused : closed_) = reason; };
  EXPECT_TRUE(peer().run_until([&] { return refused.has_value(); }));
  EXPECT_EQ(refused, tcp::CloseReason::refused) << "RST in answer to SYN";
  EXPECT_EQ(instance().admin("/readyz").body, "stopping\n");
  EXPECT_EQ(instance().admin("/healthz").status(), 200);
  EXPECT_FALSE(has_ended());

  world_.web().send(*asked_, ok_response("late, but whole"));
  EXPECT_TRUE(peer().run_until([&] { return answer_.has_value(); }));
  EXPECT_EQ(answer_->body, "late, but whole");
  EXPECT_EQ(answer_->field("Connection"), "close");
  EXPECT_TRUE(peer().run_until([&] { return closed_.has_value(); }));
  EXPECT_EQ(closed_, tcp::CloseReason::finished);
  static_cast<void>(busy);
  EXPECT_TRUE(peer().run_until([&] { return has_ended(); }));
  EXPECT_EQ(instance().process().status(), 0) << instance().log();
  EXPECT_FALSE(std::filesystem::exists(instance().admin_socket())) << "its socket goes with it";
}

TEST_P(ShutdownByWorkers, WhatTakesTooLongIsReset) {
  start("drain_timeout = \"400ms\"");
  hold_a_request();
  const auto begin = Clock::now();
  instance().process().signal(SIGINT);
  EXPECT_TRUE(peer().run_until([&] { return closed_.has_value(); }));
  EXPECT_EQ(closed_, tcp::CloseReason::reset);
  EXPECT_GE(Clock::now() - begin, 380ms);
  EXPECT_TRUE(peer().run_until([&] { return has_ended(); }));
  EXPECT_LT(Clock::now() - begin, 6s);
  EXPECT_EQ(instance().process().status(), 0);
  EXPECT_NE(instance().log().find("1 connections are reset"), std::string::npos) << instance().log();
}

INSTANTIATE_TEST_SUITE_P(Workers, ShutdownByWorkers, testing::Values(1, 2));

TEST_F(Shutdown, BeforeItStopsItSaysSoForAsLongAsItWasTold) {
  start("drain_delay = \"2s\"");
  const auto begin = Clock::now();
  instance().process().signal(SIGTERM);
  EXPECT_TRUE(peer().run_until([&] { return ready_status() == 503; }));
  EXPECT_LT(Clock::now() - begin, 1500ms);
  EXPECT_EQ(world_.get("/hello").body, "hello") << "it serves while balancers look away";
  const auto kept = world_.connect();
  EXPECT_TRUE(kept);
  bool closed = false;
  world_.web().on_closed = [&](Web::Handle, tcp::CloseReason) { closed = true; };
  EXPECT_TRUE(peer().run_until([&] { return closed; }));
  EXPECT_GE(Clock::now() - begin, 1980ms);
  EXPECT_TRUE(peer().run_until([&] { return has_ended(); }));
  EXPECT_EQ(instance().process().status(), 0);
}

TEST_F(Shutdown, TheSecondSignalMeansAtOnce) {
  start("drain_timeout = \"60s\"");
  hold_a_request();
  instance().process().signal(SIGTERM);
  EXPECT_TRUE(peer().run_until([&] { return ready_status() == 503; }));
  peer().run_for(200ms);
  EXPECT_FALSE(has_ended());
  instance().process().signal(SIGTERM);
  EXPECT_TRUE(peer().run_until([&] { return has_ended(); }));
  EXPECT_EQ(instance().process().status(), 0) << instance().log();
}

TEST_F(Shutdown, WithoutConnectionsItIsQuick) {
  start("drain_timeout = \"60s\"");
  EXPECT_EQ(world_.get("/hello").body, "hello");
  world_.expect_clean_stop();
}

TEST_F(Shutdown, WhoeverWaitsForAReloadIsToldOfTheEnd) {
  start("drain_timeout = \"300ms\"");
  hold_a_request();
  instance().process().signal(SIGTERM);
  EXPECT_TRUE(peer().run_until([&] { return ready_status() == 503; }));
  // Until the end a reload is a reload; then there is an answer, too, or nobody.
  int answers = 0;
  while (!has_ended()) {
    const auto answer = world_.admin("/api/v1/reload", "POST");
    if (answer.status() == 0) break;
    EXPECT_TRUE(answer.status() == 200 || answer.body.find("the instance is stopping") != std::string::npos) << answer.body;
    ++answers;
  }
  EXPECT_GE(answers, 1);
  EXPECT_TRUE(peer().run_until([&] { return has_ended(); }));
  EXPECT_EQ(instance().process().status(), 0) << instance().log();
}

TEST_F(Shutdown, TheServiceManagerHearsOfEveryStep) {
  const std::string path = world_.directory.path("notify");
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  start("", path);
  std::string heard;
  const auto listen = [&](const std::string& until) {
    return peer().run_until([&] {
      char bytes[64];
      for (ssize_t n; (n = ::recv(fd, bytes, sizeof bytes, 0)) > 0;) heard.append(bytes, static_cast<std::size_t>(n)) += ' ';
      return heard == until;
    });
  };
  EXPECT_TRUE(listen("READY=1 ")) << heard;
  instance().process().signal(SIGHUP);
  EXPECT_TRUE(listen("READY=1 RELOADING=1 READY=1 ")) << heard;
  instance().process().signal(SIGTERM);
  EXPECT_TRUE(listen("READY=1 RELOADING=1 READY=1 STOPPING=1 ")) << heard;
  EXPECT_TRUE(peer().run_until([&] { return has_ended(); }));
  ::close(fd);
}

}  // namespace
}  // namespace memory
