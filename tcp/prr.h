// Proportional rate reduction: in fast recovery the window falls to ssthresh with the ACKs, not at once.   Spec: RFC 9937.
#pragma once

#include <algorithm>
#include <cstdint>

namespace tcp {

/// Units: bytes.
class Prr {
 public:
  /// Fast recovery begins; `flight` was outstanding and not known to have arrived before this ACK.
  void begin(std::uint32_t flight) noexcept { *this = Prr{}, flight_ = std::max(flight, 1u); }
  void on_sent(std::uint32_t bytes) noexcept { sent_ += bytes; }
  /// An ACK delivered `delivered` bytes and left `pipe` in the network. `is_safe`: SND.UNA moved and no more was found lost.
  /// Returns: the congestion window.
  [[nodiscard]] std::uint32_t on_ack(std::uint32_t delivered, std::uint32_t pipe, std::uint32_t ssthresh, std::uint32_t mss,
                                     bool is_safe) noexcept {
    delivered_ += delivered;
    std::uint64_t may_send = 0;
    if (pipe > ssthresh) {
      const std::uint64_t share = (std::uint64_t{delivered_} * ssthresh + flight_ - 1) / flight_;
      may_send = share > sent_ ? share - sent_ : 0;
    } else {
      may_send = std::max(delivered_ > sent_ ? delivered_ - sent_ : 0, delivered);
      if (is_safe) may_send += mss;
      may_send = std::min<std::uint64_t>(may_send, ssthresh - pipe);
    }
    if (sent_ == 0) may_send = std::max<std::uint64_t>(may_send, mss);  // the fast retransmit
    return static_cast<std::uint32_t>(pipe + may_send);
  }

 private:
  std::uint32_t flight_ = 1, delivered_ = 0, sent_ = 0;  // RecoverFS, prr_delivered, prr_out
};

}  // namespace tcp
