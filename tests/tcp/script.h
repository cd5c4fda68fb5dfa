// TCP's behaviour as scripts: packetdrill's notation, in virtual time, without tolerance.
//
// A script is a list of lines; "//" begins a comment. Settings of the run, --NAME=VALUE, come first (tests/tcp/player.cc knows
// them). Every other line is TIME EVENT.
//
//   TIME   0.100: seconds since the script began; +.040: after the instant at which the line before happened
//
//   < [#N] SEGMENT      arrives. tests/tcp/notation.h says how a segment is written; "win" may not be left out, but for RST.
//   [#N] icmp TYPE CODE MTU SEQ BYTES   an ICMP error arrives about our segment at SEQ, whose packet had BYTES (RFC 792, RFC
//   1191) > [#N] SEGMENT      leaves at this instant. Without "win" any window will do; <...> stands for any options, none for
//   none.
//   [#N] CALL           of the application: listen, connect, send BYTES, send_copy BYTES, read BYTES, read all, shutdown, close,
//                       abort, want_writable, drain; "refused" behind it if it must fail
//   charge N, release N takes mbufs out of the shard's account, as other connections would, and gives them back
//   [#N] state STATE    CLOSED, SYN_RECEIVED, ... ; TIME_WAIT if there is no connection but an entry in that table
//   [#N] event NAME...  exactly these came since the last such line; closed(REASON); "none"
//   [#N] unread BYTES   received, in order, not read
//   [#N] cwnd BYTES, ssthresh BYTES, mss BYTES
//   counter NAME N      of tcp/counters.h
//   drop NAME N         of tcp/drop.h
//   used N              mbufs charged to the account
//
// #N is the Nth peer; 1 if it is not said. Each has a port of its own and the address 10.0.0.2.
//
// Segments and calls that follow each other at the same instant are one turn of the shard: the segments are one burst, and the
// calls are the application's answer to it. A segment behind a call, and whatever follows an expectation, is a turn of its own.
//
// Nothing may leave that no line mentions, and nothing at another instant. Timers run in ticks of the engine's wheel (131,072 ns)
// and never early: a segment is in time if it leaves at its TIME or, when a timer sends it, at the first tick behind it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/time.h"
#include "tests/tcp/notation.h"

namespace tcp::script {

struct Line {
  enum class Kind { arrives, leaves, word };
  int number = 0;
  engine::Duration time{};
  bool is_relative = false;
  Kind kind = Kind::word;
  unsigned peer = 1;
  SegmentText segment{};
  std::vector<std::string> words{};  // of a call or an assertion
  std::string text{};                // as written, for messages
};

struct Script {
  std::vector<std::pair<std::string, std::string>> settings;
  std::vector<Line> lines;
  std::string error;  // "line 3: ..." if the text is no script
};

[[nodiscard]] Script parse_script(std::string_view text);

}  // namespace tcp::script
