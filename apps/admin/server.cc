#include "apps/admin/server.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace apps {

using engine::Errc;
using engine::Error;
using engine::Result;

Result<void> AdminServer::check_free(const AdminConfig& admin, const std::string& instance) {
  for (const AdminAddress& address : admin.listen)
    if (address.is_unix() && probe_unix_socket(address.unix_path) == SocketState::live)
      return Error{Errc::io, fmt::format("an instance named {} already runs: {}", instance, address.unix_path), "admin.listen"};
  return {};
}

AdminServer::AdminServer(Instance& instance, ControlState& control)
    : reader_{instance, control},
      api_{{.read = [this] { return reader_.read(); },
            .turns = [this] { return reader_.turns(); },
            .not_ready = [&control] { return control.not_ready_reason(); },
            .reload = [&control] { return control.request_reload(); }}} {}

Result<std::unique_ptr<AdminServer>> AdminServer::start(Instance& instance, ControlState& control) {
  std::vector<ListenSocket> sockets;
  for (const AdminAddress& address : instance.config().admin.listen) {
    auto socket = ListenSocket::open(address, instance.name());
    if (!socket) return socket.error();
    sockets.push_back(std::move(*socket));
  }
  std::unique_ptr<AdminServer> self{new AdminServer{instance, control}};
  for (ListenSocket& socket : sockets) {
    self->servers_.push_back(std::make_unique<HttpServer>(
        std::move(socket), [api = &self->api_](const AdminRequest& request) { return api->answer(request); }));
    spdlog::info("admin on {}", self->servers_.back()->address());
  }
  return self;
}

AdminServer::~AdminServer() { stop(); }

void AdminServer::stop() { servers_.clear(); }

}  // namespace apps
