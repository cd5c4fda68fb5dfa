#include "apps/penstock/instances.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/unix_socket.h"

namespace apps {

using engine::Errc;
using engine::Error;
using engine::Result;

namespace {

constexpr const char* extension = ".sock";

Error denied(const std::string& socket) {
  return Error{Errc::denied, "no permission to talk to this instance: be root, or in the group of the socket", socket};
}

Result<RunningInstance> at(const std::string& socket) {
  switch (probe_unix_socket(socket)) {
    case SocketState::live:
      return RunningInstance{std::filesystem::path{socket}.stem().native(), socket};
    case SocketState::denied:
      return denied(socket);
    case SocketState::absent:
      break;
  }
  return Error{Errc::not_found, "no instance answers there", socket};
}

}  // namespace

Result<RunningInstance> find_instance(const std::string& wanted, const std::string& directory) {
  if (wanted.find('/') != std::string::npos) return at(wanted);
  if (!wanted.empty()) return at(directory + "/" + wanted + extension);
  std::vector<RunningInstance> live;
  std::vector<std::string> locked;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{directory, error}) {
    if (entry.path().extension() != extension) continue;
    const SocketState state = probe_unix_socket(entry.path().native());
    if (state == SocketState::live) live.push_back({entry.path().stem().native(), entry.path().native()});
    if (state == SocketState::denied) locked.push_back(entry.path().native());
  }
  if (live.size() == 1) return live.front();
  if (live.empty() && !locked.empty()) return denied(locked.front());
  if (live.empty())
    return Error{
        Errc::not_found,
        fmt::format("no instance runs: nobody answers in {} (--instance takes the path of a socket elsewhere)", directory)};
  std::vector<std::string> names;
  for (const RunningInstance& one : live) names.push_back(one.name);
  std::sort(names.begin(), names.end());
  return Error{Errc::invalid, fmt::format("several instances run, choose one with --instance: {}", fmt::join(names, ", "))};
}

}  // namespace apps
