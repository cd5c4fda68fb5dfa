// penstock check: everything that can be known before a start.
#include <cstdio>
#include <fmt/format.h>

#include "apps/instance/addresses.h"
#include "apps/instance/plan.h"
#include "apps/instance/site_parts.h"
#include "apps/penstock/commands.h"
#include "http/pattern_compiler.h"
#include "http/rule_report.h"
#include "http/site_builder.h"

namespace apps {

namespace {

int refuse(const engine::Error& error) {
  std::fprintf(stderr, "%s\n", error.message().c_str());
  return exit_bad_config;
}

void print_ports(const Config& config) {
  for (const engine::PortSettings& port : config.ports) {
    std::string addresses;
    for (const engine::Cidr& address : port.addresses) addresses += fmt::format(" {}", engine::to_string(address));
    fmt::print("port {}: {}{}, mtu {}\n", port.name, port.device, addresses.empty() ? " no address" : addresses, port.mtu);
  }
}

/// The rules of one listener: what each costs, and what looks wrong.
engine::Result<void> print_rules(const Config& config, const http::ListenerConfig& listener, http::PatternCompiler& compiler) {
  auto matcher = http::Matcher::build(config.rules, compiler, listener.name);
  if (!matcher) return matcher.error();
  auto scratch = matcher->make_scratch();
  if (!scratch) return scratch.error();
  std::string addresses;
  for (const http::ListenAddress& address : listener.addresses) addresses += fmt::format(" {}", http::to_string(address));
  fmt::print("\nlistener {}:{}\n", listener.name, addresses);
  http::RuleReportOptions options;
  options.listener = listener.name;
  const auto reports = http::report_rules(config.rules, *matcher, *scratch, options);
  if (reports.empty()) fmt::print("  no rule applies: every request is answered 404\n");
  fmt::print("{}", http::format_rule_reports(reports));
  return {};
}

}  // namespace

int check(const CheckOptions& options) {
  auto loaded = load_config(options.config, options.overrides);
  if (!loaded) return refuse(loaded.error());
  const Config& config = loaded->config;
  for (const engine::Error& warning : loaded->warnings) fmt::print(stderr, "warning: {}\n", warning.message());
  if (auto table = routes(config); !table) return refuse(table.error());
  const auto compiler = http::make_child_pattern_compiler({"/proc/self/exe", "compile-patterns"});
  http::SiteBuilder builder{1, *compiler};
  if (auto site = builder.build(site_parts(config)); !site) return refuse(site.error());

  fmt::print("{}: instance {}, {} worker{}, {} polling\n", config.path, config.engine.name, config.engine.workers,
             config.engine.workers == 1 ? "" : "s", config.engine.poll == engine::PollMode::busy ? "busy" : "adaptive");
  print_ports(config);
  for (const http::ListenerConfig& listener : config.listeners)
    if (auto done = print_rules(config, listener, *compiler); !done) return refuse(done.error());
  fmt::print("\nmemory\n{}", describe(plan_memory(config, available_memory_bytes())));
  return exit_ok;
}

}  // namespace apps
