// Numbers for the names of listeners, pools and servers that stay the same from one configuration to the next.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace http {

/// The builder gives numbers out, the admin threads ask for names. A name keeps its number for the life of the process.
class Names {
 public:
  explicit Names(std::uint16_t capacity) : capacity_{capacity} {}

  /// The number of `name`, new or known; nothing when there are no more.
  [[nodiscard]] std::optional<std::uint16_t> number(const std::string& name) {
    const std::lock_guard lock{mutex_};
    const auto known = numbers_.find(name);
    if (known != numbers_.end()) return known->second;
    if (names_.size() == capacity_) return std::nullopt;
    const auto number = static_cast<std::uint16_t>(names_.size());
    names_.push_back(name);
    numbers_[name] = number;
    return number;
  }
  /// "" for a number that was never given.
  [[nodiscard]] std::string name(std::uint16_t number) const {
    const std::lock_guard lock{mutex_};
    return number < names_.size() ? names_[number] : std::string{};
  }
  [[nodiscard]] std::uint16_t size() const {
    const std::lock_guard lock{mutex_};
    return static_cast<std::uint16_t>(names_.size());
  }

 private:
  mutable std::mutex mutex_;
  std::uint16_t capacity_;
  std::vector<std::string> names_;
  std::map<std::string, std::uint16_t> numbers_;
};

}  // namespace http
