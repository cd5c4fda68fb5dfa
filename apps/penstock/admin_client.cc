#include "apps/penstock/admin_client.h"

#include <fmt/format.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

namespace apps {

namespace {

constexpr time_t read_timeout_s = 10;
constexpr time_t change_timeout_s = 600;  // a reload may compile thousands of patterns

}  // namespace

engine::Result<AdminReply> ask(const RunningInstance& instance, AdminMethod method, const std::string& path) {
  httplib::Client client{instance.socket, 80};
  client.set_address_family(AF_UNIX);
  client.set_connection_timeout(5);
  client.set_read_timeout(method == AdminMethod::get ? read_timeout_s : change_timeout_s);
  const httplib::Headers headers{{"Host", "localhost"}, {"Connection", "close"}};
  const auto answer = method == AdminMethod::get ? client.Get(path, headers) : client.Post(path, headers, "", "application/json");
  if (!answer)
    return engine::Error{engine::Errc::io, fmt::format("no answer: {}", httplib::to_string(answer.error())), instance.socket};
  return AdminReply{answer->status, answer->body};
}

std::string refusal_text(const AdminReply& reply) {
  const auto json = nlohmann::json::parse(reply.body, nullptr, false);
  if (json.is_object() && json.contains("error") && json["error"].is_string()) return json["error"].get<std::string>();
  return reply.body;
}

}  // namespace apps
