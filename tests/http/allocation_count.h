// Counts what this thread takes from the heap: linking this file replaces operator new and delete.
#pragma once

#include <cstddef>

namespace http {

[[nodiscard]] std::size_t allocation_count() noexcept;

}  // namespace http
