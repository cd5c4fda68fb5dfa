#include "apps/config.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <optional>

#include "apps/config_check.h"
#include "engine/document.h"
#include "engine/section.h"
#include "engine/wording.h"

namespace apps {

namespace {

using engine::Document;
using engine::Errc;
using engine::Error;
using engine::quote;
using engine::Result;
using engine::Section;

constexpr std::size_t unix_path_bytes_max = 107;  // sun_path of unix(7), with its final zero

Result<AdminAddress> parse_admin_address(std::string_view text) {
  constexpr std::string_view scheme = "unix:";
  if (text.starts_with(scheme)) {
    const std::string_view path = text.substr(scheme.size());
    if (path.starts_with('/') && !path.ends_with('/') && path.size() <= unix_path_bytes_max)
      return AdminAddress{std::string{path}, {}};
    return Error{Errc::invalid,
                 fmt::format("{} needs an absolute path of at most {} bytes to a socket", quote(text), unix_path_bytes_max)};
  }
  const auto address = engine::parse_socket_address(text);
  if (!address)
    return Error{Errc::invalid,
                 fmt::format("{} is neither unix:/PATH nor an address and TCP port such as 127.0.0.1:9180", quote(text))};
  if (address->address.is_loopback()) return AdminAddress{{}, *address};
  return Error{Errc::not_supported,
               fmt::format("{} is not a loopback address; others need a token, which is not supported yet", quote(text))};
}

AdminConfig read_admin(Section section, const std::string& instance) {
  AdminConfig admin;
  admin.place = section.place();
  admin.listen = {{fmt::format("/run/penstock/{}.sock", instance), {}}};
  if (section.read_texts("listen", admin.listen, parse_admin_address))
    for (auto one = admin.listen.begin(); one != admin.listen.end(); ++one)
      if (std::find(admin.listen.begin(), one, *one) != one) section.fail("listen", "names an address twice");
  section.not_supported("token_file", "access with a token");
  return section.finish(std::move(admin));
}

Config read(Document& document) {
  Section file{document};
  const std::filesystem::path path{document.name()};
  Config config;
  config.path = document.name();
  config.engine = engine::read_engine(file.section("engine"), path.stem().native());
  config.admin = read_admin(file.section("admin"), config.engine.name);
  config.tcp = tcp::read_config(file.section("tcp"));
  file.read_sections("port", config.ports, [&](Section port) {
    return engine::read_port(std::move(port), static_cast<std::uint16_t>(config.ports.size()));
  });
  file.read_sections("route", config.routes, engine::read_route);
  file.read_sections("neighbor", config.neighbors, engine::read_neighbor);
  config.forwarding = engine::read_forwarding(file.section("forwarding"));
  file.not_supported("acl", "ACLs");
  file.not_supported("policer", "policers");
  file.not_supported("nat", "NAT");
  file.read_sections("listener", config.listeners, http::read_listener);
  file.read_sections("rule", config.rules,
                     [&](Section rule) { return http::read_rule(std::move(rule), path.parent_path().native()); });
  file.read_sections("pool", config.pools, http::read_pool);
  return file.finish(std::move(config));
}

Result<LoadedConfig> load(Result<Document> document, std::span<const std::string> overrides) {
  if (!document) return document.error();
  for (const std::string& assignment : overrides)
    if (auto done = document->set(assignment); !done) return done.error();
  LoadedConfig loaded{read(*document), {}};
  if (document->ok()) check_config(loaded.config, *document);  // a value that could not be read would only cause more complaints
  if (auto done = document->result(); !done) return done.error();
  loaded.warnings = document->warnings();
  return loaded;
}

}  // namespace

std::string to_string(const AdminAddress& address) {
  return address.is_unix() ? "unix:" + address.unix_path : engine::to_string(address.tcp);
}

Result<LoadedConfig> load_config(const std::string& path, std::span<const std::string> overrides) {
  return load(Document::load(path), overrides);
}

Result<LoadedConfig> parse_config(std::string_view text, const std::string& path, std::span<const std::string> overrides) {
  return load(Document::parse(text, path), overrides);
}

}  // namespace apps
