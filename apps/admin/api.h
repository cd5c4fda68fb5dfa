// The admin API: what each path answers. No sockets here.
#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "apps/admin/health.h"
#include "apps/admin/http_server.h"
#include "apps/admin/readings.h"

namespace apps {

class Api {
 public:
  /// What it asks for; called from many threads at once.
  struct Sources {
    std::function<Readings()> read;
    std::function<std::vector<std::uint64_t>()> turns;
    std::function<std::string()> not_ready;  // "": ready
    std::function<std::string()> reload;     // "": done
  };
  explicit Api(Sources sources) : sources_{std::move(sources)} {}

  [[nodiscard]] AdminAnswer answer(const AdminRequest& request);

 private:
  [[nodiscard]] AdminAnswer get(const std::string& path);
  [[nodiscard]] AdminAnswer health();
  [[nodiscard]] AdminAnswer reload();

  Sources sources_;
  std::mutex mutex_;
  ProgressWatch watch_;
};

/// Why a request over TCP must not be answered, or "". A page in a browser of this machine reaches loopback, too: it may neither
/// read the API under a name of its own (DNS rebinding) nor send anything in its user's stead.
[[nodiscard]] std::string refusal_of_browser(const AdminRequest& request);

}  // namespace apps
