#include "engine/idle.h"

#include <rte_interrupts.h>

#include <algorithm>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace engine {

Idle::Idle(PollMode mode, ShardId self, Handover& handover, Qsbr& qsbr) noexcept
    : mode_{mode}, self_{self}, handover_{handover}, qsbr_{qsbr} {}

Idle::~Idle() {
  if (epoll_fd_ >= 0) ::close(epoll_fd_);
}

void Idle::start(std::vector<RxInterrupt*> interrupts) {
  if (mode_ == PollMode::busy) return;
  ::prctl(PR_SET_TIMERSLACK, 1000UL);  // ns; the default of 50 us would double the shortest nap
  epoll_fd_ = ::epoll_create1(EPOLL_CLOEXEC);
  CHECK(epoll_fd_ >= 0);
  epoll_event bell{};
  bell.events = EPOLLIN;
  CHECK(::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, handover_.bell_fd(self_), &bell) == 0);
  interrupts_ = std::move(interrupts);
  for (RxInterrupt* interrupt : interrupts_)
    if (!interrupt->add_to(epoll_fd_)) {
      interrupts_.clear();  // one queue that must be polled means that we nap
      return;
    }
}

/// net_tap gives a packet only when the signal that announced it was handled, which may be later than the interrupt; and
/// interrupts are edges: there is no second one. So for a moment behind one that brought nothing the queues are polled as if they
/// had none.
Duration Idle::allowed(Instant now, std::optional<Instant> deadline) noexcept {
  Duration wait = sleep_max;
  if (interrupts_.empty() || now < alert_until_) {
    wait = nap_;
    nap_ = std::min(2 * nap_, nap_max);
  }
  return deadline ? std::min(wait, *deadline - now) : wait;
}

void Idle::announce() noexcept {
  handover_.announce_sleep(self_);
  for (RxInterrupt* interrupt : interrupts_) interrupt->enable();
}

void Idle::sleep(Duration wait) noexcept {
  qsbr_.offline(self_);
  // Not rte_epoll_wait: it knows milliseconds only. Its events carry a callback that reads what must be read (vfio's eventfds).
  std::array<epoll_event, 16> events;
  const timespec timeout{static_cast<time_t>(wait / 1s), static_cast<long>((wait % 1s).count())};
  const int n = ::epoll_pwait2(epoll_fd_, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
  for (int i = 0; i < n; ++i) {
    auto* event = static_cast<rte_epoll_event*>(events[static_cast<std::size_t>(i)].data.ptr);
    interrupted_ |= event != nullptr;  // the bell has no data
    if (event != nullptr && event->epdata.cb_fun != nullptr) event->epdata.cb_fun(event->fd, event->epdata.cb_arg);
  }
  qsbr_.online(self_);
}

void Idle::finish() noexcept {
  for (RxInterrupt* interrupt : interrupts_) interrupt->disable();
  handover_.awake(self_);
}

}  // namespace engine
