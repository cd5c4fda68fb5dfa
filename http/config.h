// What a user can set about HTTP: listeners, rules, pools. Defaults are the member initialisers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"
#include "engine/text.h"
#include "engine/time.h"
#include "http/rule.h"

namespace engine {
class Section;
}

namespace http {

using namespace std::chrono_literals;

// `place`: where the section begins, "http-lb.toml:12:1".

/// "198.18.0.10:80", or "*:80": every port's own addresses.
struct ListenAddress {
  std::optional<engine::Ipv4> address;  // none: "*"
  std::uint16_t port = 0;
  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

/// [[listener]]
struct ListenerConfig {
  enum class Forwarded : std::uint8_t {
    append,  // X-Forwarded-* of trusted peers is continued, that of all others replaced
    replace,
    off,
  };
  std::string name;
  std::vector<ListenAddress> addresses;
  std::vector<engine::Cidr> trusted;  // peers whose X-Forwarded-For counts
  Forwarded forwarded = Forwarded::append;
  engine::Duration idle_timeout = 60s;
  engine::Duration header_timeout = 10s;
  std::uint64_t max_head = 16u << 10;     // bytes
  std::optional<std::uint64_t> max_body;  // bytes; none: "off"
  std::string place;
};

struct ServerConfig {
  std::string name;  // default: the address as text
  engine::SocketAddress address;
  std::string place;
};

/// [[pool]]
struct PoolConfig {
  struct Keepalive {
    std::uint32_t idle = 64;  // connections per server, whole instance
    engine::Duration timeout = 30s;
  };
  std::string name;
  std::vector<ServerConfig> servers;
  std::vector<engine::Ipv4> sources;  // our addresses towards the servers; none: the egress port's
  engine::Duration connect_timeout = 1s;
  engine::Duration response_timeout = 30s;
  Keepalive keepalive;
  std::string place;
};

inline constexpr std::size_t body_bytes_max = 16u << 20;  // of `respond`
inline constexpr std::string_view content_type_default = "text/plain; charset=utf-8";

[[nodiscard]] ListenerConfig read_listener(engine::Section section);
/// `directory`: what a relative `body_file` is relative to; the file is read here.
[[nodiscard]] Rule read_rule(engine::Section section, const std::string& directory);
[[nodiscard]] PoolConfig read_pool(engine::Section section);

/// A prefix, or an address as a prefix of its own.   Errors: anything else, quoted.
[[nodiscard]] engine::Result<engine::Cidr> parse_network(std::string_view text);

[[nodiscard]] std::string to_string(const ListenAddress& address);

}  // namespace http
