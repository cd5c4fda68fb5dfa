#include "tests/http/proxy_world.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace http {

namespace {

std::string with_crlf(std::string_view text) {
  std::string bytes;
  for (const char c : text) c == '\n' ? bytes += "\r\n" : bytes += c;
  return bytes;
}

/// The reverse, and a Date of the simulated present becomes "<now>".
std::string shown(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == '\r' && i + 1 < bytes.size() && bytes[i + 1] == '\n')
      text += '\n', ++i;
    else if (bytes[i] == '\r')
      text += "<CR>";
    else if (bytes[i] == '\n')
      text += "<LF>";
    else
      text += bytes[i];
  }
  constexpr std::string_view date = "Date: Sun, 06 Nov 1994 ";
  for (std::size_t at = text.find(date); at != std::string::npos; at = text.find(date, at))
    text.replace(at, date.size() + 12, "Date: <now>");
  return text;
}

}  // namespace

// --- Peer

void Peer::sends(std::string_view text) { sends_bytes(with_crlf(text)); }

void Peer::sends_bytes(std::string_view bytes) {
  app_->send(end_, bytes);
  world_->settle();
}

void Peer::shuts() {
  app_->shut(end_);
  world_->settle();
}

void Peer::resets() {
  app_->reset(end_);
  world_->settle();
}

void Peer::leaves() {
  app_->leave(end_);
  world_->settle();
}

void Peer::reads_again() {
  app_->set_reading(end_, true);
  world_->settle();
}

std::string Peer::sees() { return shown(sees_bytes()); }

std::string Peer::sees_bytes() {
  world_->settle();
  return std::exchange(app_->end(end_).received, {});
}

std::string Peer::state() {
  world_->settle();
  const sim::ScriptApp::End& end = app_->end(end_);
  if (end.closed && *end.closed != tcp::CloseReason::finished) return std::string{tcp::name(*end.closed)};
  return end.has_fin || end.closed ? "closed" : "open";
}

std::string Peer::remote_address() const { return engine::to_string(app_->end(end_).remote); }

// --- ProxyWorld

engine::SocketAddress server_address(unsigned n) { return {engine::Ipv4{10, 0, 0, 2}, static_cast<std::uint16_t>(8000 + n)}; }

SiteParts ProxyWorld::default_parts() const {
  SiteParts parts;
  parts.listeners.emplace_back();
  parts.listeners.back().name = "web";
  SiteParts::PoolParts pool;
  pool.settings.name = "p";
  for (unsigned n = 1; n <= options_.servers; ++n) pool.servers.push_back({fmt::format("s{}", n), 0, server_address(n)});
  parts.pools.push_back(std::move(pool));
  parts.rules.emplace_back();
  parts.rules.back().name = "all";
  parts.rules.back().action = PoolAction{"p"};
  return parts;
}

ProxyWorld::ProxyWorld(const Options& options) : options_{options}, listening_(options.servers, true) {
  const auto script = [](tcp::Stack& stack, std::uint16_t) { return std::make_unique<sim::ScriptApp>(stack); };
  sim::HostOptions peers{.address = "10.0.0.1/24", .seed = 1, .connections_max = 1024, .account_mbufs = 8192};
  peers.tcp = options.peers_tcp;
  client_host_ = std::make_unique<sim::EngineHost>(network_, peers, script);
  peers.address = "10.0.0.2/24", peers.seed = 2;
  server_host_ = std::make_unique<sim::EngineHost>(network_, peers, script);
  publish_server_listeners();

  sim::HostOptions host{.address = "10.0.0.10/24", .shards = options.shards, .seed = 3};
  host.connections_max = options.connections_max;
  host.account_mbufs = options.account_mbufs;
  host.account_connections = options.account_connections;
  host.answered = options.answered;
  host.tcp = options.tcp;
  SiteParts parts = default_parts();
  if (options.edit) options.edit(parts);
  sim::BalancerConfig config{std::move(parts), {{"web", listener_address}}};
  balancer_ = std::make_unique<sim::Balancer>(network_, host, std::move(config));
  settle();
}

ProxyWorld::~ProxyWorld() {
  cut_off_servers(false);
  cut_off_clients(false);
  for (std::size_t i = 0; i < clients().ends(); ++i) clients().reset(i);
  for (std::size_t i = 0; i < servers().ends(); ++i) servers().reset(i);
  // The longest that a connection whose peer is gone may stay is bounded by retransmissions and by FIN-WAIT-2.
  const bool is_quiet = run_until([&] { return balancer_->host().connections() == 0; }, 300s);
  EXPECT_TRUE(is_quiet) << "connections are left";
  run(1s);
  balancer_->expect_clean();
}

Peer ProxyWorld::connect(engine::SocketAddress to) {
  const std::size_t end = clients().connect(to, now());
  settle();
  return {*this, clients(), end};
}

bool ProxyWorld::has_new(unsigned n) {
  claimed_.resize(servers().ends());
  for (std::size_t i = 0; i < claimed_.size(); ++i)
    if (!claimed_[i] && servers().end(i).listener == n - 1) return true;
  return false;
}

bool ProxyWorld::has_accepted(unsigned n) {
  settle();
  return has_new(n);
}

Peer ProxyWorld::accepted(unsigned n) {
  if (!run_until([&] { return has_new(n); }, 20ms)) {
    ADD_FAILURE() << "server " << n << " got no connection";
    throw std::runtime_error{"no connection"};
  }
  for (std::size_t i = 0;; ++i)
    if (!claimed_[i] && servers().end(i).listener == n - 1) {
      claimed_[i] = true;
      return {*this, servers(), i};
    }
}

void ProxyWorld::publish_server_listeners() {
  std::vector<tcp::Listeners::Entry> entries;
  for (unsigned n = 1; n <= listening_.size(); ++n)
    if (listening_[n - 1]) entries.push_back({server_address(n), static_cast<tcp::ListenerId>(n - 1)});
  server_host_->listen(std::move(entries));
  settle();
}

void ProxyWorld::stop_listening(unsigned n) {
  listening_[n - 1] = false;
  publish_server_listeners();
}

void ProxyWorld::listen_again(unsigned n) {
  listening_[n - 1] = true;
  publish_server_listeners();
}

void ProxyWorld::cut_off_servers(bool cut) { server_host_->set_cut_off(cut); }
void ProxyWorld::cut_off_clients(bool cut) { client_host_->set_cut_off(cut); }

void ProxyWorld::in_one_burst(const std::function<void()>& f) {
  balancer_->host().set_paused(true);
  f();
  settle();
  balancer_->host().set_paused(false);
  settle();
}

void ProxyWorld::reload(const std::function<void(SiteParts&)>& edit) {
  SiteParts parts = default_parts();
  edit(parts);
  reload(std::move(parts), {{"web", listener_address}});
}

void ProxyWorld::reload(SiteParts parts, std::vector<sim::BalancerConfig::Listen> listens) {
  balancer_->reload({std::move(parts), std::move(listens)});
  settle();
}

void ProxyWorld::run(engine::Duration duration) {
  network_.run(duration, [] { return false; });
}

bool ProxyWorld::run_until(const std::function<bool()>& done, engine::Duration limit) { return network_.run(limit, done); }

std::uint64_t ProxyWorld::requests(std::uint16_t code) {
  std::uint64_t sum = 0;
  counters().requests.for_each([&](const RequestKey& key, std::uint64_t count) { sum += key.code == code ? count : 0; });
  return sum;
}

// --- texts

std::string forwarded(std::string_view head, std::string_view host) {
  return fmt::format("{}\nVia: 1.1 penstock\nX-Forwarded-For: 10.0.0.1\nX-Forwarded-Proto: http\n{}\n", head,
                     host.empty() ? std::string{} : fmt::format("X-Forwarded-Host: {}\n", host));
}

std::string returned(std::string_view head, std::string_view connection) {
  return fmt::format("{}\nVia: 1.1 penstock\nDate: <now>\n{}\n", head,
                     connection.empty() ? std::string{} : fmt::format("Connection: {}\n", connection));
}

std::string refusal(std::string_view status, std::string_view connection) {
  return fmt::format("HTTP/1.1 {}\nDate: <now>\nContent-Type: text/plain; charset=utf-8\nContent-Length: {}\n{}{}\n{}<LF>",
                     status, status.size() + 1, status.starts_with("503") ? "Retry-After: 1\n" : "",
                     connection.empty() ? std::string{} : fmt::format("Connection: {}\n", connection), status);
}

std::string long_body(std::size_t n) {
  std::string body;
  for (std::size_t i = 0; body.size() < n; ++i) body += fmt::format("{:07}.", i);
  body.resize(n);
  return body;
}

std::string dechunked(std::string_view text) {
  std::string body;
  for (;;) {
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size, 16);
    if (error != std::errc{}) break;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.starts_with("\r\n") || text.size() < size + 4) break;
    body += text.substr(2, size);
    if (text.substr(size + 2, 2) != "\r\n") break;
    text.remove_prefix(size + 4);
    if (size != 0) continue;
    if (text.empty()) return body;
    break;
  }
  ADD_FAILURE() << "not a whole chunked body; left: " << shown(text.substr(0, 60));
  return {};
}

}  // namespace http
