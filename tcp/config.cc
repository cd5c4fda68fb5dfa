#include "tcp/config.h"

#include <array>
#include <fmt/format.h>

#include "engine/section.h"
#include "engine/units.h"
#include "tcp/congestion.h"

namespace tcp {

namespace {

constexpr std::uint64_t buffer_min = 2u << 10;   // a full-sized segment each way
constexpr auto keepalive_max = 72h;              // ticks of the timers are told apart over 78 h, half of their 32 bits
constexpr std::uint64_t buffer_max = 60u << 20;  // a Tcb counts its buffer in KiB, 16 bits

constexpr auto algorithm_words = [] {
  std::array<engine::Choice<CongestionControl>, congestion_algorithms.size()> words{};
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = {congestion_algorithms[i].name, congestion_algorithms[i].id};
  return words;
}();

}  // namespace

Config read_config(engine::Section section) {
  Config config;
  section.read_word("congestion_control", config.congestion_control, algorithm_words);
  section.read("rto_min", config.rto_min, {.min = 10ms, .max = 60s});
  section.read("initial_window", config.initial_window, {.min = 1, .max = 64});
  section.read("ecn", config.ecn);
  section.read("pmtud", config.pmtud);
  if (section.read("keepalive", config.keepalive, {.min = 0s, .max = keepalive_max}) && config.keepalive > 0s &&
      config.keepalive < 1s)
    section.fail("keepalive",
                 fmt::format("{} is below 1s, allowed: 0s (off) or 1s to 72h", engine::format_duration(config.keepalive)));
  section.read("time_wait", config.time_wait, {.min = 100ms, .max = 10min});
  section.read("time_wait_max", config.time_wait_max, {.min = 1, .max = 1u << 26});
  section.read("half_open_max", config.half_open_max, {.min = 1, .max = 1u << 24});
  section.read_size("receive_buffer_max", config.receive_buffer_max, {.min = buffer_min, .max = buffer_max});
  section.read_size("send_buffer_max", config.send_buffer_max, {.min = buffer_min, .max = buffer_max});
  return section.finish(config);
}

}  // namespace tcp
