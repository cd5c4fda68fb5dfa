// The load balancer between clients and origins on a bad network: every answer must be the one that belongs to its request, every
// byte of every body the one that was sent, and nothing may be left behind. A failure names its seed: PENSTOCK_SIM_SEED=N runs
// that one alone.
#include <cstdlib>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/sim/balancer.h"
#include "tests/sim/http_client_app.h"
#include "tests/sim/http_origin_app.h"

namespace sim {
namespace {

const engine::SocketAddress balancer_address{engine::Ipv4{10, 0, 0, 10}, 80};
using Target = HttpPlan::Target;

/// The world of one seed.
struct Scenario {
  bool with_faults = false, is_scarce = false;
  unsigned origins = 1;  // of the pool; the safe pool has one of its own
  HostOptions clients[2], balancer;
  Faults links[7];  // into the balancer, the clients, the origins
  std::vector<HttpPlan> plans;
  Duration cut_origin_at{}, cut_client_at{}, mend_at{};  // zero: not at all
  Duration reload_at{};
};

Faults random_link(engine::Random& random, bool with_faults) {
  Faults f;
  f.loss = static_cast<double>(random.below(with_faults ? 4 : 11)) / 100;
  f.duplicate = static_cast<double>(random.below(6)) / 100;
  f.reorder = static_cast<double>(random.below(11)) / 100;
  f.corrupt = random.below(4) == 0 ? 0.01 : 0;
  f.delay = Duration{static_cast<std::int64_t>(50'000 + random.below(10'000'000))};
  f.jitter = Duration{static_cast<std::int64_t>(random.below(2'000'000))};
  f.reorder_by = f.delay / 2;
  if (random.below(3) == 0) {
    f.bits_per_second = 10'000'000 + random.below(100'000'000);
    f.queue_frames = 20 + random.below(100);
  }
  return f;
}

Scenario make_scenario(std::uint64_t seed, bool with_faults) {
  engine::Random random{seed};
  Scenario s;
  s.with_faults = with_faults;
  for (Faults& link : s.links) link = random_link(random, with_faults);
  s.origins = 1 + static_cast<unsigned>(random.below(3));
  s.clients[0] = {.address = "10.0.0.1/24", .seed = seed * 2 + 1};
  s.clients[1] = {.address = "10.0.0.2/24", .seed = seed * 2 + 2};
  for (HostOptions& client : s.clients) client.tcp.keepalive = 2min;  // one that was cut off does not wait for ever
  s.balancer = {.address = "10.0.0.10/24", .seed = seed * 2 + 3};
  s.balancer.shards = static_cast<std::uint16_t>(1 + random.below(4));
  s.balancer.queues = random.below(2) == 0 ? std::uint16_t{1} : s.balancer.shards;
  s.balancer.mtu = static_cast<std::uint16_t>(random.below(2) == 0 ? 1500 : 576 + random.below(925));
  s.is_scarce = random.below(6) == 0;
  if (s.is_scarce) s.balancer.account_mbufs = 600, s.balancer.connections_max = 64;
  if (random.below(4) == 0) s.balancer.tcp.receive_buffer_max = 4096u << random.below(4);
  const std::uint64_t n = 4 + random.below(20);
  for (std::uint64_t i = 0; i < n; ++i) s.plans.push_back(make_plan(seed, i + 1, with_faults));
  const auto moment = [&] { return Duration{static_cast<std::int64_t>(1 + random.below(2'000'000'000))}; };
  if (random.below(4) == 0) s.reload_at = moment();
  if (!with_faults) return s;
  if (random.below(3) == 0) s.cut_origin_at = moment();
  if (random.below(4) == 0) s.cut_client_at = moment();
  if (random.below(2) == 0) s.mend_at = 5s + moment();
  return s;
}

/// What a run of many seeds exercised: printed, and required to be more than nothing.
struct Totals {
  std::uint64_t exchanges = 0, refused = 0, truncated = 0, given_up = 0, unknown = 0;
  std::uint64_t frames = 0, retransmitted = 0, steered = 0, reused = 0, opened = 0, retries = 0, reloads = 0;
};

class World {
 public:
  World(std::uint64_t seed, bool with_faults) : seed_{seed}, s_{make_scenario(seed, with_faults)}, network_{seed} {
    balancer_.emplace(network_, s_.balancer, config(0));
    balancer_->host().port().faults = s_.links[0];
    for (unsigned i = 0; i < 2; ++i) {
      clients_[i] = std::make_unique<EngineHost>(network_, s_.clients[i], [&](tcp::Stack& stack, std::uint16_t) {
        return std::make_unique<HttpClientApp>(stack, seed * 31 + i, balancer_address);
      });
      clients_[i]->port().faults = s_.links[1 + i];
    }
    for (unsigned i = 0; i <= s_.origins; ++i) {  // the last one is the safe pool's
      HostOptions options{.address = fmt::format("10.0.0.{}/24", 20 + i), .seed = seed * 17 + i};
      origins_.push_back(std::make_unique<EngineHost>(network_, options, [&](tcp::Stack& stack, std::uint16_t) {
        return std::make_unique<HttpOriginApp>(stack, seed * 37 + i, HttpOriginApp::Options{seed, with_faults});
      }));
      origins_.back()->listen({origin_address(i)});
      origins_.back()->port().faults = s_.links[3 + i];
    }
  }

  void run(Totals& totals);

 private:
  static engine::SocketAddress origin_address(unsigned i) {
    return {engine::Ipv4{10, 0, 0, static_cast<std::uint8_t>(20 + i)}, 8080};
  }
  HttpClientApp& client(unsigned i) { return static_cast<HttpClientApp&>(clients_[i]->application()); }
  HttpOriginApp& origin(unsigned i) { return static_cast<HttpOriginApp&>(origins_[i]->application()); }
  [[nodiscard]] BalancerConfig config(unsigned version) const;
  void start_clients();
  void happen(Duration passed);
  void check_outcomes(Totals& totals);
  [[nodiscard]] bool may_fail(const HttpPlan& plan, unsigned client, Outcome outcome) const;
  void add_totals(Totals& totals);

  std::uint64_t seed_;
  Scenario s_;
  Network network_;
  std::unique_ptr<EngineHost> clients_[2];
  std::optional<Balancer> balancer_;
  std::vector<std::unique_ptr<EngineHost>> origins_;
  std::map<std::uint64_t, unsigned> client_of_;
  bool was_reloaded_ = false;
};

BalancerConfig World::config(unsigned version) const {
  BalancerConfig config;
  config.listens = {{"web", balancer_address}};
  config.parts.listeners.emplace_back();
  config.parts.listeners[0].name = "web";
  config.parts.listeners[0].idle_timeout = s_.with_faults ? 90s : 600s;
  config.parts.listeners[0].header_timeout = s_.with_faults ? 60s : 600s;
  for (const char* name : {"pool", "safe"}) {
    http::SiteParts::PoolParts pool;
    pool.settings.name = name;
    pool.settings.connect_timeout = s_.with_faults ? 20s : 120s;
    pool.settings.response_timeout = (s_.with_faults ? 60s : 300s) + version * 1s;  // another pool after a reload
    pool.settings.keepalive_idle = 8;
    const bool is_safe = std::string_view{name} == "safe";
    for (unsigned i = is_safe ? s_.origins : 0; i < (is_safe ? s_.origins + 1 : s_.origins); ++i)
      pool.servers.push_back({fmt::format("s{}", i), 0, origin_address(i)});
    config.parts.pools.push_back(std::move(pool));
  }
  const auto add = [&](const char* prefix, http::Action action) {
    http::Rule rule;
    rule.path = http::PathPrefix{prefix};
    rule.action = std::move(action);
    config.parts.rules.push_back(std::move(rule));
  };
  add("/pool/", http::PoolAction{"pool"});
  add("/safe/", http::PoolAction{"safe"});
  add("/fixed/", http::RespondAction{200, fixed_content(), "text/plain"});
  add("/large/", http::RespondAction{200, large_content(), "application/octet-stream"});
  add("/moved/", http::RedirectAction{301, "http://{host}/there{path}"});
  return config;
}

void World::start_clients() {
  engine::Random random{seed_ + 5};
  for (std::size_t i = 0; i < s_.plans.size();) {
    std::deque<HttpPlan> plans;
    const auto to = static_cast<unsigned>(random.below(2));
    for (std::uint64_t n = 1 + random.below(5); n != 0 && i < s_.plans.size(); --n, ++i) {
      plans.push_back(s_.plans[i]);
      client_of_[s_.plans[i].id] = to;
    }
    client(to).start(std::move(plans), 1 + random.below(3), network_.now());
  }
}

/// Whose turn in the scenario has come.
void World::happen(Duration passed) {
  const auto is_due = [&](Duration at) { return at != Duration{} && passed >= at; };
  const bool is_mended = is_due(s_.mend_at);
  origins_[0]->set_cut_off(is_due(s_.cut_origin_at) && !is_mended);
  clients_[1]->set_cut_off(is_due(s_.cut_client_at) && !is_mended);
  if (is_due(s_.reload_at) && !was_reloaded_) {
    was_reloaded_ = true;
    balancer_->reload(config(seed_ % 2));
  }
}

void World::run(Totals& totals) {
  SCOPED_TRACE(testing::Message() << "PENSTOCK_SIM_SEED=" << seed_);
  network_.run(1ms, [] { return false; });  // the first turn takes the snapshots
  start_clients();
  const Instant start = network_.now();
  const auto is_over = [&] {
    happen(network_.now() - start);
    const bool second_counts = s_.cut_client_at == Duration{} || s_.mend_at != Duration{};
    return client(0).is_done() && (!second_counts || client(1).is_done()) && balancer_->host().connections() == 0 &&
           network_.now() - start > std::max({s_.cut_origin_at, s_.cut_client_at, s_.mend_at, s_.reload_at});
  };
  EXPECT_TRUE(network_.run(s_.with_faults ? 40min : 60min, is_over)) << "stalled";
  network_.run(10s, [] { return false; });  // packets that wait for the address of a host that is gone are given up
  balancer_->expect_clean();
  EXPECT_EQ(balancer_->host().retired_snapshots(), 0u);
  for (unsigned i = 0; i < 2; ++i) EXPECT_EQ(client(i).first_error, "") << "client " << i;
  for (unsigned i = 0; i < origins_.size(); ++i) EXPECT_EQ(origin(i).first_error, "") << "origin " << i;
  check_outcomes(totals);
  add_totals(totals);
}

/// What a fault excuses.
bool World::may_fail(const HttpPlan& plan, unsigned client, Outcome outcome) const {
  if (outcome == Outcome::right) return true;
  if (s_.is_scarce && outcome == Outcome::refused) return true;
  if (!s_.with_faults) return false;
  if (client == 1 && s_.cut_client_at != Duration{}) return true;
  if (outcome == Outcome::given_up) return true;
  if (plan.target != Target::pool) return false;
  if (plan.fault != HttpPlan::Fault::none && plan.fault != HttpPlan::Fault::extra_bytes) return true;
  if (s_.cut_origin_at != Duration{}) return true;
  // Sent over a connection that was just being closed: only what may be sent twice is.
  const bool may_be_repeated = plan.is_idempotent() && plan.request_framing == HttpPlan::Framing::none;
  return !may_be_repeated && outcome == Outcome::refused;
}

void World::check_outcomes(Totals& totals) {
  std::map<std::uint64_t, unsigned> seen;
  for (unsigned i = 0; i < origins_.size(); ++i)
    for (const auto& [id, count] : origin(i).seen) seen[id] += count;
  for (const HttpPlan& plan : s_.plans) {
    ++totals.exchanges;
    const unsigned from = client_of_[plan.id];
    const bool is_cut = from == 1 && s_.cut_client_at != Duration{};
    const unsigned most = plan.is_own() ? 0 : s_.with_faults && plan.is_idempotent() ? 2 : 1;
    EXPECT_TRUE(is_cut || seen[plan.id] <= most) << plan.method << " " << plan.target_text() << " was seen " << seen[plan.id];
    const auto at = client(from).outcomes.find(plan.id);
    if (at == client(from).outcomes.end()) {
      ++totals.unknown;
      EXPECT_TRUE(is_cut) << "request " << plan.id << " has no outcome";
      continue;
    }
    EXPECT_TRUE(may_fail(plan, from, at->second))
        << plan.method << " " << plan.target_text() << " fault " << static_cast<int>(plan.fault) << ": outcome "
        << static_cast<int>(at->second) << ", status " << client(from).refusals[plan.id] << ", seen " << seen[plan.id];
    totals.refused += at->second == Outcome::refused ? 1 : 0;
    totals.truncated += at->second == Outcome::truncated ? 1 : 0;
    totals.given_up += at->second == Outcome::given_up ? 1 : 0;
  }
}

void World::add_totals(Totals& totals) {
  totals.frames += network_.frames;
  totals.reloads += was_reloaded_ ? 1 : 0;
  for (std::uint16_t i = 0; i < balancer_->host().shards(); ++i) {
    totals.retransmitted += balancer_->host().stack(i).counters().retransmitted_segments.get();
    totals.steered += balancer_->host().shard(i).counters().steered.get();
    const http::Counters& c = balancer_->proxy(i).counters();
    totals.opened += c.upstream_opened.get();
    totals.reused += c.upstream_reused.get();
    totals.retries += c.upstream_retries.get();
  }
}

/// Runs the seeds that the environment asks for.   Returns: how many, 0 for a single one or after a failure.
std::uint64_t run_seeds(bool with_faults, Totals& t) {
  if (const char* seed = std::getenv("PENSTOCK_SIM_SEED")) {
    World{std::strtoull(seed, nullptr, 10), with_faults}.run(t);
    return 0;
  }
  const char* count = std::getenv("PENSTOCK_SIM_SEEDS");
  const std::uint64_t seeds = count != nullptr ? std::strtoull(count, nullptr, 10) : 1000;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    World{seed, with_faults}.run(t);
    if (testing::Test::HasFailure()) return 0;  // one seed at a time
  }
  fmt::print(
      "{} seeds: {} requests ({} refused, {} truncated, {} given up, {} of clients that were cut off), {} frames, {} segments "
      "retransmitted, {} packets handed over, {} connections to origins, {} reuses, {} retries, {} reloads\n",
      seeds, t.exchanges, t.refused, t.truncated, t.given_up, t.unknown, t.frames, t.retransmitted, t.steered, t.opened, t.reused,
      t.retries, t.reloads);
  return seeds;
}

/// Fewer seeds say nothing of how often something happens: a connection is cut in the middle of a message a dozen times in a
/// hundred of them.
constexpr std::uint64_t seeds_for_rates = 200;

TEST(HttpSimulation, EveryAnswerIsTheRightOne) {
  Totals totals;
  const std::uint64_t seeds = run_seeds(false, totals);
  if (seeds == 0) return;
  EXPECT_EQ(totals.truncated + totals.given_up + totals.unknown, 0u);
  if (seeds < seeds_for_rates) return;
  EXPECT_GT(totals.exchanges, seeds * 8);
  EXPECT_LT(totals.refused, totals.exchanges / 100) << "by balancers with little memory";
  EXPECT_GT(totals.retransmitted, seeds);
  EXPECT_GT(totals.steered, seeds);
  EXPECT_GT(totals.reused, seeds);
  EXPECT_GT(totals.reloads, seeds / 10);
}

TEST(HttpSimulation, FaultsOfPeersStayTheirOwn) {
  Totals totals;
  const std::uint64_t seeds = run_seeds(true, totals);
  if (seeds < seeds_for_rates) return;
  EXPECT_GT(totals.refused, seeds / 10);
  EXPECT_GT(totals.truncated, seeds / 10);
  EXPECT_GT(totals.given_up, seeds / 20);
  EXPECT_GT(totals.retries, seeds / 20);
  EXPECT_GT(totals.unknown, 0u);
}

}  // namespace
}  // namespace sim
