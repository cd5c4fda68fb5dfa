#include "http/pattern_wire.h"

#include <cstring>
#include <string>

namespace http::wire {
namespace {

void append(std::vector<std::byte>& to, const void* from, std::size_t size) {
  to.resize(to.size() + size);
  if (size != 0) std::memcpy(to.data() + to.size() - size, from, size);
}

void append_number(std::vector<std::byte>& to, std::size_t number) {
  const auto value = static_cast<std::uint32_t>(number);
  append(to, &value, sizeof(value));
}

/// Takes values off the front; once something is missing, everything is.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) noexcept : rest_{bytes} {}
  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] std::size_t left() const noexcept { return rest_.size(); }

  [[nodiscard]] std::span<const std::byte> bytes(std::size_t size) noexcept {
    if (failed_ || size > rest_.size()) return failed_ = true, std::span<const std::byte>{};
    const auto taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  template <typename T>
  [[nodiscard]] T value() noexcept {
    T result{};
    const auto taken = bytes(sizeof(T));
    if (!taken.empty()) std::memcpy(&result, taken.data(), sizeof(T));
    return result;
  }

 private:
  std::span<const std::byte> rest_;
  bool failed_ = false;
};

std::string_view as_text(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// False: the record makes no sense here.
bool apply(Answer& answer, const RecordHeader& header, std::span<const std::byte> payload, std::size_t sets) {
  switch (header.kind) {
    case Kind::begin:
      if (header.set != answer.databases.size() || header.set >= sets) return false;
      answer.begun = header.set;
      return true;
    case Kind::database:
      if (answer.begun != answer.databases.size()) return false;
      answer.databases.push_back(payload);
      return true;
    case Kind::failure:
      if (!answer.begun) return false;
      [[fallthrough]];
    case Kind::no_memory:  // may come before any work, when the request itself does not fit
      answer.failure = PatternFailure{header.pattern == no_pattern ? std::nullopt : std::optional{header.pattern},
                                      std::string{as_text(payload)}, header.kind == Kind::no_memory};
      return true;
    case Kind::done:
      answer.done = true;
      return answer.failure.has_value() || answer.databases.size() == sets;
  }
  return false;
}

}  // namespace

std::vector<std::byte> encode_request(std::span<const std::vector<PatternSource>> sets) {
  std::vector<std::byte> bytes;
  append_number(bytes, magic);
  append_number(bytes, sets.size());
  for (const auto& set : sets) {
    append_number(bytes, set.size());
    for (const PatternSource& source : set) {
      append_number(bytes, source.regex.size());
      append(bytes, source.regex.data(), source.regex.size());
    }
  }
  return bytes;
}

std::optional<std::vector<std::vector<PatternSource>>> decode_request(std::span<const std::byte> bytes) {
  Reader reader{bytes};
  if (reader.value<std::uint32_t>() != magic) return std::nullopt;
  std::vector<std::vector<PatternSource>> sets;
  const auto count = reader.value<std::uint32_t>();
  for (std::uint32_t s = 0; s < count && !reader.failed(); ++s) {
    auto& set = sets.emplace_back();
    const auto patterns = reader.value<std::uint32_t>();
    for (std::uint32_t p = 0; p < patterns && !reader.failed(); ++p)
      set.push_back({std::string{as_text(reader.bytes(reader.value<std::uint32_t>()))}, {}});
    if (set.empty()) return std::nullopt;
  }
  if (reader.failed() || reader.left() != 0) return std::nullopt;
  return sets;
}

Answer decode_answer(std::span<const std::byte> bytes, std::size_t sets) {
  Answer answer;
  Reader reader{bytes};
  while (reader.left() != 0 && !answer.garbage) {
    const auto header = reader.value<RecordHeader>();
    if (reader.failed()) return answer;  // cut off, as when the child was killed while it wrote
    if (header.magic != magic || answer.done) return answer.garbage = true, answer;
    const auto payload = reader.bytes(header.payload_bytes);
    if (reader.failed()) return answer;
    answer.garbage = !apply(answer, header, payload, sets);
  }
  return answer;
}

}  // namespace http::wire
