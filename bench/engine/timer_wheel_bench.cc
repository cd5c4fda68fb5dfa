// TimerWheel against rte_timer (skip lists by lcore). Argument: timers that are armed.
#include <rte_lcore.h>
#include <rte_timer.h>

#include <benchmark/benchmark.h>
#include <vector>

#include "bench/support/flows.h"
#include "bench/support/per_item.h"
#include "engine/timer_wheel.h"

namespace engine {
namespace {

constexpr std::size_t per_iteration = 4096;
constexpr std::uint32_t ticks_max = 8192;  // about a second: retransmission timers

std::vector<std::uint32_t> delays(std::size_t count) {
  Random random{3};
  std::vector<std::uint32_t> ticks(count);
  for (auto& t : ticks) t = 1 + static_cast<std::uint32_t>(random.below(ticks_max));
  return ticks;
}

/// A timer that is armed gets another deadline.
void BM_WheelRearm(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto order = bench::make_order(count, 2);
  const auto ticks = delays(per_iteration + count);
  TimerWheel wheel{static_cast<std::uint32_t>(count)};
  for (std::uint32_t i = 0; i < count; ++i) wheel.arm(i, ticks[i]);
  std::size_t at = 0;
  std::uint32_t later = 0;  // never the deadline that it has already
  bench::run(state, per_iteration, [&] {
    ++later;
    for (std::size_t i = 0; i < per_iteration; ++i, at = at + 1 == count ? 0 : at + 1)
      wheel.arm(order[at], ticks[at + i] + later % 4096);
  });
}

/// Every timer armed once and fired once, while the clock passes tick after tick.
void BM_WheelArmAndFire(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto order = bench::make_order(count, 2);
  const auto ticks = delays(count);
  TimerWheel wheel{static_cast<std::uint32_t>(count)};
  TimerWheel::Tick now = 0;
  std::uint64_t fired = 0;
  bench::run(state, count, [&] {
    for (const std::uint32_t i : order) wheel.arm(i, now + ticks[i]);
    for (std::uint32_t t = 0; t <= ticks_max; ++t, ++now)
      fired += wheel.advance(Instant{now * TimerWheel::tick}, UINT32_MAX, [](std::uint32_t) noexcept {});
  });
  if (fired != static_cast<std::uint64_t>(state.iterations()) * count) state.SkipWithError("a timer did not fire");
}

/// A turn in which nothing is due.
void BM_WheelIdle(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto ticks = delays(count);
  TimerWheel wheel{static_cast<std::uint32_t>(count)};
  for (std::uint32_t i = 0; i < count; ++i) wheel.arm(i, 100'000 + ticks[i]);
  Instant now{};
  bench::run(state, per_iteration, [&] {
    for (std::size_t i = 0; i < per_iteration; ++i) {
      bench::keep(wheel.advance(now, 256, [](std::uint32_t) noexcept {}));
      if (i % 64 == 0 && now < Instant{50'000 * TimerWheel::tick}) now += Duration{100};
    }
  });
}

// DPDK's timers have the TSC for a clock. One of its ticks is a cycle here.

std::uint64_t rte_fired = 0;
void on_rte_timer(rte_timer*, void*) { ++rte_fired; }

class RteTimers {
 public:
  explicit RteTimers(std::size_t count) : timers_(count) {
    CHECK(rte_timer_subsystem_init() == 0);
    for (rte_timer& t : timers_) rte_timer_init(&t);
  }
  RteTimers(const RteTimers&) = delete;
  RteTimers& operator=(const RteTimers&) = delete;
  ~RteTimers() {
    for (rte_timer& t : timers_) rte_timer_stop(&t);
    rte_timer_subsystem_finalize();
  }
  void arm(std::size_t i, std::uint64_t cycles) {
    rte_timer_reset(&timers_[i], cycles, SINGLE, rte_lcore_id(), &on_rte_timer, nullptr);
  }

 private:
  std::vector<rte_timer> timers_;
};

void BM_RteTimerRearm(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto order = bench::make_order(count, 2);
  const auto ticks = delays(per_iteration + count);
  RteTimers timers{count};
  constexpr std::uint64_t far = std::uint64_t{1} << 45, cycles_per_tick = 340'000;  // hours: none fires
  for (std::size_t i = 0; i < count; ++i) timers.arm(i, far + ticks[i] * cycles_per_tick);
  std::size_t at = 0;
  bench::run(state, per_iteration, [&] {
    for (std::size_t i = 0; i < per_iteration; ++i, at = at + 1 == count ? 0 : at + 1)
      timers.arm(order[at], far + ticks[at + i] * cycles_per_tick);
  });
}

/// Every timer armed once and fired once. All are due when they are looked at, so that no waiting is measured.
void BM_RteTimerArmAndFire(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto order = bench::make_order(count, 2);
  const auto ticks = delays(count);
  RteTimers timers{count};
  rte_fired = 0;
  bench::run(state, count, [&] {
    for (const std::uint32_t i : order) timers.arm(i, ticks[i]);
    for (std::uint64_t before = ~std::uint64_t{0}; before != rte_fired;) {
      before = rte_fired;
      rte_timer_manage();
    }
  });
  if (rte_fired < static_cast<std::uint64_t>(state.iterations()) * count) state.SkipWithError("a timer did not fire");
}

void counts(benchmark::internal::Benchmark* b) { bench::by_tsc(b->Arg(4096)->Arg(65'536)->Arg(1 << 20)); }
BENCHMARK(BM_WheelRearm)->Apply(counts);
BENCHMARK(BM_RteTimerRearm)->Apply(counts);
BENCHMARK(BM_WheelArmAndFire)->Apply(counts);
BENCHMARK(BM_RteTimerArmAndFire)->Apply(counts);
BENCHMARK(BM_WheelIdle)->Arg(4096)->Apply(bench::by_tsc);

}  // namespace
}  // namespace engine
