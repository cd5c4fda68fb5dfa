#include "tests/memory/world.h"

#include <csignal>
#include <future>

namespace memory {

using namespace std::chrono_literals;

void World::start(const Instance::Options& options) {
  instance_ = std::make_unique<Instance>(directory, options);
  ASSERT_TRUE(instance_->wait_until_ready()) << instance_->log();
  mbufs_at_start_ = instance_->mbufs_in_use();
  peer_ = std::make_unique<Peer>(instance_->memif_socket());
  ASSERT_TRUE(peer_->wait_for_link()) << instance_->log();
  // Both ends learn each other's MAC: a burst of first packets would overflow the queues of what waits for it.
  EXPECT_FALSE(connect(9)) << "nobody listens there";
}

void World::expect_nothing_left() {
  EXPECT_TRUE(peer_->run_until([&] { return instance_->metric("penstock_http_connections") == 0; })) << "connections are left";
  double in_use = 0;
  EXPECT_TRUE(peer_->run_until([&] { return (in_use = instance_->mbufs_in_use()) <= mbufs_at_start_; }))
      << in_use << " mbufs in use, " << mbufs_at_start_ << " after the start";
  peer_->run_for(1100ms);  // the audit runs each second
  EXPECT_EQ(instance_->metric("penstock_packets_unaccounted"), 0);
  EXPECT_EQ(instance_->metric("penstock_worker_account_used_mbufs"), 0);
}

void World::expect_clean_stop() {
  instance_->process().signal(SIGTERM);
  EXPECT_TRUE(peer_->run_until([&] { return instance_->process().status().has_value(); })) << "it does not stop";
  EXPECT_EQ(instance_->process().status(), 0) << instance_->log();
}

std::optional<Web::Handle> World::connect(std::uint16_t port) {
  bool connected = false, closed = false;
  web().on_connected = [&](Web::Handle) { connected = true; };
  web().on_closed = [&](Web::Handle, tcp::CloseReason) { closed = true; };
  const auto handle = web().open({engine::Ipv4{198, 18, 0, 10}, port}, peer_->now());
  static_cast<void>(peer_->run_until([&] { return connected || closed; }));
  web().on_connected = nullptr;
  web().on_closed = nullptr;
  return connected ? handle : std::nullopt;
}

Message World::get(const std::string& target) {
  const auto handle = connect();
  if (!handle) return {};
  std::optional<Message> answer;
  web().on_response = [&](Web::Handle from, Message message) {
    if (from == *handle) answer = std::move(message);
  };
  web().send(*handle, get_request(target));
  static_cast<void>(peer_->run_until([&] { return answer.has_value(); }));
  web().on_response = nullptr;
  web().close(*handle);
  return answer.value_or(Message{});
}

Message World::admin(const std::string& path, const std::string& method) {
  auto answer = std::async(std::launch::async, [&] { return instance_->admin(path, method); });
  static_cast<void>(peer_->run_until([&] { return answer.wait_for(0s) == std::future_status::ready; }));
  return answer.get();
}

std::string expect_body(const Message& answer, const std::string& body) {
  return answer.status() == 200 && answer.body == body ? "" : answer.head + answer.body;
}

}  // namespace memory
