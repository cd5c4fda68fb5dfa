// Who turns regexes into pattern sets. Hyperscan's compiler has no limits of its own and a few bytes of regex can cost it minutes
// and gigabytes, so a running instance has it done by a child process that has limits.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/result.h"
#include "http/pattern.h"

namespace http {

class PatternCompiler {
 public:
  PatternCompiler() = default;
  PatternCompiler(const PatternCompiler&) = delete;
  PatternCompiler& operator=(const PatternCompiler&) = delete;
  virtual ~PatternCompiler() = default;

  /// One set per element, in their order. Blocks until all is done.
  /// Requires: no element is empty.
  /// Errors: a pattern that Hyperscan refuses, with its place and Hyperscan's words; a limit that was exceeded, with the places
  /// of the set it happened in.
  [[nodiscard]] virtual engine::Result<std::vector<PatternSet>> compile_all(std::span<const std::vector<PatternSource>> sets) = 0;

  /// The same for one set.
  [[nodiscard]] engine::Result<PatternSet> compile(std::span<const PatternSource> sources);
};

/// Compiles in this process: for tests, benchmarks and what is known to be harmless.
[[nodiscard]] std::unique_ptr<PatternCompiler> make_local_pattern_compiler();

/// What one call of `compile_all` may cost.
struct PatternLimits {
  std::chrono::seconds cpu{60};  // RLIMIT_CPU
  /// RLIMIT_AS. Not set in a build with AddressSanitizer, which maps terabytes.
  std::uint64_t address_space_bytes = std::uint64_t{4} << 30;
  std::chrono::milliseconds wall{300'000};  // a machine under load may need long for its CPU seconds
};

/// Compiles in a child process, one for each call. `command` is the program and its arguments, such as
/// {"/proc/self/exe", "compile-patterns"}; it must call `run_pattern_compiler_child` with the descriptors 0 and 1.
[[nodiscard]] std::unique_ptr<PatternCompiler> make_child_pattern_compiler(std::vector<std::string> command,
                                                                           PatternLimits limits = {});

/// The child's side: reads a request from `in` until end of file, compiles, writes the answer to `out`.
/// Returns: the exit status; 0 if an answer was given, a refused pattern being one.
[[nodiscard]] int run_pattern_compiler_child(int in, int out);

}  // namespace http
