#include "tests/memory/instance.h"

#include <fmt/format.h>
#include <thread>

#include "tests/memory/peer.h"
#include "tests/support/raw_client.h"

namespace memory {

namespace {

std::string fixed_part(const support::TemporaryDirectory& directory, const Instance::Options& options) {
  return fmt::format(R"([engine]
name = "{}"
workers = {}
memory = "normal"
max_connections = 1000
buffers = "16MiB"
{}
[admin]
listen = ["unix:{}"]
[tcp]
time_wait_max = 1000
[[port]]
name = "p"
device = "memif:{},server"
addresses = ["198.18.0.1/24"]
queues = 1
)",
                     options.name, options.workers, options.engine, directory.path("admin.sock"), directory.path("memif.sock"));
}

support::Process::Options process_options(const support::TemporaryDirectory& directory, const Instance::Options& options) {
  support::Process::Options process{directory.path(options.name + ".out"), directory.path(options.name + ".log"), {}};
  if (!options.environment.empty()) process.environment.emplace_back("NOTIFY_SOCKET", options.environment);
  return process;
}

/// The file must be there before the program starts.
std::vector<std::string> prepared_command(const std::string& path, const std::string& text) {
  support::write_file(path, text);
  return {support::built_program("apps/penstock"), "run", path};
}

}  // namespace

Instance::Instance(const support::TemporaryDirectory& directory, const Options& options)
    : directory_{directory},
      name_{options.name},
      fixed_{fixed_part(directory, options)},
      process_{prepared_command(config_path(), whole_config(options.sections)), process_options(directory, options)} {}

std::string Instance::whole_config(const std::string& sections) const { return fixed_ + sections; }

void Instance::write_config(const std::string& sections) { support::write_file(config_path(), whole_config(sections)); }

bool Instance::wait_until_ready() {
  const std::string ready = fmt::format("ready {}\n", name_);
  const auto end = std::chrono::steady_clock::now() + time_left();
  while (output() != ready) {
    if (process_.status() || std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return true;
}

Message Instance::admin(const std::string& path, const std::string& method) const {
  support::RawClient client = support::RawClient::unix_socket(admin_socket());
  if (!client.connected() || !client.send(fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\n\r\n", method, path))) return {};
  std::string bytes = client.response();
  return take_message(bytes).value_or(Message{});
}

support::Exposition Instance::metrics() const {
  const Message answer = admin("/metrics");
  return answer.status() == 200 ? support::parse_exposition(answer.body) : support::Exposition{};
}

double Instance::mbufs_in_use() const {
  const support::Exposition all = metrics();
  return all.sum("penstock_mempool_size_mbufs") - all.sum("penstock_mempool_available_mbufs");
}

std::string balancer(const std::string& body) {
  return fmt::format(R"(
[[listener]]
name = "web"
address = "198.18.0.10:80"
[[rule]]
name = "hello"
path = "/hello"
respond = {{ status = 200, body = "{}" }}
[[rule]]
name = "all"
pool = "origins"
[[pool]]
name = "origins"
servers = ["198.18.0.21:80", {{ address = "198.18.0.22:80", name = "second" }}]
keepalive = {{ timeout = "500ms" }}
)",
                     body);
}

}  // namespace memory
