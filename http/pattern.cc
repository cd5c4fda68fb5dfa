#include "http/pattern.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <hs.h>

#include "engine/check.h"

namespace http {
namespace {

// An id is reported once a scan is all that matching asks for; a pattern may match the empty string ("^$", "a*").
constexpr unsigned pattern_flags = HS_FLAG_SINGLEMATCH | HS_FLAG_ALLOWEMPTY;

std::string describe(hs_error_t error) {
  switch (error) {
    case HS_NOMEM:
      return "out of memory";
    case HS_ARCH_ERROR:
      return "this CPU lacks what Hyperscan needs (SSSE3)";
    case HS_DB_VERSION_ERROR:
      return "the database is of another version of Hyperscan";
    case HS_DB_PLATFORM_ERROR:
      return "the database is for another kind of CPU";
    case HS_INVALID:
      return "the database is damaged";
    default:
      return fmt::format("Hyperscan's error {}", error);
  }
}

/// What Hyperscan would accept and we must not: it takes C strings, and its UTF-8 mode is undefined on other bytes.
std::optional<PatternFailure> refused(std::span<const PatternSource> sources) {
  for (std::uint32_t i = 0; i < sources.size(); ++i) {
    if (sources[i].regex.find('\0') != std::string::npos) return PatternFailure{i, "a NUL byte must be written as \\x00"};
    if (sources[i].regex.starts_with("(*"))
      return PatternFailure{i, "control verbs such as (*UTF8) are not supported: patterns match bytes"};
  }
  return std::nullopt;
}

PatternFailure to_failure(hs_error_t status, const hs_compile_error_t* error, std::size_t patterns) {
  if (error == nullptr) return PatternFailure{std::nullopt, describe(status), status == HS_NOMEM};
  PatternFailure failure{std::nullopt, error->message != nullptr ? error->message : describe(status)};
  while (failure.what.ends_with('.')) failure.what.pop_back();
  failure.out_of_memory = failure.what.find("allocate memory") != std::string::npos;  // the only sign that the API gives
  const bool blames_one = error->expression >= 0 && static_cast<std::size_t>(error->expression) < patterns;
  // Out of memory always names expression 0, whatever was being compiled.
  if (blames_one && !failure.out_of_memory) failure.pattern = static_cast<std::uint32_t>(error->expression);
  return failure;
}

}  // namespace

std::string places_of(std::span<const PatternSource> sources) {
  constexpr std::size_t shown_max = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(sources.size(), shown_max); ++i) text += (i == 0 ? "" : ", ") + sources[i].place;
  if (sources.size() > shown_max) text += fmt::format(" and {} more", sources.size() - shown_max);
  return text;
}

engine::Error to_error(const PatternFailure& failure, std::span<const PatternSource> sources) {
  if (failure.pattern && *failure.pattern < sources.size()) {
    const PatternSource& source = sources[*failure.pattern];
    return {engine::Errc::invalid, fmt::format("regex \"{}\" is refused by Hyperscan: {}", source.regex, failure.what),
            source.place};
  }
  return {failure.out_of_memory ? engine::Errc::exhausted : engine::Errc::invalid,
          fmt::format("Hyperscan cannot compile the regexes of {}: {}", places_of(sources), failure.what)};
}

std::variant<PatternSet, PatternFailure> PatternSet::compile(std::span<const PatternSource> sources) {
  CHECK(!sources.empty());
  if (const hs_error_t status = hs_valid_platform(); status != HS_SUCCESS) return PatternFailure{std::nullopt, describe(status)};
  if (auto failure = refused(sources)) return *std::move(failure);
  const std::vector<unsigned> flags(sources.size(), pattern_flags);
  std::vector<const char*> expressions;
  std::vector<unsigned> ids;
  for (const PatternSource& source : sources) {
    ids.push_back(static_cast<unsigned>(ids.size()));
    expressions.push_back(source.regex.c_str());
  }
  hs_database_t* database = nullptr;
  hs_compile_error_t* error = nullptr;
  const hs_error_t status = hs_compile_multi(expressions.data(), flags.data(), ids.data(), static_cast<unsigned>(sources.size()),
                                             HS_MODE_BLOCK, nullptr, &database, &error);
  if (status == HS_SUCCESS) return PatternSet{database, static_cast<std::uint32_t>(sources.size())};
  PatternFailure failure = to_failure(status, error, sources.size());
  hs_free_compile_error(error);
  return failure;
}

engine::Result<PatternSet> PatternSet::deserialize(std::span<const std::byte> bytes, std::uint32_t size) {
  hs_database_t* database = nullptr;
  const hs_error_t status = hs_deserialize_database(reinterpret_cast<const char*>(bytes.data()), bytes.size(), &database);
  if (status != HS_SUCCESS) return engine::Error{engine::Errc::invalid, describe(status)};
  return PatternSet{database, size};
}

engine::Result<std::vector<std::byte>> PatternSet::serialize() const {
  if (!database_) return engine::Error{engine::Errc::invalid, "a set without patterns has no bytes"};
  char* bytes = nullptr;
  std::size_t length = 0;
  if (const hs_error_t status = hs_serialize_database(database_.get(), &bytes, &length); status != HS_SUCCESS)
    return engine::Error{status == HS_NOMEM ? engine::Errc::exhausted : engine::Errc::invalid, describe(status)};
  const std::unique_ptr<char, decltype(&std::free)> owner{bytes, &std::free};  // the default misc allocator is malloc
  const auto* first = reinterpret_cast<const std::byte*>(bytes);
  return std::vector<std::byte>{first, first + length};
}

std::size_t PatternSet::memory_bytes() const noexcept {
  std::size_t bytes = 0;
  if (database_) CHECK(hs_database_size(database_.get(), &bytes) == HS_SUCCESS);
  return bytes;
}

void PatternSet::Free::operator()(hs_database* database) const noexcept { hs_free_database(database); }

void PatternSet::scan_with(std::string_view bytes, PatternScratch& scratch, OnMatch on_match, void* context) const noexcept {
  if (!database_) return;
  const char* data = bytes.data() != nullptr ? bytes.data() : "";  // Hyperscan takes no null pointer, even with length 0
  [[maybe_unused]] const hs_error_t status =
      hs_scan(database_.get(), data, static_cast<unsigned>(bytes.size()), 0, scratch.scratch_.get(), on_match, context);
  DCHECK(status == HS_SUCCESS || status == HS_SCAN_TERMINATED);  // anything else: a scratch that does not fit or is in use
}

engine::Result<void> PatternScratch::grow(const PatternSet& set) {
  if (!set.database_) return {};
  hs_scratch_t* scratch = scratch_.release();
  const hs_error_t status = hs_alloc_scratch(set.database_.get(), &scratch);
  scratch_.reset(scratch);
  if (status != HS_SUCCESS) return engine::Error{engine::Errc::exhausted, "Hyperscan scratch: " + describe(status)};
  return {};
}

engine::Result<PatternScratch> PatternScratch::clone() const {
  PatternScratch copy;
  if (!scratch_) return copy;
  hs_scratch_t* scratch = nullptr;
  if (const hs_error_t status = hs_clone_scratch(scratch_.get(), &scratch); status != HS_SUCCESS)
    return engine::Error{engine::Errc::exhausted, "Hyperscan scratch: " + describe(status)};
  copy.scratch_.reset(scratch);
  return copy;
}

std::size_t PatternScratch::memory_bytes() const noexcept {
  std::size_t bytes = 0;
  if (scratch_) CHECK(hs_scratch_size(scratch_.get(), &bytes) == HS_SUCCESS);
  return bytes;
}

void PatternScratch::Free::operator()(hs_scratch* scratch) const noexcept { hs_free_scratch(scratch); }

}  // namespace http
