// Which instances run on this machine: each has a socket for its admin API.
#pragma once

#include <string>
#include <vector>

#include "engine/result.h"

namespace apps {

inline constexpr const char* sockets_directory = "/run/penstock";

struct RunningInstance {
  std::string name, socket;
};

/// The instance to talk to. `wanted`: a name, the path of a socket (anything with a slash), or "" for the only one that runs.
/// Errors: none runs, several run (they are listed), or its socket does not let us in.
[[nodiscard]] engine::Result<RunningInstance> find_instance(const std::string& wanted,
                                                            const std::string& directory = sockets_directory);

}  // namespace apps
