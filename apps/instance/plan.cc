#include "apps/instance/plan.h"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <limits>

#include "apps/instance/addresses.h"
#include "engine/account.h"
#include "engine/mempool.h"
#include "http/session.h"
#include "tcp/tcb.h"
#include "tcp/time_wait.h"

namespace apps {

namespace {

constexpr std::uint64_t surplus_mbufs = 32'768;  // "auto": what busy connections share, besides two mbufs for each
constexpr std::uint64_t account_mbufs_min = 1024;
constexpr std::uint64_t mib = 1u << 20;
constexpr std::uint64_t fib_bytes = std::uint64_t{64} << 20;  // DIR24-8: 2^24 entries of four bytes
constexpr std::uint64_t handover_slots = 1024;
constexpr std::uint32_t own_routes_to_spare = 1024;

/// mbufs of the TCP account of the whole instance.
std::uint64_t account_mbufs(const Config& config, std::uint64_t mbuf_bytes, std::uint64_t available_bytes, std::string& note) {
  if (config.engine.buffers) return std::max(*config.engine.buffers / mbuf_bytes, account_mbufs_min);
  const std::uint64_t wanted = config.engine.max_connections * engine::Account::floor_default + surplus_mbufs;
  const std::uint64_t quarter = available_bytes / 4 / mbuf_bytes;
  if (config.listeners.empty()) return account_mbufs_min;  // nobody connects: forwarding only
  if (wanted <= quarter) return wanted;
  const std::uint64_t chosen = std::max(quarter, account_mbufs_min);
  note = fmt::format("buffers = \"auto\": {} MiB, {}; {} MiB would suit max_connections = {}", chosen * mbuf_bytes / mib,
                     chosen == quarter ? "a quarter of what is free" : "the least that works", wanted * mbuf_bytes / mib,
                     config.engine.max_connections);
  return chosen;
}

/// Routes that no [[route]] asks for: at most those of each address of a port, and one of each address of a listener.
std::uint32_t own_routes(const Config& config) {
  std::size_t sum = expand_listeners(config).size();
  for (const engine::PortSettings& port : config.ports) sum += 4 * port.addresses.size();
  return static_cast<std::uint32_t>(sum);
}

}  // namespace

MemoryPlan plan_memory(const Config& config, std::uint64_t available_bytes) {
  MemoryPlan plan;
  const std::uint64_t workers = config.engine.workers;
  std::uint16_t mtu = 1500;
  std::uint64_t rx = 0, tx = 0;
  for (const engine::PortSettings& port : config.ports) {
    mtu = std::max(mtu, port.mtu);
    rx += port.rx_descriptors;
    tx += port.tx_descriptors;
  }
  // A frame in one mbuf: drivers differ too much in what they do with several (docs/tuning.md).
  plan.data_room_bytes = mtu + 32u <= 2048u ? std::uint16_t{2048} : static_cast<std::uint16_t>((mtu + 32u + 127u) / 128u * 128u);
  const std::uint64_t mbuf_bytes = engine::mempool_bytes(1, plan.data_room_bytes);
  plan.account_mbufs = account_mbufs(config, mbuf_bytes, available_bytes, plan.note) / workers;
  plan.account_connections = (config.engine.max_connections + workers - 1) / workers;
  plan.mbufs.rx_descriptors = rx;
  plan.mbufs.tx_descriptors = tx;
  plan.mbufs.tx_lane_packets *= std::max<std::uint64_t>(1, config.ports.size());  // each port's
  plan.mbufs.lcores = workers + 1;
  plan.mbufs.peers = workers - 1;
  plan.mbufs.handover_slots = handover_slots;
  plan.mbufs.tcp_account_mbufs = plan.account_mbufs;
  // `routes` counts those of the file: what the ports and listeners need, now and after a reload, comes on top.
  plan.route_capacity = config.forwarding.route_capacity(config.routes.size()) + own_routes(config) + own_routes_to_spare;

  for (const engine::MbufTerm& term : engine::mbuf_terms(plan.mbufs))
    plan.terms.push_back(
        {fmt::format("mbufs: {}", term.name), engine::mempool_bytes(term.mbufs * workers, plan.data_room_bytes)});
  const std::uint64_t references = engine::mempool_bytes(engine::reference_mbufs_per_shard(plan.mbufs) * workers, 0);
  plan.terms.push_back({"mbufs: references to queued bytes", references});
  plan.terms.push_back({"routes (two tables)", 2 * (fib_bytes + plan.route_capacity * std::uint64_t{512})});
  plan.terms.push_back({"rings between workers", workers * (workers - 1) * 2 * handover_slots * sizeof(void*)});
  for (const MemoryTerm& term : plan.terms) plan.dpdk_bytes += term.bytes;
  plan.terms.push_back({"DPDK itself and its drivers", plan.dpdk_bytes / 16 + 48 * mib});
  plan.dpdk_bytes += plan.terms.back().bytes;

  const std::uint64_t connections = config.engine.max_connections;
  plan.terms.push_back({"connections, as far as used", connections * (sizeof(tcp::Tcb) + 16 + 16 + sizeof(http::Session) + 16)});
  plan.terms.push_back({"TIME-WAIT, as far as used", config.tcp.time_wait_max * std::uint64_t{sizeof(tcp::TimeWaitEntry) + 16}});
  return plan;
}

std::uint64_t available_memory_bytes() {
  std::ifstream file{"/proc/meminfo"};
  std::string name;
  std::uint64_t kib = 0;
  while (file >> name >> kib) {
    if (name == "MemAvailable:") return kib * 1024;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return 0;
}

std::string describe(const MemoryPlan& plan) {
  std::string text;
  std::uint64_t sum = 0;
  for (const MemoryTerm& term : plan.terms) {
    text += fmt::format("  {:<34} {:>10.1f} MiB\n", term.name, static_cast<double>(term.bytes) / static_cast<double>(mib));
    sum += term.bytes;
  }
  text += fmt::format("  {:<34} {:>10.1f} MiB\n", "sum", static_cast<double>(sum) / static_cast<double>(mib));
  if (!plan.note.empty()) text += "  " + plan.note + "\n";
  return text;
}

}  // namespace apps
