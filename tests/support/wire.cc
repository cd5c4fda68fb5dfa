// A bad wire in user space: joins two tap interfaces and does to the frames between them what netem would.
//
//   wire [--seed N] A B [a-to-b:|b-to-a:|both:]KEY=VALUE...
//
// KEY: loss, duplicate, reorder, corrupt (0.01 is one frame in a hundred), delay, jitter, reorder_by (20ms), rate (10Mbit), queue
// (frames), mtu. Makes the taps, says "ready" and runs until SIGTERM; then prints what it did as one line of JSON. Needs
// CAP_NET_ADMIN.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <linux/if_tun.h>
#include <net/if.h>
#include <optional>
#include <poll.h>
#include <queue>
#include <signal.h>
#include <span>
#include <string_view>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <vector>

#include "engine/text.h"
#include "engine/units.h"
#include "tests/support/link_faults.h"

namespace {

using engine::Duration;
using engine::Instant;

volatile sig_atomic_t stopped = 0;

[[noreturn]] void refuse(const std::string& what) {
  std::fprintf(stderr, "wire: %s\n", what.c_str());
  std::exit(1);
}

int open_tap(const char* name) {
  const int fd = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) refuse("cannot open /dev/net/tun");
  ifreq request{};
  std::strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (::ioctl(fd, TUNSETIFF, &request) != 0) refuse(std::string{"cannot make the tap "} + name + ": " + std::strerror(errno));
  return fd;
}

Instant now() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return Instant{std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec}};
}

template <typename T>
T checked(std::optional<T> value, std::string_view text) {
  if (!value) refuse("'" + std::string{text} + "' is not understood");
  return *value;
}

void set(support::LinkFaults& faults, std::string_view assignment) {
  const std::size_t equals = std::min(assignment.find('='), assignment.size());
  const std::string_view key = assignment.substr(0, equals), value = assignment.substr(std::min(equals + 1, assignment.size()));
  const auto probability = [&] { return std::atof(std::string{value}.c_str()); };
  if (key == "loss")
    faults.loss = probability();
  else if (key == "duplicate")
    faults.duplicate = probability();
  else if (key == "reorder")
    faults.reorder = probability();
  else if (key == "corrupt")
    faults.corrupt = probability();
  else if (key == "delay")
    faults.delay = checked(engine::parse_duration(value), value);
  else if (key == "jitter")
    faults.jitter = checked(engine::parse_duration(value), value);
  else if (key == "reorder_by")
    faults.reorder_by = checked(engine::parse_duration(value), value);
  else if (key == "rate")
    faults.bits_per_second = checked(engine::parse_bit_rate(value), value);
  else if (key == "queue")
    faults.queue_frames = checked(engine::parse_number(value), value);
  else if (key == "mtu")
    faults.mtu = checked(engine::parse_number(value), value);
  else
    refuse("unknown key '" + std::string{key} + "'");
}

struct Flight {
  Instant at;
  std::uint64_t order;
  int to;
  std::string frame;
  bool operator>(const Flight& o) const noexcept { return at != o.at ? at > o.at : order > o.order; }
};

/// Direction i reads from fds[i] and writes to fds[1 - i].
class Wire {
 public:
  Wire(std::array<int, 2> fds, std::array<support::LinkFaults, 2> faults, std::uint64_t seed)
      : fds_{fds}, faults_{faults}, random_{seed} {}

  void run() {
    while (stopped == 0) {
      deliver();
      std::array<pollfd, 2> polls{{{fds_[0], POLLIN, 0}, {fds_[1], POLLIN, 0}}};
      const timespec wait = time_to_next();
      if (::ppoll(polls.data(), polls.size(), &wait, nullptr) < 0) continue;  // a signal
      for (std::size_t i = 0; i < 2; ++i)
        if ((polls[i].revents & POLLIN) != 0) take(i);
    }
  }
  void report() const {
    std::printf("{\"a_to_b\": {\"frames\": %lu, \"lost\": %lu}, \"b_to_a\": {\"frames\": %lu, \"lost\": %lu}}\n",
                lines_[0].frames, lines_[0].lost, lines_[1].frames, lines_[1].lost);
  }

 private:
  void take(std::size_t direction) {
    std::array<char, 65'536> frame;
    for (int n = 0; n < 256; ++n) {  // then what is due goes out
      const ssize_t bytes = ::read(fds_[direction], frame.data(), frame.size());
      if (bytes <= 0) return;
      lines_[direction].carry(faults_[direction], now(), std::string{frame.data(), static_cast<std::size_t>(bytes)}, random_,
                              [&](Instant at, std::string copy) {
                                flights_.push({at, order_++, fds_[1 - direction], std::move(copy)});
                              });
    }
  }
  void deliver() {
    const Instant time = now();
    for (; !flights_.empty() && flights_.top().at <= time; flights_.pop()) {
      const Flight& flight = flights_.top();
      // An interface that is down, or a full queue: as a wire that is not plugged in.
      [[maybe_unused]] const auto written = ::write(flight.to, flight.frame.data(), flight.frame.size());
    }
  }
  [[nodiscard]] timespec time_to_next() const {
    constexpr Duration longest = std::chrono::milliseconds{100};
    const Duration left = flights_.empty() ? longest : std::clamp(flights_.top().at - now(), Duration::zero(), longest);
    return {0, static_cast<long>(left.count())};
  }

  std::array<int, 2> fds_;
  std::array<support::LinkFaults, 2> faults_;
  std::array<support::FaultyLine, 2> lines_;
  engine::Random random_;
  std::priority_queue<Flight, std::vector<Flight>, std::greater<>> flights_;
  std::uint64_t order_ = 0;
};

struct Options {
  std::uint64_t seed = 1;
  std::vector<const char*> names;
  std::array<support::LinkFaults, 2> faults{};
};

Options read_arguments(std::span<char*> arguments) {
  Options options;
  for (auto& one : options.faults) one.delay = Duration::zero();
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--seed" && i + 1 < arguments.size()) {
      ++i;
      options.seed = checked(engine::parse_number(arguments[i]), arguments[i]);
    } else if (argument.find('=') == std::string_view::npos) {
      options.names.push_back(arguments[i]);
    } else {
      const std::size_t colon = argument.find(':');
      const std::string_view where = colon == std::string_view::npos ? "both" : argument.substr(0, colon);
      const std::string_view what = colon == std::string_view::npos ? argument : argument.substr(colon + 1);
      if (where != "both" && where != "a-to-b" && where != "b-to-a") refuse("unknown direction '" + std::string{where} + "'");
      if (where != "b-to-a") set(options.faults[0], what);
      if (where != "a-to-b") set(options.faults[1], what);
    }
  }
  if (options.names.size() != 2) refuse("usage: wire [--seed N] A B [a-to-b:|b-to-a:|both:]KEY=VALUE...");
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = read_arguments({argv + 1, argv + argc});
  struct sigaction action {};
  action.sa_handler = [](int) { stopped = 1; };
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);
  Wire wire{{open_tap(options.names[0]), open_tap(options.names[1])}, options.faults, options.seed};
  std::puts("ready");
  std::fflush(stdout);
  wire.run();
  wire.report();
  return 0;
}
