// penstock: one program, its commands.
#include <rte_version.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstring>
#include <unistd.h>

#include "apps/penstock/commands.h"
#include "http/pattern_compiler.h"

namespace {

/// Commands that users may know of and that this version does not have: said, not guessed.
constexpr const char* not_yet[] = {"explain", "top", "routes", "neighbors", "listeners", "rules",   "connections",
                                   "config",  "why", "drain",  "undrain",   "weight",    "capture", "doctor"};

/// Arguments behind `--`: DPDK's, taken away before CLI11 sees them.
std::vector<std::string> take_eal_arguments(int& argc, char** argv) {
  for (int i = 1; i < argc; ++i)
    if (std::strcmp(argv[i], "--") == 0) {
      std::vector<std::string> rest(argv + i + 1, argv + argc);
      argc = i;
      return rest;
    }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "compile-patterns") == 0)
    return http::run_pattern_compiler_child(STDIN_FILENO, STDOUT_FILENO);

  apps::RunOptions run;
  apps::CheckOptions check;
  apps::ViewOptions view;
  run.eal_arguments = take_eal_arguments(argc, argv);

  CLI::App app{"Penstock: HTTP load balancer, IPv4 router and benchmark on DPDK"};
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string{"penstock "} + PENSTOCK_VERSION + ", " + rte_version());

  CLI::App* run_command = app.add_subcommand("run", "run in the foreground");
  run_command->add_option("CONFIG", run.config, "TOML file")->required();
  run_command->add_option("--set", run.overrides, "KEY=VALUE instead of the file's, for example engine.workers=2")
      ->allow_extra_args(false);
  run_command->footer("Arguments behind -- go to DPDK's EAL, for example: penstock run x.toml -- -d /path/to/driver.so");

  CLI::App* check_command =
      app.add_subcommand("check", "validate a configuration, print its memory plan and the cost of its rules");
  check_command->add_option("CONFIG", check.config, "TOML file")->required();
  check_command->add_option("--set", check.overrides, "KEY=VALUE instead of the file's")->allow_extra_args(false);

  std::vector<CLI::App*> views;
  for (const auto& [name, help] :
       {std::pair{"stats", "counters of a running instance"}, std::pair{"drops", "every loss by name, with its last example"},
        std::pair{"pools", "pools and their servers"}, std::pair{"ports", "ports, their link and counters"}}) {
    CLI::App* command = app.add_subcommand(name, help);
    command->add_flag("--json", view.json, "as JSON");
    command->add_flag("--all", view.all, "also what is zero");
    command->add_option("--instance", view.instance, "name of the instance, if several run, or the path of its socket");
    views.push_back(command);
  }
  std::string reloaded;
  CLI::App* reload_command = app.add_subcommand("reload", "make a running instance read its configuration again");
  reload_command->add_option("--instance", reloaded, "name of the instance, if several run, or the path of its socket");
  for (const char* name : not_yet) app.add_subcommand(name, "not supported yet")->allow_extras();

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? apps::exit_ok : apps::exit_failed;  // the library has a status of its own for each mistake
  }
  if (run_command->parsed()) return apps::run(run);
  if (check_command->parsed()) return apps::check(check);
  if (reload_command->parsed()) return apps::reload(reloaded);
  for (const CLI::App* command : views)
    if (command->parsed()) {
      view.view = command->get_name();
      return apps::view(view);
    }
  for (const CLI::App* command : app.get_subcommands())
    std::fprintf(stderr, "penstock %s: not supported yet\n", command->get_name().c_str());
  return apps::exit_failed;
}
