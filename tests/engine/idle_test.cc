#include "engine/idle.h"

#include <rte_interrupts.h>

#include <atomic>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>

#include "tests/support/shard_fixture.h"

namespace engine {
namespace {

using Wall = std::chrono::steady_clock;
constexpr ShardId self{0}, other{1};
constexpr auto no_deadline = [] { return std::optional<Instant>{}; };
constexpr auto nothing_found = [] { return false; };

/// An interrupt that never fires: only the bell and the deadline wake.
class QuietInterrupt : public RxInterrupt {
 public:
  explicit QuietInterrupt(bool works = true) : works_{works} {}
  bool add_to(int /*epoll_fd*/) noexcept override { return works_; }
  void enable() noexcept override { ++enabled; }
  void disable() noexcept override { ++disabled; }
  int enabled = 0, disabled = 0;

 private:
  bool works_;
};

class IdleTest : public testing::Test {
 protected:
  Idle make(PollMode mode) { return Idle{mode, self, *handover_, qsbr_}; }
  /// Past the moment of spinning.
  template <typename D, typename F>
  bool sleeps(Idle& idle, D&& deadline, F&& look_again) {
    EXPECT_FALSE(idle.after(false, Instant{1s}, deadline, nothing_found)) << "the first idle turn spins";
    return idle.after(false, Instant{1s} + Idle::spin, deadline, look_again);
  }

  std::unique_ptr<Handover> handover_ = *Handover::create(support::unique_name("idle"), 2, 4);
  Qsbr qsbr_{2};
};

TEST_F(IdleTest, BusyNeverSleeps) {
  Idle idle = make(PollMode::busy);
  idle.start({});
  for (int i = 0; i < 100; ++i)
    EXPECT_FALSE(idle.after(false, Instant{std::chrono::seconds{i}}, no_deadline, [] { return ADD_FAILURE(), false; }));
}

TEST_F(IdleTest, WorkKeepsItAwake) {
  Idle idle = make(PollMode::adaptive);
  idle.start({});
  EXPECT_FALSE(idle.after(false, Instant{1s}, no_deadline, nothing_found));
  EXPECT_FALSE(idle.after(true, Instant{2s}, no_deadline, nothing_found));
  EXPECT_FALSE(idle.after(false, Instant{3s}, no_deadline, nothing_found)) << "work starts the count anew";
  EXPECT_FALSE(idle.after(false, Instant{3s} + Idle::spin - 1ns, no_deadline, nothing_found));
  EXPECT_TRUE(idle.after(false, Instant{3s} + Idle::spin, no_deadline, nothing_found));
}

TEST_F(IdleTest, WithoutInterruptsItNaps) {
  Idle idle = make(PollMode::adaptive);
  idle.start({});
  EXPECT_FALSE(idle.has_interrupts());
  const auto before = Wall::now();
  EXPECT_TRUE(sleeps(idle, no_deadline, nothing_found));
  const auto took = Wall::now() - before;
  EXPECT_GE(took, Idle::nap_min) << "a nap is a real sleep";
  EXPECT_LT(took, 50ms) << "and a short one";
}

TEST_F(IdleTest, OneQueueWithoutInterruptsMeansNaps) {
  QuietInterrupt works{true}, fails{false};
  Idle idle = make(PollMode::adaptive);
  idle.start({&works, &fails});
  EXPECT_FALSE(idle.has_interrupts());
}

TEST_F(IdleTest, ADueDeadlineForbidsSleep) {
  Idle idle = make(PollMode::adaptive);
  idle.start({});
  EXPECT_FALSE(sleeps(
      idle, [] { return std::optional{Instant{1s}}; }, nothing_found));
}

TEST_F(IdleTest, SleepsUntilTheDeadlineAndNoLonger) {
  QuietInterrupt interrupt;
  Idle idle = make(PollMode::adaptive);
  idle.start({&interrupt});
  EXPECT_TRUE(idle.has_interrupts());
  const auto before = Wall::now();
  EXPECT_TRUE(sleeps(
      idle, [] { return std::optional{Instant{1s} + Idle::spin + 5ms}; }, nothing_found));
  const auto took = Wall::now() - before;
  EXPECT_GE(took, 5ms);
  EXPECT_LT(took, 80ms);
  EXPECT_EQ(interrupt.enabled, 1);
  EXPECT_EQ(interrupt.disabled, 1);
}

TEST_F(IdleTest, TheBellWakesBeforeTheTimeOut) {
  QuietInterrupt interrupt;
  Idle idle = make(PollMode::adaptive);
  idle.start({&interrupt});
  std::atomic<bool> announced{false};
  std::thread ringer{[&] {
    while (!announced.load()) std::this_thread::yield();
    std::this_thread::sleep_for(5ms);
    handover_->ring_bell(self);
  }};
  const auto before = Wall::now();
  EXPECT_TRUE(sleeps(idle, no_deadline, [&] {
    announced = true;  // the announcement was made, the sleep has not begun
    return false;
  }));
  const auto took = Wall::now() - before;
  ringer.join();
  EXPECT_GE(took, 4ms);
  EXPECT_LT(took, Idle::sleep_max - 20ms);
}

TEST_F(IdleTest, ABellBetweenAnnouncementAndSleepIsNotMissed) {
  QuietInterrupt interrupt;
  Idle idle = make(PollMode::adaptive);
  idle.start({&interrupt});
  const auto before = Wall::now();
  EXPECT_TRUE(sleeps(idle, no_deadline, [&] {
    handover_->ring_bell(self);
    return false;
  }));
  EXPECT_LT(Wall::now() - before, Idle::sleep_max - 20ms);
}

TEST_F(IdleTest, AnOldBellDoesNotSpoilTheNextSleep) {
  QuietInterrupt interrupt;
  Idle idle = make(PollMode::adaptive);
  idle.start({&interrupt});
  const auto ring = [&] { return handover_->ring_bell(self), false; };
  EXPECT_TRUE(sleeps(idle, no_deadline, ring));
  const auto before = Wall::now();
  EXPECT_TRUE(idle.after(
      false, Instant{2s}, [] { return std::optional{Instant{2s} + 5ms}; }, nothing_found));
  EXPECT_GE(Wall::now() - before, 5ms);
}

TEST_F(IdleTest, WorkFoundAtTheLastLookIsNoSleep) {
  QuietInterrupt interrupt;
  Idle idle = make(PollMode::adaptive);
  idle.start({&interrupt});
  EXPECT_FALSE(sleeps(idle, no_deadline, [] { return true; }));
  EXPECT_EQ(interrupt.disabled, interrupt.enabled);
  handover_->ring_bell(self);
  std::uint64_t rung = 0;
  EXPECT_LT(::read(handover_->bell_fd(self), &rung, sizeof rung), 0) << "nobody rings for a shard that is awake";
  EXPECT_FALSE(idle.after(false, Instant{1s} + 2 * Idle::spin, no_deadline, nothing_found)) << "it was work: spin again first";
}

/// An edge on a descriptor, as the drivers have them.
class EdgeInterrupt : public RxInterrupt {
 public:
  ~EdgeInterrupt() override { ::close(fd_); }
  bool add_to(int epoll_fd) noexcept override {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.ptr = &data_;
    return ::epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd_, &event) == 0;
  }
  void enable() noexcept override {}
  void disable() noexcept override {}
  void fire() const { ::eventfd_write(fd_, 1); }

 private:
  int fd_ = ::eventfd(0, EFD_NONBLOCK);
  rte_epoll_event data_{};
};

TEST_F(IdleTest, AnInterruptThatBroughtNothingIsFollowedByNaps) {
  EdgeInterrupt interrupt;
  Idle idle = make(PollMode::adaptive);
  idle.start({&interrupt});
  interrupt.fire();
  const auto before = Wall::now();
  EXPECT_TRUE(sleeps(idle, no_deadline, nothing_found));
  EXPECT_LT(Wall::now() - before, Idle::sleep_max - 20ms) << "the interrupt wakes";
  // net_tap shows the packet only later, and fires no more: the shard must look again soon.
  const auto nap = Wall::now();
  EXPECT_TRUE(idle.after(false, Instant{2s}, no_deadline, nothing_found));
  EXPECT_LT(Wall::now() - nap, Idle::sleep_max - 20ms);
  const auto sleep = Wall::now();
  EXPECT_TRUE(idle.after(false, Instant{2s} + Idle::alert, no_deadline, nothing_found));
  EXPECT_GE(Wall::now() - sleep, Idle::sleep_max - 1ms) << "but not for ever";
}

TEST_F(IdleTest, ASleeperHoldsNoSnapshot) {
  QuietInterrupt interrupt;
  Idle idle = make(PollMode::adaptive);
  idle.start({&interrupt});
  qsbr_.online(self);
  std::atomic<bool> over{false};
  std::atomic<bool> announced{false};
  std::thread control{[&] {
    while (!announced.load()) std::this_thread::yield();
    const auto token = qsbr_.start_grace();
    while (!qsbr_.is_over(token)) std::this_thread::yield();
    over = true;
    handover_->ring_bell(self);
  }};
  EXPECT_TRUE(sleeps(idle, no_deadline, [&] { return announced = true, false; }));
  control.join();
  EXPECT_TRUE(over.load());
  EXPECT_FALSE(qsbr_.is_over(qsbr_.start_grace())) << "awake again, it counts";
}

}  // namespace
}  // namespace engine
