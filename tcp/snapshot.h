// What TCP needs of a configuration.
#pragma once

#include "engine/snapshot.h"
#include "tcp/config.h"
#include "tcp/listeners.h"

namespace tcp {

struct Snapshot : engine::Snapshot {
  Config tcp;
  Listeners listeners;
};

}  // namespace tcp
