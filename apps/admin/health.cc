#include "apps/admin/health.h"

#include <fmt/format.h>

namespace apps {

std::string ProgressWatch::check(std::span<const std::uint64_t> turns, TimePoint now) {
  seen_.resize(turns.size());
  std::string why;
  for (std::size_t i = 0; i < turns.size(); ++i) {
    Seen& seen = seen_[i];
    if (!seen.valid || seen.turns != turns[i]) {
      seen = {turns[i], now, true};
      continue;
    }
    const auto still = now - seen.since;
    if (still < patience) continue;
    why += fmt::format("{}worker {} made no turn for {:.1f} s", why.empty() ? "" : "; ", i,
                       std::chrono::duration<double>(still).count());
  }
  return why;
}

}  // namespace apps
