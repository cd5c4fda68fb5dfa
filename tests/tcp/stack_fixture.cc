#include "tests/tcp/stack_fixture.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace tcp {

namespace {

support::EngineOptions engine_options(const StackOptions& o) {
  support::EngineOptions options;
  options.ports = {{{"10.0.0.1/24"}, o.mtu}};
  options.tcp_account_mbufs = o.account_mbufs;
  return options;
}

}  // namespace

void RecordingApplication::on_events(std::span<const Event> delivered, Instant now) noexcept {
  for (const Event& event : delivered) {
    events.push_back(event);
    if (on_event) on_event(event, now);
  }
}

bool RecordingApplication::on_time(Instant now) noexcept {
  const auto due = std::exchange(calls, {});
  for (const auto& call : due) call(now);
  return !due.empty();
}

StackFixture::StackFixture(const StackOptions& o)
    : options_{o}, engine_{engine_options(o)}, limits_{o.connections_max, o.half_open_max, o.time_wait_max} {
  const engine::Ipv4 peer = peer_address;
  EXPECT_TRUE(engine_.neighbors().put({engine::PortId{0}, peer, support::peer_mac(peer), true, now()}));
  Stack::Options stack;
  stack.connections_max = o.connections_max;
  stack.account_mbufs = o.account_mbufs;
  stack.account_connections = o.account_connections;
  stack.hash_key = {11, 12};
  stack.isn_key = {13, 14};
  stack_ = std::make_unique<Stack>(stack, limits_, engine_.shard());
  stack_->set_application(application_);
  engine_.shard().set_handler(*stack_);
  publish();
  settle();
}

void StackFixture::publish() {
  auto snapshot = std::make_unique<Snapshot>();
  snapshot->ip = engine_.config();
  snapshot->tcp = options_.config;
  const std::vector<Listeners::Entry> entries{{{our_address, our_port}, 0}};
  if (is_listening_) snapshot->listeners = Listeners{entries};
  engine_.snapshots().publish(std::move(snapshot));
}

void StackFixture::listen(bool is_listening) {
  is_listening_ = is_listening;
  publish();
}

void StackFixture::set_config(const Config& config) {
  options_.config = config;
  publish();
}

bool StackFixture::settle() {
  int turns = 0;
  while (engine_.turn() && turns < 1000) ++turns;
  EXPECT_LT(turns, 1000) << "the stack never comes to rest";
  if (after_turn) after_turn();
  return turns < 1000;
}

void StackFixture::turn(const std::vector<support::Bytes>& packets, std::vector<std::function<void(Instant)>> calls) {
  for (const support::Bytes& packet : packets) engine_.deliver(0, packet);
  application_.calls = std::move(calls);
  settle();
}

void StackFixture::run_to(Instant when) {
  while (true) {
    const auto next = engine_.shard().next_deadline(now());
    if (!next || *next > when) break;
    // What is due at the present instant was done by `settle`: then the next tick is the earliest that can bring anything.
    const Instant at = *next > now() ? *next : now() + engine::TimerWheel::tick;
    if (at > when) break;
    engine_.pass(at - now(), at - now());
    if (!settle()) return;
  }
  if (when > now()) engine_.pass(when - now(), when - now());
  settle();
}

std::vector<support::Bytes> StackFixture::take_sent() {
  std::vector<support::Bytes> packets;
  for (support::Bytes& frame : engine_.port(0).take_sent_bytes()) {
    frame.erase(frame.begin(), frame.begin() + sizeof(engine::EthernetHeader));
    packets.push_back(std::move(frame));
  }
  return packets;
}

const Tcb* StackFixture::find(const engine::FourTuple& tuple) const {
  const Tcb* found = nullptr;
  for_each([&](const Tcb& tcb) {
    if (tcb.tuple == tuple) found = &tcb;
  });
  return found;
}

}  // namespace tcp
