// What a user can set about TCP. Defaults are the member initialisers.
#pragma once

#include <cstdint>

#include "engine/time.h"

namespace engine {
class Section;
}

namespace tcp {

using namespace std::chrono_literals;
using engine::Duration;
using engine::Instant;

enum class CongestionControl : std::uint8_t { cubic, new_reno, count_ };

struct Config {
  CongestionControl congestion_control = CongestionControl::cubic;
  Duration rto_min = 200ms;                     // RFC 6298 2.4 SHOULD be 1 s: thousands of round trips inside a data centre
  std::uint32_t initial_window = 10;            // segments, RFC 6928
  bool ecn = false;                             // RFC 3168: offered, and accepted
  bool pmtud = true;                            // RFC 1191 and RFC 4821
  Duration keepalive = 2h;                      // RFC 1122 4.2.3.6; zero: off
  Duration time_wait = 60s;                     // 2 MSL
  std::uint32_t time_wait_max = 1'000'000;      // whole instance
  std::uint32_t half_open_max = 65'536;         // whole instance
  std::uint64_t receive_buffer_max = 4u << 20;  // bytes a connection
  std::uint64_t send_buffer_max = 4u << 20;
  Duration delayed_ack = 40ms;  // RFC 9293 3.8.6.3: below 500 ms
  Duration fin_wait_2 = 20s;    // after our FIN was acknowledged and the application left
};

/// [tcp]
[[nodiscard]] Config read_config(engine::Section section);

}  // namespace tcp
