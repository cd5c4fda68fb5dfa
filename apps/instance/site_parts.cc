#include "apps/instance/site_parts.h"

namespace apps {

namespace {

http::ForwardedMode mode_of(http::ListenerConfig::Forwarded forwarded) noexcept {
  switch (forwarded) {
    case http::ListenerConfig::Forwarded::append:
      return http::ForwardedMode::append;
    case http::ListenerConfig::Forwarded::replace:
      return http::ForwardedMode::replace;
    case http::ListenerConfig::Forwarded::off:
      return http::ForwardedMode::off;
  }
  return http::ForwardedMode::replace;
}

http::SiteListener listener_of(const http::ListenerConfig& config) {
  http::SiteListener listener;
  listener.name = config.name;
  listener.idle_timeout = config.idle_timeout;
  listener.header_timeout = config.header_timeout;
  listener.head_bytes_max = static_cast<std::uint32_t>(config.max_head);
  listener.body_bytes_max = config.max_body;
  listener.forwarded = mode_of(config.forwarded);
  listener.trusted = config.trusted;
  return listener;
}

http::SiteParts::PoolParts pool_of(const http::PoolConfig& config) {
  http::SiteParts::PoolParts pool;
  pool.settings.name = config.name;
  pool.settings.sources = config.sources;
  pool.settings.connect_timeout = config.connect_timeout;
  pool.settings.response_timeout = config.response_timeout;
  pool.settings.keepalive_idle = config.keepalive.idle;
  pool.settings.keepalive_timeout = config.keepalive.timeout;
  for (const http::ServerConfig& server : config.servers) pool.servers.push_back({server.name, 0, server.address});
  pool.place = config.place;
  return pool;
}

}  // namespace

http::SiteParts site_parts(const Config& config) {
  http::SiteParts parts;
  for (const http::ListenerConfig& listener : config.listeners) parts.listeners.push_back(listener_of(listener));
  parts.rules = config.rules;
  for (const http::PoolConfig& pool : config.pools) parts.pools.push_back(pool_of(pool));
  return parts;
}

}  // namespace apps
