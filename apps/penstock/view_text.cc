#include "apps/penstock/view_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/penstock/table.h"

namespace apps {

namespace {

using Json = nlohmann::ordered_json;
using Align = Table::Align;

std::string number(const Json& json) { return grouped(json.get<std::uint64_t>()); }
std::string text(const Json& json) { return json.get<std::string>(); }
std::string or_dash(std::string s) { return s.empty() ? "-" : s; }

double ratio(std::uint64_t part, double whole) { return whole <= 0 ? 0 : 100 * static_cast<double>(part) / whole; }

std::string workers_text(const Json& stats) {
  Table table{{{"WORKER", Align::right},
               {"CPU", Align::right},
               {"BUSY", Align::right},
               {"TURNS", Align::right},
               {"SLEEPS", Align::right},
               {"TCP MEMORY", Align::right}}};
  const double cycles = stats.at("uptime_seconds").get<double>() * stats.at("tsc_hz").get<double>();
  for (const Json& w : stats.at("workers"))
    table.row({number(w.at("worker")), number(w.at("cpu")),
               fmt::format("{:.1f} %", ratio(w.at("busy_cycles_total").get<std::uint64_t>(), cycles)),
               number(w.at("turns_total")), number(w.at("sleeps_total")),
               fmt::format("{:.1f} %",
                           ratio(w.at("account_used_mbufs").get<std::uint64_t>(), w.at("account_size_mbufs").get<double>()))});
  return table.text();
}

/// "name  value" lines of the integers of an object, and of the integers in its objects as "name.key".
void add_counters(Table& table, const Json& object, const std::string& prefix, bool all) {
  for (const auto& [key, value] : object.items()) {
    if (value.is_object()) add_counters(table, value, fmt::format("{}{}.", prefix, key), all);
    if (value.is_number_unsigned() && (all || value.get<std::uint64_t>() != 0))
      table.row({fmt::format("  {}{}", prefix, key), number(value)});
  }
}

std::string requests_text(const Json& http) {
  Table table{{{"LISTENER"}, {"POOL"}, {"SERVER"}, {"CODE", Align::right}, {"REQUESTS", Align::right}}};
  for (const Json& r : http.at("requests"))
    table.row({text(r.at("listener")), or_dash(text(r.at("pool"))), or_dash(text(r.at("server"))),
               fmt::format("{}", r.at("code").get<unsigned>()), number(r.at("requests_total"))});
  return table.empty() ? "" : fmt::format("\n{}", table.text());
}

std::string stats_text(const Json& stats, bool all) {
  const std::string why = text(stats.at("not_ready_reason"));
  std::string out = fmt::format("{}: {}, up {}, penstock {}, DPDK {}\n\n{}", text(stats.at("instance")),
                                why.empty() ? "ready" : fmt::format("not ready ({})", why),
                                duration_text(stats.at("uptime_seconds").get<double>()), text(stats.at("version")),
                                text(stats.at("dpdk")), workers_text(stats));
  for (const char* section : {"engine", "tcp", "http", "memory"}) {
    Table table{{{section}, {"", Align::right}}};
    add_counters(table, stats.at(section), "", all);
    if (!table.empty()) out += fmt::format("\n{}", table.text());
  }
  Table mempools{{{"MEMPOOL"}, {"MBUFS", Align::right}, {"AVAILABLE", Align::right}}};
  for (const Json& m : stats.at("memory").at("mempools"))
    mempools.row({text(m.at("mempool")), number(m.at("size_mbufs")), number(m.at("available_mbufs"))});
  return fmt::format("{}\n{}{}", out, mempools.text(), requests_text(stats.at("http")));
}

std::string ports_text(const Json& ports) {
  Table table{{{"PORT"},
               {"LINK"},
               {"DEVICE"},
               {"DRIVER"},
               {"ADDRESSES"},
               {"MTU", Align::right},
               {"RX PACKETS", Align::right},
               {"RX BYTES", Align::right},
               {"TX PACKETS", Align::right},
               {"TX BYTES", Align::right},
               {"MISSED", Align::right},
               {"DROPS", Align::right}}};
  for (const Json& p : ports.at("items"))
    table.row({text(p.at("name")), p.at("up").get<bool>() ? "up" : "down", text(p.at("device")), text(p.at("driver")),
               or_dash(fmt::format("{}", fmt::join(p.at("addresses").get<std::vector<std::string>>(), ","))), number(p.at("mtu")),
               number(p.at("rx_packets_total")), number(p.at("rx_bytes_total")), number(p.at("tx_packets_total")),
               number(p.at("tx_bytes_total")), number(p.at("rx_missed_total")), number(p.at("drops_total"))});
  return table.text();
}

std::string pools_text(const Json& pools) {
  Table table{{{"POOL"},
               {"SERVER"},
               {"ADDRESS"},
               {"STATE"},
               {"REQUESTS", Align::right},
               {"CONNECTIONS", Align::right},
               {"IDLE", Align::right},
               {"RETRIES", Align::right},
               {"REFUSED", Align::right},
               {"BROKEN", Align::right}}};
  for (const Json& pool : pools.at("items"))
    for (const Json& s : pool.at("servers"))
      table.row({text(pool.at("name")), text(s.at("name")), text(s.at("address")), s.at("up").get<bool>() ? "up" : "down",
                 number(s.at("requests_total")), number(s.at("connections")), number(s.at("idle_connections")),
                 number(s.at("retries_total")), number(s.at("connect_failures_total")), number(s.at("failures_total"))});
  return table.empty() ? "no pools\n" : table.text();
}

std::string drops_text(const Json& drops, bool all) {
  Table table{{{"LAYER"}, {"REASON"}, {"PORT"}, {"PACKETS", Align::right}, {"WHY"}}};
  std::string examples;
  for (const Json& drop : drops.at("items")) {
    if (!all && drop.at("drops_total").get<std::uint64_t>() == 0) continue;
    table.row({text(drop.at("layer")), text(drop.at("reason")), or_dash(text(drop.at("port"))), number(drop.at("drops_total")),
               text(drop.at("help"))});
    for (const Json& example : drop.at("examples"))
      examples += fmt::format("  {}: {}\n", text(drop.at("reason")), text(example.at("text")));
  }
  if (table.empty()) return "no packet was lost\n";
  return fmt::format("{}{}{}", table.text(), examples.empty() ? "" : "\nlast examples\n", examples);
}

}  // namespace

std::string duration_text(double seconds) {
  const auto s = static_cast<std::uint64_t>(std::max(0.0, seconds));
  if (s < 120) return fmt::format("{} s", s);
  if (s < 2 * 3600) return fmt::format("{} min", s / 60);
  if (s < 48 * 3600) return fmt::format("{} h {} min", s / 3600, s / 60 % 60);
  return fmt::format("{} d {} h", s / 86'400, s / 3600 % 24);
}

std::string view_text(std::string_view view, const Json& json, bool all) {
  if (view == "stats") return stats_text(json, all);
  if (view == "ports") return ports_text(json);
  if (view == "pools") return pools_text(json);
  return drops_text(json, all);
}

}  // namespace apps
