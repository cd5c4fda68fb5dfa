// What the published configuration calls things, for threads that must not look at it: values, no pointers into a snapshot.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/config.h"
#include "http/site.h"

namespace apps {

/// Control makes one whenever it publishes; readers hold it as long as they like. Numbers are those of http/names.h.
struct SiteView {
  struct Listener {
    std::string name;
    std::uint16_t number = 0;
    std::vector<std::string> addresses;
  };
  struct Server {
    std::string name;
    std::uint16_t number = 0;
    std::string address;
  };
  struct Pool {
    std::string name;
    std::uint16_t number = 0;
    std::vector<Server> servers;
  };
  std::uint64_t generation = 0;
  std::size_t routes = 0;
  std::vector<std::vector<std::string>> port_addresses;  // by PortId
  std::vector<Listener> listeners;                       // in the order of the file, like the pools
  std::vector<Pool> pools;
};

/// Requires: `snapshot` was made from `config`.
[[nodiscard]] SiteView make_site_view(const Config& config, const http::Snapshot& snapshot);

}  // namespace apps
