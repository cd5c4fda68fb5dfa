// penstock check: everything that can be known before a start.
#include <algorithm>
#include <cstdio>
#include <fmt/format.h>

#include "apps/effective_config.h"
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

/// What is said about a configuration stands beside it as comments: the whole output is a configuration, too.
std::string as_comments(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    out += fmt::format("#{}{}\n", line.empty() ? "" : " ", line);
    at = end + 1;
  }
  return out;
}

/// The rules of one listener: what each costs, and what looks wrong.
engine::Result<std::string> rules_text(const Config& config, const http::ListenerConfig& listener,
                                       http::PatternCompiler& compiler) {
  auto matcher = http::Matcher::build(config.rules, compiler, listener.name);
  if (!matcher) return matcher.error();
  auto scratch = matcher->make_scratch();
  if (!scratch) return scratch.error();
  http::RuleReportOptions options;
  options.listener = listener.name;
  const auto reports = http::report_rules(config.rules, *matcher, *scratch, options);
  return fmt::format("\nrules of listener {}\n{}", listener.name,
                     reports.empty() ? "no rule applies: every request is answered 404\n" : http::format_rule_reports(reports));
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

  const std::uint64_t available = available_memory_bytes();
  std::string text =
      fmt::format("memory plan, with {} MiB available\n{}", available >> 20, describe(plan_memory(config, available)));
  for (const http::ListenerConfig& listener : config.listeners) {
    const auto rules = rules_text(config, listener, *compiler);
    if (!rules) return refuse(rules.error());
    text += *rules;
  }
  fmt::print("{}\n{}", effective_config(config), as_comments(text));
  return exit_ok;
}

}  // namespace apps
