#include "apps/admin/api.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string_view>

#include "apps/admin/dashboard.h"
#include "apps/admin/metrics.h"
#include "apps/admin/metrics_text.h"
#include "apps/admin/views.h"
#include "engine/text.h"

namespace apps {

namespace {

struct View {
  std::string_view path;
  Json (*make)(const Readings&);
};
constexpr auto views = std::to_array<View>({
    {"/api/v1/stats", stats_view},
    {"/api/v1/ports", ports_view},
    {"/api/v1/drops", drops_view},
    {"/api/v1/pools", pools_view},
    {"/api/v1/listeners", listeners_view},
    {"/api/v1/neighbors", neighbors_view},
});
/// Promised, and not there yet: said, not guessed.
constexpr std::array<std::string_view, 4> later{"/api/v1/routes", "/api/v1/rules", "/api/v1/connections", "/api/v1/config"};
constexpr std::array<std::string_view, 4> others{"/", "/metrics", "/healthz", "/readyz"};
constexpr std::string_view reload_path = "/api/v1/reload", pools_prefix = "/api/v1/pools/";

AdminAnswer error(int status, const std::string& what) { return {status, "application/json", to_text({{"error", what}})}; }
AdminAnswer wrong_method(const std::string& what, std::string allow) {
  AdminAnswer answer = error(405, what);
  answer.allow = std::move(allow);
  return answer;
}

bool is_readable(std::string_view path) noexcept {
  return std::ranges::find(views, path, &View::path) != views.end() || std::ranges::find(others, path) != others.end() ||
         std::ranges::find(later, path) != later.end();
}

/// The part of a Host field or an origin in front of the port.
std::string_view host_of(std::string_view authority) noexcept {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

}  // namespace

std::string refusal_of_browser(const AdminRequest& request) {
  if (request.is_local) return "";
  const std::string_view host = host_of(request.host);
  if (host != "localhost" && host != "[::1]" && !engine::parse_ipv4(host))
    return "the Host of a request over TCP must be an IP address or localhost";
  const bool changes = request.method != "GET" && request.method != "HEAD";
  if (changes && !request.origin.empty() && request.origin != "http://" + request.host)
    return fmt::format("a page of {} may change nothing here", request.origin);
  return "";
}

AdminAnswer Api::answer(const AdminRequest& request) {
  if (std::string why = refusal_of_browser(request); !why.empty()) return error(403, why);
  const std::string& path = request.path;
  if (path == reload_path) return request.method == "POST" ? reload() : wrong_method("reload with POST", "POST");
  if (path.starts_with(pools_prefix))
    return request.method == "PATCH" ? error(501, "changing a server is not supported yet")
                                     : wrong_method("a server is changed with PATCH", "PATCH");
  if (!is_readable(path)) return error(404, fmt::format("there is no {}", path));
  if (request.method != "GET" && request.method != "HEAD")
    return wrong_method(fmt::format("{} can only be read, with GET", path), "GET, HEAD");
  return get(path);
}

AdminAnswer Api::get(const std::string& path) {
  if (path == "/") return {200, "text/html; charset=utf-8", std::string{dashboard_page}};
  if (path == "/healthz") return health();
  if (path == "/readyz") {
    const std::string why = sources_.not_ready();
    return {why.empty() ? 200 : 503, "text/plain; charset=utf-8", why.empty() ? "ready\n" : why + "\n"};
  }
  if (path == "/metrics") return {200, std::string{MetricsText::content_type}, metrics_text(sources_.read())};
  if (const auto view = std::ranges::find(views, path, &View::path); view != views.end())
    return {200, "application/json", to_text(view->make(sources_.read()))};
  return error(501, fmt::format("{} is not supported yet", path));
}

AdminAnswer Api::health() {
  const std::vector<std::uint64_t> turns = sources_.turns();
  std::string why;
  {
    const std::lock_guard lock{mutex_};
    why = watch_.check(turns, std::chrono::steady_clock::now());
  }
  return {why.empty() ? 200 : 503, "text/plain; charset=utf-8", why.empty() ? "healthy\n" : why + "\n"};
}

AdminAnswer Api::reload() {
  const std::string why = sources_.reload();
  if (!why.empty()) return error(400, why);
  return {200, "application/json", to_text({{"reloaded", true}})};
}

}  // namespace apps
