// The admin channel of a running instance: its API on every address of admin.listen.
#pragma once

#include <memory>
#include <vector>

#include "apps/admin/api.h"
#include "apps/admin/http_server.h"
#include "apps/admin/readings.h"

namespace apps {

class AdminServer {
 public:
  /// Before anything of an instance is started: whether its Unix sockets are free.
  /// Errors: an instance that already runs there.
  static engine::Result<void> check_free(const AdminConfig& admin, const std::string& instance);

  /// Both arguments outlive it.   Errors: an address that cannot be listened on.   Requires: signals are blocked in this thread.
  static engine::Result<std::unique_ptr<AdminServer>> start(Instance& instance, ControlState& control);
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;
  ~AdminServer();

  /// Closes the sockets and joins the threads.   Cost: milliseconds, unless a reload is being waited for (ControlState::close
  /// ends that).
  void stop();

 private:
  AdminServer(Instance& instance, ControlState& control);

  Reader reader_;
  Api api_;
  std::vector<std::unique_ptr<HttpServer>> servers_;
};

}  // namespace apps
