#include "apps/effective_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <variant>

#include "apps/toml_text.h"
#include "engine/units.h"
#include "tcp/congestion.h"

namespace apps {

namespace {

using engine::format_duration;
using engine::format_size;
using Entries = std::vector<std::pair<std::string, std::string>>;

class Writer {
 public:
  void section(std::string_view header) { text_ += fmt::format("{}{}\n", text_.empty() ? "" : "\n", header); }
  /// `value`: TOML.
  void raw(std::string_view key, std::string_view value) { text_ += fmt::format("{} = {}\n", key, value); }
  void number(std::string_view key, std::uint64_t value) { raw(key, fmt::format("{}", value)); }
  void boolean(std::string_view key, bool value) { raw(key, value ? "true" : "false"); }
  void text(std::string_view key, std::string_view value) { raw(key, toml::text(value)); }
  void duration(std::string_view key, engine::Duration value) { text(key, format_duration(value)); }
  void size(std::string_view key, std::uint64_t bytes) { text(key, format_size(bytes)); }
  /// A size, or the word that stands for none.
  void size_or(std::string_view key, const std::optional<std::uint64_t>& bytes, std::string_view word) {
    text(key, bytes ? format_size(*bytes) : std::string{word});
  }
  /// A list, or what its absence means.
  template <typename Range, typename ToText>
  void list(std::string_view key, const Range& range, ToText&& to_text, std::string_view absent) {
    if (!range.empty())
      raw(key, toml::text_list(range, to_text));
    else if (!absent.empty())
      text_ += fmt::format("# {}: {}\n", key, absent);
  }
  void comment(std::string_view words) { text_ += fmt::format("# {}\n", words); }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string itself(const std::string& text) { return text; }
template <typename T>
std::string as_text(const T& value) {
  return to_string(value);
}

std::string_view word(engine::PollMode mode) noexcept {
  switch (mode) {
    case engine::PollMode::adaptive:
      return "adaptive";
    case engine::PollMode::busy:
      return "busy";
  }
  return "";
}

std::string_view word(engine::MemoryChoice choice) noexcept {
  switch (choice) {
    case engine::MemoryChoice::automatic:
      return "auto";
    case engine::MemoryChoice::hugepages:
      return "hugepages";
    case engine::MemoryChoice::normal:
      return "normal";
  }
  return "";
}

std::string_view word(engine::RssChoice choice) noexcept {
  switch (choice) {
    case engine::RssChoice::automatic:
      return "auto";
    case engine::RssChoice::hardware:
      return "hardware";
    case engine::RssChoice::software:
      return "software";
  }
  return "";
}

std::string_view word(http::ListenerConfig::Forwarded forwarded) noexcept {
  switch (forwarded) {
    case http::ListenerConfig::Forwarded::append:
      return "append";
    case http::ListenerConfig::Forwarded::replace:
      return "replace";
    case http::ListenerConfig::Forwarded::off:
      return "off";
  }
  return "";
}

// Keys that have one value so far ("later" ones are refused) are written, too: they say what is in force.

void write_engine(Writer& out, const engine::EngineConfig& e) {
  out.section("[engine]");
  out.text("name", e.name);
  if (e.cores.empty())
    out.number("workers", e.workers);
  else
    out.raw("cores", fmt::format("[{}]", fmt::join(e.cores, ", ")));
  if (e.control_core)
    out.number("control_core", *e.control_core);
  else
    out.comment("control_core: any CPU");
  out.text("poll", word(e.poll));
  out.text("memory", word(e.memory));
  out.number("max_connections", e.max_connections);
  out.size_or("buffers", e.buffers, "auto");
  out.text("file_cache", "auto");
  out.duration("drain_delay", e.drain_delay);
  out.duration("drain_timeout", e.drain_timeout);
}

void write_tcp(Writer& out, const tcp::Config& t) {
  out.section("[tcp]");
  out.text("congestion_control", tcp::congestion_algorithms[engine::index_of(t.congestion_control)].name);
  out.duration("rto_min", t.rto_min);
  out.number("initial_window", t.initial_window);
  out.boolean("ecn", t.ecn);
  out.boolean("pmtud", t.pmtud);
  out.duration("keepalive", t.keepalive);
  out.duration("time_wait", t.time_wait);
  out.number("time_wait_max", t.time_wait_max);
  out.number("half_open_max", t.half_open_max);
  out.size("receive_buffer_max", t.receive_buffer_max);
  out.size("send_buffer_max", t.send_buffer_max);
}

void write_port(Writer& out, const engine::PortSettings& p) {
  out.section("[[port]]");
  out.text("name", p.name);
  out.text("device", p.device);
  out.list("addresses", p.addresses, as_text<engine::Cidr>, "none");
  out.number("mtu", p.mtu);
  p.queues ? out.number("queues", *p.queues) : out.text("queues", "auto");
  out.number("rx_descriptors", p.rx_descriptors);
  out.number("tx_descriptors", p.tx_descriptors);
  out.text("rss", word(p.rss));
  out.text("offloads", p.offloads ? "auto" : "off");
  out.boolean("promiscuous", p.promiscuous);
  out.boolean("proxy_arp", false);
  out.text("urpf", "off");
  out.boolean("kernel", false);
}

void write_route(Writer& out, const engine::RouteConfig& r) {
  out.section("[[route]]");
  out.text("prefix", to_string(r.prefix));
  if (r.kind == engine::NextHop::Kind::gateway)
    out.text("via", to_string(r.via));
  else
    out.boolean(r.kind == engine::NextHop::Kind::blackhole ? "blackhole" : "unreachable", true);
}

void write_forwarding(Writer& out, const engine::ForwardingConfig& f, std::size_t routes_of_file) {
  out.section("[forwarding]");
  out.boolean("enabled", f.enabled);
  out.number("routes", f.route_capacity(routes_of_file));
  out.boolean("netlink", false);
  out.text("hash", "flow");
  out.boolean("redirects", false);
  out.boolean("directed_broadcast", false);
  out.number("icmp_errors_per_second", f.icmp_errors_per_second);
}

void write_listener(Writer& out, const http::ListenerConfig& l) {
  out.section("[[listener]]");
  out.text("name", l.name);
  out.list("address", l.addresses, as_text<http::ListenAddress>, "");
  out.text("mode", "http");
  out.boolean("proxy_protocol", false);
  out.list("trusted", l.trusted, as_text<engine::Cidr>, "nobody");
  out.text("forwarded", word(l.forwarded));
  out.duration("idle_timeout", l.idle_timeout);
  out.duration("header_timeout", l.header_timeout);
  out.size("max_head", l.max_head);
  out.size_or("max_body", l.max_body, "off");
  out.text("access_log", "off");
}

void write_path(Writer& out, const http::PathPredicate& path) {
  if (const auto* exact = std::get_if<http::ExactPath>(&path)) out.text("path", exact->text);
  if (const auto* prefix = std::get_if<http::PathPrefix>(&path)) out.text("path_prefix", prefix->text);
  if (const auto* regex = std::get_if<http::PathRegex>(&path)) out.text("path_regex", regex->regex);
}

void write_action(Writer& out, const http::Action& action) {
  if (const auto* pool = std::get_if<http::PoolAction>(&action)) out.text("pool", pool->pool);
  if (const auto* respond = std::get_if<http::RespondAction>(&action)) {
    const bool is_file = !respond->body_file.empty();  // may hold bytes that TOML has no place for
    out.raw("respond",
            toml::inline_table(Entries{{"status", fmt::format("{}", respond->status)},
                                       {is_file ? "body_file" : "body", toml::text(is_file ? respond->body_file : respond->body)},
                                       {"content_type", toml::text(respond->content_type)}}));
  }
  if (const auto* redirect = std::get_if<http::RedirectAction>(&action))
    out.raw("redirect", toml::inline_table(Entries{{"status", fmt::format("{}", redirect->status)},
                                                   {"location", toml::text(redirect->location)}}));
}

void write_rule(Writer& out, const http::Rule& r) {
  out.section("[[rule]]");
  if (!r.name.empty()) out.text("name", r.name);
  out.list("listener", r.listeners, itself, "all");
  out.list("host", r.hosts, itself, "");
  out.list("method", r.methods, itself, "");
  write_path(out, r.path);
  if (!r.headers.empty()) {
    Entries fields;
    for (const http::HeaderPredicate& header : r.headers) fields.emplace_back(header.name, toml::text(header.regex));
    out.raw("header", toml::inline_table(fields));
  }
  out.list("header_absent", r.header_absent, itself, "");
  if (r.query_regex) out.text("query_regex", *r.query_regex);
  out.list("client", r.client, as_text<engine::Cidr>, "");
  write_action(out, r.action);
}

void write_pool(Writer& out, const http::PoolConfig& p) {
  out.section("[[pool]]");
  out.text("name", p.name);
  out.text("balance", "round_robin");
  std::vector<std::string> servers;
  for (const http::ServerConfig& server : p.servers) {
    const std::string address = to_string(server.address);
    Entries entries;
    if (server.name != address)
      entries.emplace_back("name", toml::text(server.name));  // the default is no name that may be written
    entries.insert(entries.end(), {{"address", toml::text(address)}, {"weight", "1"}, {"backup", "false"}});
    servers.push_back(toml::inline_table(entries));
  }
  out.raw("servers", toml::list(servers));
  out.list("source", p.sources, as_text<engine::Ipv4>, "the first address of the port towards the server");
  out.text("slow_start", "0s");
  out.text("proxy_protocol", "off");
  out.duration("connect_timeout", p.connect_timeout);
  out.duration("response_timeout", p.response_timeout);
  out.text("total_timeout", "off");
  out.raw("keepalive", toml::inline_table(Entries{{"idle", fmt::format("{}", p.keepalive.idle)},
                                                  {"timeout", toml::text(format_duration(p.keepalive.timeout))}}));
}

}  // namespace

std::string effective_config(const Config& config) {
  Writer out;
  write_engine(out, config.engine);
  out.section("[admin]");
  out.list("listen", config.admin.listen, as_text<AdminAddress>, "");
  write_tcp(out, config.tcp);
  for (const engine::PortSettings& port : config.ports) write_port(out, port);
  for (const engine::RouteConfig& route : config.routes) write_route(out, route);
  for (const engine::NeighborConfig& neighbor : config.neighbors) {
    out.section("[[neighbor]]");
    out.text("address", to_string(neighbor.address));
    out.text("mac", to_string(neighbor.mac));
  }
  write_forwarding(out, config.forwarding, config.routes.size());
  for (const http::ListenerConfig& listener : config.listeners) write_listener(out, listener);
  for (const http::Rule& rule : config.rules) write_rule(out, rule);
  for (const http::PoolConfig& pool : config.pools) write_pool(out, pool);
  return out.take();
}

}  // namespace apps
