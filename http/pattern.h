// Regular expressions by Hyperscan: a set of patterns is one immutable database, scanned in block mode. Patterns are unanchored,
// case-sensitive unless they say (?i), and match bytes. ("$" also matches before a final line feed, which no path or value has.)
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "engine/result.h"

struct hs_database;
struct hs_scratch;

namespace http {

/// One regex and where the user wrote it ("http-lb.toml:12").
struct PatternSource {
  std::string regex, place;
};

/// Why a set was not compiled, in Hyperscan's words. `pattern` is absent if no single pattern is to blame.
struct PatternFailure {
  std::optional<std::uint32_t> pattern;
  std::string what;
  bool out_of_memory = false;
};

/// The failure for a person: with the place and the regex of the pattern, or the places of the whole set.
[[nodiscard]] engine::Error to_error(const PatternFailure& failure, std::span<const PatternSource> sources);
/// "a.toml:1, a.toml:2, a.toml:3 and 7 more".
[[nodiscard]] std::string places_of(std::span<const PatternSource> sources);

class PatternScratch;

/// N patterns with the ids 0 to N-1. Immutable: any number of shards scan it, each with its own scratch.
class PatternSet {
 public:
  PatternSet() noexcept = default;  // no patterns; a scan finds nothing

  /// Compiles in this process, without limits: PatternCompiler adds those.
  /// Requires: sources is not empty.
  [[nodiscard]] static std::variant<PatternSet, PatternFailure> compile(std::span<const PatternSource> sources);
  /// Errors: `bytes` is not what `serialize` gives on this kind of CPU (Hyperscan keeps a checksum in it).
  [[nodiscard]] static engine::Result<PatternSet> deserialize(std::span<const std::byte> bytes, std::uint32_t size);
  [[nodiscard]] engine::Result<std::vector<std::byte>> serialize() const;

  [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

  /// Calls `on_match(id)` once for each pattern that matches somewhere in `bytes`, in no defined order, until it returns true.
  /// Requires: `scratch` has grown for this set; `on_match` scans nothing with it.
  template <std::predicate<std::uint32_t> F>
  void scan(std::string_view bytes, PatternScratch& scratch, F&& on_match) const noexcept {
    using Target = std::remove_reference_t<F>;
    constexpr OnMatch call = [](unsigned id, unsigned long long, unsigned long long, unsigned, void* target) {
      return (*static_cast<Target*>(target))(id) ? 1 : 0;
    };
    scan_with(bytes, scratch, call, &on_match);
  }

 private:
  friend class PatternScratch;
  using OnMatch = int (*)(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void* context);
  struct Free {
    void operator()(hs_database* database) const noexcept;
  };
  PatternSet(hs_database* database, std::uint32_t size) noexcept : database_{database}, size_{size} {}
  void scan_with(std::string_view bytes, PatternScratch& scratch, OnMatch on_match, void* context) const noexcept;

  std::unique_ptr<hs_database, Free> database_;
  std::uint32_t size_ = 0;
};

/// What a scan writes to. The builder grows a prototype for every set of a snapshot; each shard gets a clone.
class PatternScratch {
 public:
  PatternScratch() noexcept = default;  // fits no set
  /// Afterwards it fits `set` too.   Errors: no memory.
  [[nodiscard]] engine::Result<void> grow(const PatternSet& set);
  /// Errors: no memory.
  [[nodiscard]] engine::Result<PatternScratch> clone() const;
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  friend class PatternSet;
  struct Free {
    void operator()(hs_scratch* scratch) const noexcept;
  };
  std::unique_ptr<hs_scratch, Free> scratch_;
};

}  // namespace http
