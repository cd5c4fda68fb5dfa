// Assertions. CHECK is always on: a broken invariant of the control path ends the process with its place.
// DCHECK is for the data path: on in debug builds, nothing in release builds.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <source_location>

namespace engine {

[[noreturn]] inline void check_failed(const char* condition, std::source_location at = std::source_location::current()) {
  std::fprintf(stderr, "%s:%u: check failed: %s\n", at.file_name(), static_cast<unsigned>(at.line()), condition);
  std::abort();
}

}  // namespace engine

#define CHECK(condition) ((condition) ? static_cast<void>(0) : ::engine::check_failed(#condition))
#ifdef NDEBUG
#define DCHECK(condition) static_cast<void>(sizeof(!(condition)))
#else
#define DCHECK(condition) CHECK(condition)
#endif
