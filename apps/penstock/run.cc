// penstock run: in the foreground until SIGTERM or SIGINT.
#include <cstdio>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "apps/admin/server.h"
#include "apps/instance/control.h"
#include "apps/instance/service_manager.h"
#include "apps/penstock/commands.h"
#include "engine/dpdk_log.h"

namespace apps {

int run(const RunOptions& options) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("penstock"));
  spdlog::set_pattern("%Y-%m-%d %H:%M:%S.%e %^%l%$ %v");
  auto loaded = load_config(options.config, options.overrides);
  if (!loaded) {
    std::fprintf(stderr, "%s\n", loaded.error().message().c_str());
    return exit_bad_config;
  }
  for (const engine::Error& warning : loaded->warnings) spdlog::warn("{}", warning.message());
  // Before DPDK starts: two instances of a name would fight over its files and ports.
  if (auto free = AdminServer::check_free(loaded->config.admin, loaded->config.engine.name); !free) {
    spdlog::error("{}", free.error().message());
    return exit_failed;
  }
  block_signals();
  engine::redirect_dpdk_log([](std::string_view line) { spdlog::warn("dpdk: {}", line); });
  auto instance = Instance::start(std::move(loaded->config), options.eal_arguments);
  if (!instance) {
    spdlog::error("{}", instance.error().message());
    // A rule that does not compile is a mistake in the file, found late.
    return instance.error().code == engine::Errc::invalid ? exit_bad_config : exit_failed;
  }
  if (!(*instance)->plan().note.empty()) spdlog::warn("{}", (*instance)->plan().note);
  ControlState state;
  Control control{**instance, state, options.overrides};
  auto admin = AdminServer::start(**instance, state);
  if (!admin) {
    spdlog::error("{}", admin.error().message());
    return exit_failed;
  }
  std::printf("ready %s\n", (*instance)->name().c_str());
  std::fflush(stdout);
  tell_service_manager("READY=1");
  const int status = control.run();
  admin->reset();
  return status;
}

}  // namespace apps
