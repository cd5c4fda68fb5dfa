// Sends and reads a connection of a simulation in pieces of random sizes, with pauses.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "engine/random.h"
#include "tcp/stack.h"

namespace sim {

/// Bytes on their way into a connection.
class PacedWriter {
 public:
  void add(const std::string& bytes) { bytes_ += bytes; }
  void drop() { at_ = bytes_.size(); }
  void set_slow(bool slow) { slow_ = slow; }
  [[nodiscard]] bool is_empty() const { return at_ == bytes_.size(); }

  /// Returns: whether anything was written.
  bool write(tcp::Stack& stack, tcp::ConnId id, engine::Random& random, engine::Instant now) {
    bool wrote = false;
    waits_for_room_ = false;
    while (!is_empty() && now >= next_) {
      const std::uint32_t room = stack.send_room(id);
      if (room == 0) {
        stack.want_writable(id);
        return waits_for_room_ = true, wrote;
      }
      const std::uint64_t most = random.below(4) == 0 ? 40 : 6'000;
      const std::size_t n = std::min<std::size_t>({bytes_.size() - at_, room, 1 + random.below(most)});
      engine::Slice slice = engine::SharedBytes::make(std::make_shared<const std::string>(bytes_, at_, n));
      if (!stack.send(id, slice)) return waits_for_room_ = true, wrote;
      at_ += n;
      wrote = true;
      if (random.below(slow_ ? 2 : 16) == 0) next_ = now + std::chrono::microseconds{random.below(slow_ ? 300'000 : 5'000)};
    }
    if (is_empty()) bytes_.clear(), at_ = 0;
    return wrote;
  }
  [[nodiscard]] std::optional<engine::Instant> due() const {
    return is_empty() || waits_for_room_ ? std::nullopt : std::optional{next_};
  }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
  engine::Instant next_{};
  bool slow_ = false, waits_for_room_ = false;
};

/// Takes what has come, all of it or a little now and then.
class PacedReader {
 public:
  void set_slow(bool slow) { slow_ = slow; }
  /// Calls f(std::string_view) for what is read.   Returns: whether anything was.
  template <typename F>
  bool read(tcp::Stack& stack, tcp::ConnId id, engine::Random& random, engine::Instant now, F&& f) {
    if (slow_ && now < next_) return false;
    bool any = false;
    std::uint64_t budget = slow_ ? 1 + random.below(3'000) : UINT64_MAX;
    while (stack.received_bytes(id) != 0 && budget != 0) {
      const engine::Slice slice = stack.take(id, static_cast<std::uint32_t>(std::min<std::uint64_t>(budget, 4'000)));
      budget -= slice.size();
      f(slice.text());
      any = true;
    }
    if (slow_ && any) next_ = now + std::chrono::microseconds{1'000 + random.below(200'000)};
    return any;
  }
  [[nodiscard]] std::optional<engine::Instant> due(const tcp::Stack& stack, tcp::ConnId id) const {
    return slow_ && stack.received_bytes(id) != 0 ? std::optional{next_} : std::nullopt;
  }

 private:
  bool slow_ = false;
  engine::Instant next_{};
};

/// The earlier of two deadlines, either of which may be missing.
[[nodiscard]] inline std::optional<engine::Instant> earlier(std::optional<engine::Instant> a, std::optional<engine::Instant> b) {
  return !a || (b && *b < *a) ? b : a;
}

}  // namespace sim
