// Recent acknowledgment: a segment is lost if one that left later has arrived and some time for reordering has passed.
// Spec: RFC 8985 6.
#pragma once

#include <cstdint>

#include "tcp/flight.h"

namespace tcp {

class Rack {
 public:
  /// What an ACK tells beside its numbers.
  struct Evidence {
    Stamp now = 0;
    Stamp smoothed = 0;             // SRTT
    bool is_recovering = false;     // fast recovery, or after a timeout
    bool is_threshold_met = false;  // as many arrived above a hole as RFC 6675 counts: DupThresh
    bool has_reordering = false;    // seen on this connection
  };

  /// `run` was delivered: 6.2 steps 1-3. `is_original`: the peer's timestamp says that the last copy is not what it answered.
  /// Returns: true if it shows reordering.
  bool on_delivered(const Flight::Run& run, bool is_original, Stamp now) noexcept {
    const bool is_reordered = has_sample_ && !run.resent && run.end < highest_;
    highest_ = has_sample_ ? max(highest_, run.end) : run.end;
    const Stamp rtt = std::max<Stamp>(now - run.sent, 1);
    if (!run.resent)
      min_rtt_ = min_rtt_ == 0 ? rtt : std::min(min_rtt_, rtt);
    else if (is_original || rtt < min_rtt_)
      return false;  // the answer to an earlier copy
    rtt_ = rtt;
    if (!has_sample_ || is_sent_after(sent_, end_, run.sent, run.end) == false) {
      sent_ = run.sent;
      end_ = run.end;
    }
    has_sample_ = true;
    return is_reordered;
  }
  /// 6.2 step 4: a D-SACK says that the time for reordering was too short; `nxt` is SND.NXT.
  void on_dsack(Seq una, Seq nxt) noexcept {
    if (in_dsack_round_ && una < dsack_round_) return;
    in_dsack_round_ = true;
    dsack_round_ = nxt;
    persist_ = 16;
    if (multiple_ < 64) ++multiple_;
  }
  void on_recovered() noexcept {
    if (multiple_ > 1 && --persist_ == 0) multiple_ = 1;
  }
  /// The time allowed for reordering.
  [[nodiscard]] Stamp reordering_window(const Evidence& e) const noexcept {
    if (!e.has_reordering && (e.is_recovering || e.is_threshold_met)) return 0;
    return std::min(multiple_ * min_rtt_ / 4, std::max<Stamp>(e.smoothed, 1));
  }
  /// 6.2 step 5: marks what is lost.   Returns: bytes marked; `wait`: when to look again, if not zero.
  std::uint32_t detect(Flight& flight, const Evidence& e, Stamp& wait) const noexcept {
    wait = 0;
    if (!has_sample_) return 0;
    const Stamp allowed = rtt_ + reordering_window(e);
    return flight.mark_lost([&](const Flight::Run& run, Seq) noexcept {
      if (!is_sent_after(sent_, end_, run.sent, run.end)) return false;
      const auto left = static_cast<std::int32_t>(run.sent + allowed - e.now);
      if (left <= 0) return true;
      wait = std::max(wait, static_cast<Stamp>(left));
      return false;
    });
  }
  /// 6.3: after a timeout the first run is lost, and whatever is overdue; the rest may be under way.
  std::uint32_t mark_on_timeout(Flight& flight, const Evidence& e) const noexcept {
    const Stamp allowed = rtt_ + reordering_window(e);
    return flight.mark_lost([&](const Flight::Run& run, Seq start) noexcept {
      return start == flight.start() || !has_sample_ || static_cast<std::int32_t>(run.sent + allowed - e.now) <= 0;
    });
  }

  [[nodiscard]] Stamp rtt() const noexcept { return rtt_; }
  [[nodiscard]] Stamp min_rtt() const noexcept { return min_rtt_; }

 private:
  /// RACK_sent_after.
  [[nodiscard]] static bool is_sent_after(Stamp t1, Seq end1, Stamp t2, Seq end2) noexcept {
    const auto later = static_cast<std::int32_t>(t1 - t2);
    return later > 0 || (later == 0 && end2 < end1);
  }

  Stamp sent_ = 0, rtt_ = 0, min_rtt_ = 0;  // of what was delivered and had left last
  Seq end_, highest_, dsack_round_;         // highest: FACK
  std::uint8_t multiple_ = 1, persist_ = 16;
  bool has_sample_ = false, in_dsack_round_ = false;
};

}  // namespace tcp
