#include "engine/region.h"

#include <algorithm>
#include <sys/mman.h>

namespace engine {

namespace {
constexpr std::size_t huge_page_bytes = 2u << 20;
}

void* map_pages(std::size_t bytes) {
  bytes = std::max<std::size_t>(bytes, 1);
  void* pages = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(pages != MAP_FAILED);
  // Fewer TLB misses on tables that are walked in random order; small tables would only waste memory.
  if (bytes >= huge_page_bytes) ::madvise(pages, bytes, MADV_HUGEPAGE);
  return pages;
}

void unmap_pages(void* pages, std::size_t bytes) noexcept { ::munmap(pages, std::max<std::size_t>(bytes, 1)); }

}  // namespace engine
