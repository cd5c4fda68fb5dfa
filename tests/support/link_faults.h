// What a bad line does to frames: one model, by a seed, for the simulator (virtual time) and for tests/support/wire.cc (real
// time).
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "engine/random.h"
#include "engine/time.h"

namespace support {

/// One direction of a line.
struct LinkFaults {
  double loss = 0, duplicate = 0, reorder = 0, corrupt = 0;       // probabilities, per frame
  engine::Duration delay = std::chrono::microseconds{100};        // one way
  engine::Duration jitter{};                                      // added, uniform
  engine::Duration reorder_by = std::chrono::milliseconds{2};     // extra delay of a reordered frame
  engine::Duration duplicate_by = std::chrono::microseconds{50};  // extra delay of the second copy
  std::uint64_t bits_per_second = 0;                              // 0: no limit
  std::size_t queue_frames = 1000;                                // in front of a limited rate; more are lost
  std::size_t mtu = 65'535;  // larger packets (without the Ethernet header) are lost in silence
};

class FaultyLine {
 public:
  std::uint64_t frames = 0, lost = 0;

  /// A frame enters at `now`. Calls arrive(Instant, std::string) for every copy of it that comes out, at the time when it does.
  template <typename F>
  void carry(const LinkFaults& faults, engine::Instant now, std::string frame, engine::Random& random, F&& arrive) {
    constexpr std::size_t ethernet_bytes = 14;
    ++frames;
    if (random.chance(faults.loss) || frame.size() > faults.mtu + ethernet_bytes) return void(++lost);
    engine::Instant at = now;
    if (faults.bits_per_second != 0) {
      const engine::Duration serial{static_cast<std::int64_t>(frame.size() * 8 * 1'000'000'000 / faults.bits_per_second)};
      free_ = std::max(free_, now);
      if (free_ - now > serial * static_cast<std::int64_t>(faults.queue_frames)) return void(++lost);
      at = free_ += serial;
    }
    const auto jitter = static_cast<std::uint64_t>(faults.jitter.count());
    at += faults.delay + engine::Duration{static_cast<std::int64_t>(jitter == 0 ? 0 : random.below(jitter))};
    if (random.chance(faults.reorder)) at += faults.reorder_by;
    // One bit behind the Ethernet header of an IPv4 frame: what IP's and TCP's checksums must catch. ARP has none (its frame
    // check sequence is the link's), so it is spared.
    const bool is_ipv4 = frame.size() > ethernet_bytes && frame[12] == 0x08 && frame[13] == 0x00;
    if (is_ipv4 && random.chance(faults.corrupt))
      frame[ethernet_bytes + random.below(frame.size() - ethernet_bytes)] ^= static_cast<char>(1u << random.below(8));
    if (random.chance(faults.duplicate)) arrive(at + faults.duplicate_by, frame);
    arrive(at, std::move(frame));
  }

 private:
  engine::Instant free_{};  // when a rate-limited line has sent what it accepted
};

}  // namespace support
