#include "apps/instance/control.h"

#include <condition_variable>
#include <csignal>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <thread>
#include <unistd.h>

#include "apps/instance/service_manager.h"

namespace apps {

namespace {

constexpr int tick_ms = 20;  // how late a neighbor that another shard learned may come into the table

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

}  // namespace

void block_signals() {
  const sigset_t set = handled_signals();
  CHECK(::pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  ::signal(SIGPIPE, SIG_IGN);
}

std::string ControlState::request_reload() {
  const auto request = std::make_shared<Request>();
  {
    const std::lock_guard lock{mutex_};
    if (!closed_.empty()) return closed_;
    requests_.push_back(request);
    if (wake_) wake_();  // under the lock: what it writes to is closed under it, too
  }
  for (;;) {  // an admin thread may wait; nothing else does
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
    const std::lock_guard lock{mutex_};
    if (request->done) return request->error;
  }
}

std::string ControlState::not_ready_reason() const {
  const std::lock_guard lock{mutex_};
  return not_ready_;
}

void ControlState::set_not_ready(std::string reason) {
  const std::lock_guard lock{mutex_};
  not_ready_ = std::move(reason);
}

void ControlState::close(std::string why) {
  const std::lock_guard lock{mutex_};
  for (const auto& request : requests_) *request = {true, why};
  requests_.clear();
  closed_ = std::move(why);
  wake_ = {};
}

Control::Control(Instance& instance, ControlState& state, std::vector<std::string> overrides)
    : instance_{instance}, state_{state}, overrides_{std::move(overrides)} {
  const sigset_t set = handled_signals();
  epoll_fd_ = ::epoll_create1(EPOLL_CLOEXEC);
  signal_fd_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  wake_fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  CHECK(epoll_fd_ >= 0 && signal_fd_ >= 0 && wake_fd_ >= 0);
  for (const int fd : {signal_fd_, wake_fd_}) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    CHECK(::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0);
  }
  const std::lock_guard lock{state_.mutex_};
  state_.not_ready_.clear();  // shards run and listeners are published: `ready NAME` is about to be said
  state_.wake_ = [fd = wake_fd_] {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(fd, &one, sizeof one);
  };
}

Control::~Control() {
  if (building_.valid()) building_.wait();
  close_requests();
  for (const int fd : {epoll_fd_, signal_fd_, wake_fd_}) ::close(fd);
}

/// Whoever waits for a reload is an admin thread, and those are joined before this object goes.
void Control::close_requests() {
  {
    const std::lock_guard lock{state_.mutex_};
    state_.requests_.insert(state_.requests_.end(), waiting_.begin(), waiting_.end());
  }
  waiting_.clear();
  state_.close("the instance is stopping");
}

int Control::run() {
  while (phase_ != Phase::done) {
    epoll_event events[4];
    const int n = ::epoll_wait(epoll_fd_, events, 4, tick_ms);
    for (int i = 0; i < n; ++i) {
      if (events[i].data.fd == signal_fd_) {
        signalfd_siginfo info{};
        while (::read(signal_fd_, &info, sizeof info) == sizeof info) on_signal(static_cast<int>(info.ssi_signo));
      } else {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto got = ::read(wake_fd_, &count, sizeof count);
      }
    }
    serve_requests();
    instance_.housekeeping();
    if (phase_ != Phase::serving) advance_shutdown();
  }
  close_requests();
  return 0;
}

void Control::on_signal(int signal) {
  if (signal == SIGHUP) {
    reload_wanted_ = true;
    return;
  }
  if (phase_ != Phase::serving) {  // the second time: at once
    phase_ = Phase::done;
    return;
  }
  spdlog::info("stopping: no new connections after {} ms, at most {} ms for those that are open",
               instance_.config().engine.drain_delay / std::chrono::milliseconds{1},
               instance_.config().engine.drain_timeout / std::chrono::milliseconds{1});
  tell_service_manager("STOPPING=1");
  state_.set_not_ready("stopping");
  phase_ = Phase::delaying;
  phase_ends_ = std::chrono::steady_clock::now() + instance_.config().engine.drain_delay;
}

/// INTERFACES, SIGTERM: /readyz 503, drain_delay, then no new connections, idle ones closed, the rest reset after drain_timeout.
void Control::advance_shutdown() {
  const auto now = std::chrono::steady_clock::now();
  switch (phase_) {
    case Phase::delaying:
      if (now < phase_ends_) return;
      instance_.drain();
      phase_ = Phase::draining;
      phase_ends_ = now + instance_.config().engine.drain_timeout;
      return;
    case Phase::draining:
      if (instance_.sessions() != 0 && now < phase_ends_) return;
      if (const auto left = instance_.sessions(); left != 0) spdlog::warn("{} connections are reset", left);
      instance_.abort_connections();
      phase_ = Phase::aborting;
      phase_ends_ = now + std::chrono::milliseconds{100};  // time for the last segments to leave
      return;
    case Phase::aborting:
      if (now >= phase_ends_) phase_ = Phase::done;
      return;
    case Phase::serving:
    case Phase::done:
      return;
  }
}

void Control::serve_requests() {
  {
    const std::lock_guard lock{state_.mutex_};
    if (!state_.requests_.empty() && !building_.valid()) {
      waiting_.swap(state_.requests_);
      reload_wanted_ = true;
    }
  }
  if (reload_wanted_ && !building_.valid()) start_reload();
  if (building_.valid() && building_.wait_for(std::chrono::seconds{0}) == std::future_status::ready) finish_reload();
}

/// Reading, checking and compiling happen beside: this loop has neighbors to look after.
void Control::start_reload() {
  reload_wanted_ = false;
  tell_service_manager("RELOADING=1");
  building_ = std::async(std::launch::async, [this, path = instance_.config().path]() -> engine::Result<Instance::Prepared> {
    auto loaded = load_config(path, overrides_);
    if (!loaded) return loaded.error();
    for (const engine::Error& warning : loaded->warnings) spdlog::warn("{}", warning.message());
    return instance_.prepare(std::move(loaded->config));
  });
}

void Control::finish_reload() {
  auto prepared = building_.get();
  std::string error;
  if (!prepared)
    error = prepared.error().message();
  else if (auto done = instance_.adopt(std::move(*prepared)); !done)
    error = done.error().message();
  (error.empty() ? state_.reloads_ok : state_.reloads_failed).fetch_add(1);
  if (error.empty())
    spdlog::info("reloaded {}", instance_.config().path);
  else
    spdlog::error("reload refused, nothing changed:\n{}", error);
  tell_service_manager("READY=1");
  const std::lock_guard lock{state_.mutex_};
  for (const auto& request : waiting_) *request = {true, error};
  waiting_.clear();
}

}  // namespace apps
