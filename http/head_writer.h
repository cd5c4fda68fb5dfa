// Writes the bytes of a head into memory that somebody else owns, and notes when they did not fit.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "http/message.h"

namespace http {

class HeadWriter {
 public:
  explicit HeadWriter(std::span<char> out) noexcept : at_{out.data()}, begin_{out.data()}, end_{out.data() + out.size()} {}

  void put(std::string_view text) noexcept {
    if (text.size() > room()) [[unlikely]]
      return overflow();
    if (text.empty()) return;
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void put(std::uint64_t number) noexcept {
    char digits[20];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
    put(std::string_view{digits, static_cast<std::size_t>(end - digits)});
  }
  void end_line() noexcept { put("\r\n"); }

  /// One field line.
  template <typename Value>
  void field(std::string_view name, Value value) noexcept {
    put(name);
    put(": ");
    put(value);
    end_line();
  }
  /// A received field line in the usual form, "Name: value". One copy when it has that form already.
  void received_field(const Field& received) noexcept {
    const char* const behind_name = received.name.data() + received.name.size();
    if (received.value.data() != behind_name + 2 || std::memcmp(behind_name, ": ", 2) != 0)
      return field(received.name, received.value);
    put({received.name.data(), received.name.size() + 2 + received.value.size()});
    end_line();
  }

  /// Bytes written so far. Once something did not fit: 0, and nothing more is written.
  [[nodiscard]] std::size_t bytes() const noexcept { return fits_ ? static_cast<std::size_t>(at_ - begin_) : 0; }

 private:
  [[nodiscard]] std::size_t room() const noexcept { return static_cast<std::size_t>(end_ - at_); }
  void overflow() noexcept {
    fits_ = false;
    end_ = at_;
  }

  char *at_, *begin_, *end_;
  bool fits_ = true;
};

}  // namespace http
