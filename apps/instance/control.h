// The control thread's loop: signals, housekeeping, draining, reloading.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "apps/instance/instance.h"

namespace apps {

/// Blocks the signals that the loop reads, in this thread and all that it starts from now on. Call before the EAL starts.
void block_signals();

/// What other threads ask for and read; safe from any thread.
class ControlState {
 public:
  /// Asks for a reload and waits for its end.   Returns: "" or what was wrong.
  [[nodiscard]] std::string request_reload();
  /// "" while the instance serves; else why /readyz says 503.
  [[nodiscard]] std::string not_ready_reason() const;
  void set_not_ready(std::string reason);
  /// Nobody serves requests any more: those that wait and all that come are told `why`.
  void close(std::string why);

  std::atomic<std::uint64_t> reloads_ok{0}, reloads_failed{0};

 private:
  friend class Control;
  struct Request {
    bool done = false;
    std::string error;
  };
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Request>> requests_;
  std::string not_ready_ = "starting";
  std::string closed_;  // why, once it is
  std::function<void()> wake_;
};

class Control {
 public:
  /// From here on the instance is ready.   Requires: it was started.
  Control(Instance& instance, ControlState& state, std::vector<std::string> overrides);
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;
  ~Control();

  /// Until SIGTERM or SIGINT, then drains.   Returns: the exit status.
  int run();

 private:
  void on_signal(int signal);
  void serve_requests();
  void close_requests();
  void start_reload();
  void finish_reload();
  void advance_shutdown();

  Instance& instance_;
  ControlState& state_;
  std::vector<std::string> overrides_;
  int epoll_fd_ = -1, signal_fd_ = -1, wake_fd_ = -1;
  std::future<engine::Result<Instance::Prepared>> building_;     // the builder's thread
  std::vector<std::shared_ptr<ControlState::Request>> waiting_;  // for that reload
  bool reload_wanted_ = false;
  enum class Phase { serving, delaying, draining, aborting, done } phase_ = Phase::serving;
  std::chrono::steady_clock::time_point phase_ends_{};
};

}  // namespace apps
