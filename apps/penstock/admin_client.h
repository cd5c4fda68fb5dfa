// Asks a running instance over the Unix socket of its admin API.
#pragma once

#include <string>

#include "apps/penstock/instances.h"
#include "engine/result.h"

namespace apps {

struct AdminReply {
  int status = 0;
  std::string body;
};

enum class AdminMethod : std::uint8_t { get, post };

/// Errors: nobody answers; with the socket. A refusal is a reply.
[[nodiscard]] engine::Result<AdminReply> ask(const RunningInstance& instance, AdminMethod method, const std::string& path);

/// The reason in the body of a refusal, or the body itself.
[[nodiscard]] std::string refusal_text(const AdminReply& reply);

}  // namespace apps
