// The whole configuration of an instance: one TOML file and its overrides, read, checked, typed.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config.h"
#include "engine/result.h"
#include "engine/text.h"
#include "http/config.h"
#include "http/rule.h"
#include "tcp/config.h"

namespace apps {

/// "unix:/run/penstock/edge1.sock" or "127.0.0.1:9180".
struct AdminAddress {
  std::string unix_path;  // empty: TCP
  engine::SocketAddress tcp;
  [[nodiscard]] bool is_unix() const noexcept { return !unix_path.empty(); }
  friend bool operator==(const AdminAddress&, const AdminAddress&) = default;
};

[[nodiscard]] std::string to_string(const AdminAddress& address);

/// [admin]
struct AdminConfig {
  std::vector<AdminAddress> listen;  // default: unix:/run/penstock/NAME.sock
  std::string place;
};

/// Neighbors of all ports together, learned ones and those of the file.
inline constexpr std::uint32_t neighbors_max = 16'384;

struct Config {
  std::string path;
  engine::EngineConfig engine;
  std::vector<engine::PortSettings> ports;
  std::vector<engine::RouteConfig> routes;
  std::vector<engine::NeighborConfig> neighbors;
  engine::ForwardingConfig forwarding;
  AdminConfig admin;
  tcp::Config tcp;
  std::vector<http::ListenerConfig> listeners;
  std::vector<http::Rule> rules;
  std::vector<http::PoolConfig> pools;
};

struct LoadedConfig {
  Config config;
  std::vector<engine::Error> warnings;  // what works and was probably not meant
};

/// Reads and checks the file. `overrides`: "KEY=VALUE" each, as engine::Document::set takes them.
/// Errors: all mistakes at once, each on a line of the message, with its place. Regexes are checked by those who compile them.
[[nodiscard]] engine::Result<LoadedConfig> load_config(const std::string& path, std::span<const std::string> overrides = {});
/// The same for text; `path` is for messages, for the default of engine.name, and for what `body_file` is relative to.
[[nodiscard]] engine::Result<LoadedConfig> parse_config(std::string_view text, const std::string& path,
                                                        std::span<const std::string> overrides = {});

}  // namespace apps
