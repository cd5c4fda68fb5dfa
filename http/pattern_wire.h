// What a PatternCompiler and its child process say to each other: numbers as they lie in this machine's memory, texts with their
// length before them. Both ends are the same program, so there is one version and a magic number against anything else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "http/pattern.h"

namespace http::wire {

/// To the child: magic, number of sets; of each set the number of patterns; of each pattern its length and its bytes.
/// Then end of file.
[[nodiscard]] std::vector<std::byte> encode_request(std::span<const std::vector<PatternSource>> sets);
/// The sets without places (they stay with the parent). Absent: not a request.
[[nodiscard]] std::optional<std::vector<std::vector<PatternSource>>> decode_request(std::span<const std::byte> bytes);

/// From the child: records. `begin` says which set is being worked on, so that the parent knows whom to blame when the child is
/// killed; `done` is the last. `failure` and `no_memory` carry Hyperscan's words and end the work.
enum class Kind : std::uint32_t { begin = 1, database, failure, no_memory, done };
inline constexpr std::uint32_t no_pattern = std::numeric_limits<std::uint32_t>::max();
struct RecordHeader {
  std::uint32_t magic = 0;
  Kind kind = Kind::done;
  std::uint32_t set = 0, pattern = no_pattern;
  std::uint32_t payload_bytes = 0;
};
inline constexpr std::uint32_t magic = 0x50535043;  // "PSPC"

/// All that a child said, as far as it got.
struct Answer {
  bool garbage = false;                               // something that is no record, or records that make no sense
  bool done = false;                                  // the last record arrived
  std::optional<std::uint32_t> begun;                 // the set it was at
  std::vector<std::span<const std::byte>> databases;  // views into the bytes decoded
  std::optional<PatternFailure> failure;              // of the set `begun`, or before any
};
[[nodiscard]] Answer decode_answer(std::span<const std::byte> bytes, std::size_t sets);

}  // namespace http::wire
