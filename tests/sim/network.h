// A network in virtual time: hosts on a segment, links that lose, duplicate, reorder, delay and corrupt by a seed.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "engine/mempool.h"
#include "engine/port.h"
#include "engine/random.h"
#include "engine/time.h"

namespace sim {

using engine::Duration;
using engine::Instant;
using namespace std::chrono_literals;

/// What happens to frames on their way into a port.
struct Faults {
  double loss = 0, duplicate = 0, reorder = 0, corrupt = 0;
  Duration delay = 100us;             // one way
  Duration jitter = 0us;              // added, uniform
  Duration reorder_by = 2ms;          // extra delay of a reordered frame
  std::uint64_t bits_per_second = 0;  // 0: no limit
  std::size_t queue_frames = 1000;    // full-sized, in front of a limited rate; more are lost
};

class Network;

/// A port of a simulated host. One or several queues; a frame goes to the queue that `spread` chooses.
class LinkPort : public engine::Port {
 public:
  LinkPort(Network& network, engine::PortInfo info, std::vector<engine::Mempool*> mempools);
  std::uint16_t receive(std::uint16_t queue, rte_mbuf** mbufs, std::uint16_t room) noexcept override;
  std::uint16_t transmit(std::uint16_t queue, rte_mbuf** mbufs, std::uint16_t count) noexcept override;
  [[nodiscard]] engine::PortStatus status() override { return {.up = true}; }

  void deliver(const std::string& frame);
  [[nodiscard]] bool has_frames() const noexcept;
  Faults faults;
  bool is_cut = false;  // nothing comes in or gets out
  std::uint64_t delivered = 0, lost = 0;

 private:
  friend class Network;
  Network& network_;
  std::vector<engine::Mempool*> mempools_;
  std::vector<std::deque<std::string>> queues_;
  Instant line_free_{};  // when a rate-limited line has sent what it accepted
};

/// Something that takes turns.
class Host {
 public:
  virtual ~Host() = default;
  /// Returns: whether there was work.
  virtual bool turn(Instant now) = 0;
  [[nodiscard]] virtual std::optional<Instant> next_deadline(Instant now) const = 0;
  [[nodiscard]] virtual bool has_frames() const = 0;
};

class Network {
 public:
  explicit Network(std::uint64_t seed) : random_{seed} {}
  void attach(LinkPort& port) { ports_.push_back(&port); }
  void add(Host& host) { hosts_.push_back(&host); }

  /// A frame enters the segment.
  void send(const LinkPort& from, std::string frame);
  /// Runs until `done()` or `limit`.   Returns: whether done() became true.
  bool run(Duration limit, const std::function<bool()>& done);

  [[nodiscard]] Instant now() const noexcept { return now_; }
  [[nodiscard]] engine::Random& random() noexcept { return random_; }
  std::uint64_t frames = 0;

 private:
  struct Flight {
    Instant at;
    std::uint64_t order;
    LinkPort* to;
    std::string frame;
    bool operator>(const Flight& o) const noexcept { return at != o.at ? at > o.at : order > o.order; }
  };
  void carry(LinkPort& to, const std::string& frame);
  void settle();

  Instant now_{1s};
  engine::Random random_;
  std::vector<LinkPort*> ports_;
  std::vector<Host*> hosts_;
  std::priority_queue<Flight, std::vector<Flight>, std::greater<>> flights_;
  std::uint64_t order_ = 0;
};

}  // namespace sim
