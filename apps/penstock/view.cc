// penstock stats|drops|pools|ports: asks a running instance over its Unix socket.
#include <cstdio>
#include <fmt/format.h>
#include <httplib.h>

#include "apps/penstock/commands.h"
#include "apps/penstock/instances.h"
#include "apps/penstock/view_text.h"

namespace apps {

namespace {

engine::Result<std::string> ask(const RunningInstance& instance, const std::string& path) {
  httplib::Client client{instance.socket, 80};
  client.set_address_family(AF_UNIX);
  client.set_connection_timeout(5);
  client.set_read_timeout(10);
  const auto answer = client.Get(path, httplib::Headers{{"Host", "localhost"}, {"Connection", "close"}});
  if (!answer)
    return engine::Error{engine::Errc::io, fmt::format("no answer: {}", httplib::to_string(answer.error())), instance.socket};
  if (answer->status != 200)
    return engine::Error{engine::Errc::io, fmt::format("answered {}: {}", answer->status, answer->body), instance.socket};
  return answer->body;
}

int refuse(const std::string& message) {
  std::fprintf(stderr, "penstock: %s\n", message.c_str());
  return exit_failed;
}

}  // namespace

int view(const ViewOptions& options) {
  const auto instance = find_instance(options.instance);
  if (!instance) return refuse(instance.error().message());
  const auto body = ask(*instance, "/api/v1/" + options.view);
  if (!body) return refuse(body.error().message());
  std::string text = *body;
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

}  // namespace apps
