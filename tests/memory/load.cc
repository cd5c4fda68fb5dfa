#include "tests/memory/load.h"

#include <fmt/format.h>
#include <utility>

namespace memory {

Load::Load(Peer& peer, Options options) : peer_{peer}, options_{std::move(options)} {
  Web& web = peer_.web();
  web.on_connected = [this](Web::Handle handle) { ask(handle); };
  web.on_response = [this](Web::Handle handle, const Message& answer) {
    Client& client = clients_.at(handle);
    if (!std::exchange(client.is_waiting, false)) return fail("an answer that nobody asked for");
    --outstanding_;
    ++answered_;
    if (const std::string wrong = options_.check(client.number, answer); !wrong.empty()) fail(wrong);
    ask(handle);
  };
  web.on_closed = [this](Web::Handle handle, tcp::CloseReason reason) {
    const Client client = clients_.at(handle);
    clients_.erase(handle);
    if (client.is_waiting) {
      --outstanding_;
      fail(fmt::format("closed as {} while request {} was outstanding", tcp::name(reason), client.number));
    }
    if (!stopping_) open();
  };
  for (std::size_t i = 0; i < options_.connections; ++i) open();
}

Load::~Load() {
  Web& web = peer_.web();
  web.on_connected = nullptr;
  web.on_response = nullptr;
  web.on_closed = nullptr;
  for (const auto& [handle, _] : clients_) web.close(handle);
}

void Load::open() {
  const auto handle = peer_.web().open({engine::Ipv4{198, 18, 0, 10}, 80}, peer_.now());
  if (!handle) return fail("no connection could be opened");
  clients_[*handle] = {};
}

void Load::ask(Web::Handle handle) {
  if (stopping_) return;
  Client& client = clients_.at(handle);
  client = {next_++, true};
  ++outstanding_;
  peer_.web().send(handle, options_.request(client.number));
}

void Load::fail(const std::string& what) {
  if (failed_++ == 0) first_failure_ = what;
}

}  // namespace memory
