// Who is behind the path of a Unix socket.
#pragma once

#include <cstdint>
#include <string>

namespace apps {

enum class SocketState : std::uint8_t {
  absent,  // nothing, or a socket whose program is gone
  live,    // somebody listens
  denied,  // somebody may listen; we must not ask
};
[[nodiscard]] SocketState probe_unix_socket(const std::string& path);

/// Removes a socket whose program is gone; whatever else is there stays.
void remove_stale_socket(const std::string& path) noexcept;

}  // namespace apps
