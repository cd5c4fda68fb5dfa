// What systemd wants to know: readiness over the socket that $NOTIFY_SOCKET names (sd_notify(3)).
#pragma once

#include <string_view>

namespace apps {

/// Sends `state` ("READY=1"); does nothing when no service manager asked. Never waits for it: the control thread calls.
void tell_service_manager(std::string_view state) noexcept;

}  // namespace apps
