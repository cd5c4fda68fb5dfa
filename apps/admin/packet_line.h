// A lost packet as one line for people.
#pragma once

#include <string>
#include <string_view>

#include "engine/drop_examples.h"

namespace apps {

/// "198.18.0.2:5555 > 198.18.0.10:80 tcp S seq 17 win 64240 len 0"; what cannot be read is shown as bytes. Never fails: lost
/// packets are often broken ones.
[[nodiscard]] std::string packet_line(const engine::DropExample& example);

/// "PACKET, 3.2 s ago on port lan"; `port` may be empty.
[[nodiscard]] std::string example_line(std::string_view packet, double age_s, std::string_view port);

}  // namespace apps
