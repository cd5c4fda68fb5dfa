// penstock stats|drops|pools|ports|reload: asks a running instance.
#include <cstdio>
#include <fmt/format.h>

#include "apps/penstock/admin_client.h"
#include "apps/penstock/commands.h"
#include "apps/penstock/view_text.h"

namespace apps {

namespace {

int refuse(const std::string& message) {
  std::fprintf(stderr, "penstock: %s\n", message.c_str());
  return exit_failed;
}

}  // namespace

int view(const ViewOptions& options) {
  const auto instance = find_instance(options.instance);
  if (!instance) return refuse(instance.error().message());
  const auto reply = ask(*instance, AdminMethod::get, "/api/v1/" + options.view);
  if (!reply) return refuse(reply.error().message());
  if (reply->status != 200)
    return refuse(fmt::format("{}: answered {}: {}", instance->socket, reply->status, refusal_text(*reply)));
  std::string text = reply->body;
  if (!options.json) {
    try {
      text = view_text(options.view, nlohmann::ordered_json::parse(text), options.all);
    } catch (const nlohmann::json::exception& e) {
      return refuse(fmt::format("{}: not the answer of a Penstock of this version: {}", instance->socket, e.what()));
    }
  }
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) return exit_failed;
  return exit_ok;
}

int reload(const std::string& wanted) {
  const auto instance = find_instance(wanted);
  if (!instance) return refuse(instance.error().message());
  const auto reply = ask(*instance, AdminMethod::post, "/api/v1/reload");
  if (!reply) return refuse(reply.error().message());
  if (reply->status == 200) return exit_ok;
  return refuse(fmt::format("{} did not reload, nothing changed:\n{}", instance->name, refusal_text(*reply)));
}

}  // namespace apps
