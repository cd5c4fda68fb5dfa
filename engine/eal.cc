#include "engine/eal.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_interrupts.h>
#include <rte_lcore.h>
#include <rte_version.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fstream>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <thread>
#include <unistd.h>

#include "engine/text.h"

namespace engine {

std::vector<unsigned> allowed_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  ::sched_getaffinity(0, sizeof set, &set);
  std::vector<unsigned> cpus;
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  return cpus;
}

std::uint64_t free_hugepage_bytes() {
  std::uint64_t sum = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{"/sys/kernel/mm/hugepages", error}) {
    const std::string name = entry.path().filename();  // hugepages-2048kB
    std::uint64_t kib = 0, free = 0;
    if (std::sscanf(name.c_str(), "hugepages-%lukB", &kib) != 1) continue;
    std::ifstream{entry.path() / "free_hugepages"} >> free;
    sum += kib * 1024 * free;
  }
  return sum;
}

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  CHECK(::getrandom(&seed, sizeof seed, 0) == sizeof seed);
  return seed;
}

namespace {

constexpr std::uint64_t mib = 1u << 20;

bool has_argument(const std::vector<std::string>& arguments, std::string_view name) {
  return std::any_of(arguments.begin(), arguments.end(),
                     [&](const std::string& a) { return a == name || a.starts_with(std::string{name} + "="); });
}

/// "0@(0,1),1@0,2@1": the main lcore floats, each worker is pinned.
std::string lcores(const EalOptions& options) {
  std::string text = options.control_cpus.empty() ? "0" : fmt::format("0@({})", fmt::join(options.control_cpus, ","));
  for (std::size_t i = 0; i < options.worker_cpus.size(); ++i) text += fmt::format(",{}@{}", i + 1, options.worker_cpus[i]);
  return text;
}

/// The EAL would print its usage.
Result<void> check_cpus(const EalOptions& options) {
  const std::vector<unsigned> allowed = allowed_cpus();
  for (const auto* cpus : {&options.worker_cpus, &options.control_cpus})
    for (const unsigned cpu : *cpus)
      if (std::find(allowed.begin(), allowed.end(), cpu) == allowed.end())
        return Error{Errc::invalid, fmt::format("CPU {} is none that this process may use: {}", cpu, fmt::join(allowed, ", ")),
                     "engine"};
  return {};
}

}  // namespace

Result<EalPlan> plan_eal(const EalOptions& o, std::uint64_t free_huge) {
  EalPlan plan;
  auto& a = plan.arguments;
  const std::uint64_t need_mib = (o.memory_bytes + mib - 1) / mib;
  const std::string reserve = fmt::format("echo {} > /proc/sys/vm/nr_hugepages", (o.memory_bytes + 2 * mib - 1) / (2 * mib));
  const bool user_decides = has_argument(o.extra, "--no-huge") || has_argument(o.extra, "--in-memory") ||
                            has_argument(o.extra, "--huge-dir") || has_argument(o.extra, "--legacy-mem") ||
                            has_argument(o.extra, "--single-file-segments");
  a = {"penstock", "--lcores", lcores(o), "--file-prefix", "penstock-" + o.name, "--log-level", "warning", "--no-telemetry"};
  if (user_decides) {
    plan.memory_line = "memory: as the EAL arguments say";
    if (!has_argument(o.extra, "-m") && !has_argument(o.extra, "--socket-mem"))
      a.insert(a.end(), {"-m", std::to_string(need_mib)});
  } else if (o.memory != MemoryChoice::normal && free_huge != 0 && free_huge >= o.memory_bytes) {
    a.insert(a.end(), {"--in-memory", "-m", std::to_string(need_mib)});
    plan.memory_line = fmt::format("memory: hugepages, {} MiB of {} MiB free", need_mib, free_huge / mib);
  } else if (o.memory == MemoryChoice::hugepages) {
    return Error{
        Errc::exhausted,
        fmt::format("memory = \"hugepages\", but {} MiB are needed and {} MiB of hugepages are free; reserve them with: {}",
                    need_mib, free_huge / mib, reserve)};
  } else {
    a.insert(a.end(), {"--no-huge", "--no-shconf", "-m", std::to_string(need_mib)});
    plan.memory_line = o.memory == MemoryChoice::normal
                           ? fmt::format("memory: normal pages, {} MiB, as configured", need_mib)
                           : fmt::format("memory: normal pages, {} MiB ({} MiB of hugepages are free; faster with: {})", need_mib,
                                         free_huge / mib, reserve);
  }
  if (o.pci_devices.empty()) {
    if (!has_argument(o.extra, "-a") && !has_argument(o.extra, "-b")) a.emplace_back("--no-pci");
  } else {
    for (const std::string& device : o.pci_devices) a.insert(a.end(), {"-a", device});
  }
  a.insert(a.end(), o.extra.begin(), o.extra.end());
  return plan;
}

Result<std::unique_ptr<Eal>> Eal::start(const EalOptions& wanted) {
  EalOptions options = wanted;
  if (auto usable = check_cpus(options); !usable) return usable.error();
  if (options.control_cpus.empty()) options.control_cpus = allowed_cpus();  // the EAL would pin the main lcore to CPU 0
  auto plan = plan_eal(options, free_hugepage_bytes());
  if (!plan) return plan.error();
  // The EAL keeps pointers into its arguments and permutes them: they live as long as the process.
  static std::vector<std::string> arguments;
  static std::vector<char*> argv;
  arguments = plan->arguments;
  argv.clear();
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  if (rte_eal_init(static_cast<int>(arguments.size()), argv.data()) < 0) {
    std::string why = rte_strerror(rte_errno);
    if (rte_errno == ENOMEM || rte_errno == 0) why += " (not enough memory?)";
    return Error{Errc::io, fmt::format("DPDK did not start: {}; arguments: {}", why, fmt::join(plan->arguments, " ")), "eal"};
  }
  return std::unique_ptr<Eal>{new Eal{plan->memory_line}};
}

namespace {

/// Waits until DPDK's interrupt thread has seen what was registered so far. net_memif's server never takes its listener out of
/// the list of that thread, and the handle lies in memory that rte_eal_cleanup unmaps: after a start that ends at once the thread
/// would read it there. Not by an alarm: cleaning up alarms makes the thread read the list once more.
void let_interrupt_thread_catch_up() {
  static std::atomic<unsigned> calls{0};
  static int event = -1;
  event = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  rte_intr_handle* handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
  const auto on_event = [](void*) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(event, &count, sizeof count);
    calls.fetch_add(1);
  };
  // For as long as the thread runs: to unregister would be news to it again.
  const bool is_registered = event >= 0 && handle != nullptr && rte_intr_fd_set(handle, event) == 0 &&
                             rte_intr_type_set(handle, RTE_INTR_HANDLE_EXT) == 0 &&
                             rte_intr_callback_register(handle, on_event, nullptr) == 0;
  rte_intr_instance_free(handle);  // the list has a copy
  if (!is_registered) return;
  for (int round = 0; round < 2; ++round) {  // the second comes in a later round of its loop than all that was there before
    const unsigned before = calls.load();
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(event, &one, sizeof one);
    for (int waited = 0; calls.load() == before && waited < 10'000; ++waited)
      std::this_thread::sleep_for(std::chrono::microseconds{100});
  }
}

}  // namespace

Eal::~Eal() {
  const std::string runtime_dir = rte_eal_get_runtime_dir();
  let_interrupt_thread_catch_up();
  rte_eal_cleanup();
  std::error_code in_use;  // a directory that still holds files stays
  std::filesystem::remove(runtime_dir, in_use);
}

std::vector<unsigned> Eal::worker_lcores() const {
  std::vector<unsigned> ids;
  unsigned lcore = 0;
  RTE_LCORE_FOREACH_WORKER(lcore) ids.push_back(lcore);
  return ids;
}

}  // namespace engine
