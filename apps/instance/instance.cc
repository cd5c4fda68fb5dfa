#include "apps/instance/instance.h"

#include <rte_launch.h>
#include <rte_lcore.h>

#include <algorithm>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "apps/instance/addresses.h"
#include "apps/instance/site_parts.h"
#include "apps/unix_socket.h"
#include "engine/rss_key.h"

namespace apps {

using engine::Errc;
using engine::Error;
using engine::Result;

Result<std::unique_ptr<Instance>> Instance::start(Config config, std::span<const std::string> eal_arguments) {
  std::unique_ptr<Instance> self{new Instance{std::move(config)}};
  self->plan_ = plan_memory(self->config_, available_memory_bytes());
  // A rule that does not compile is a mistake in the file: found before anything of the machine is touched.
  self->compiler_ = http::make_child_pattern_compiler({"/proc/self/exe", "compile-patterns"});
  self->site_builder_ = std::make_unique<http::SiteBuilder>(self->config_.engine.workers, *self->compiler_);
  auto snapshot = self->make_snapshot(self->config_);
  if (!snapshot) return snapshot.error();
  if (auto done = self->start_eal(eal_arguments); !done) return done.error();
  if (auto done = self->open_ports(); !done) return done.error();
  if (auto done = self->make_tables(); !done) return done.error();
  if (auto done = self->make_mempools(); !done) return done.error();
  if (auto done = self->publish(self->config_, std::move(*snapshot)); !done) return done.error();
  if (auto done = self->make_workers(); !done) return done.error();
  if (auto done = self->start_ports(); !done) return done.error();
  self->launch();
  return self;
}

Instance::~Instance() {
  orders_.stop.store(true);
  wake_workers();
  if (launched_) rte_eal_mp_wait_lcore();
  for (const auto& port : ports_) port->stop();
  // Shards give back what they hold before ports give back their descriptors; mempools go when nobody has an mbuf of theirs.
  for (const auto& worker : workers_) worker->proxy.reset();
  for (const auto& worker : workers_) worker->stack.reset();
  for (const auto& worker : workers_) worker->shard.reset();
  handover_.reset();
  ports_.clear();
  workers_.clear();
  snapshots_.reset();
  routes_.reset();
}

std::vector<unsigned> Instance::worker_cpus() const {
  const auto& cores = config_.engine.cores;
  if (!cores.empty()) return {cores.begin(), cores.end()};
  const std::vector<unsigned> cpus = engine::allowed_cpus();
  std::vector<unsigned> chosen;
  // From the last CPU down: interrupts and other programs prefer the first. More workers than CPUs share them.
  for (std::size_t i = 0; i < config_.engine.workers; ++i) chosen.push_back(cpus[cpus.size() - 1 - i % cpus.size()]);
  return chosen;
}

Result<void> Instance::start_eal(std::span<const std::string> arguments) {
  engine::EalOptions options;
  options.name = config_.engine.name;
  options.memory = config_.engine.memory;
  options.memory_bytes = plan_.dpdk_bytes;
  options.worker_cpus = worker_cpus();
  if (config_.engine.control_core) options.control_cpus = {*config_.engine.control_core};
  options.extra.assign(arguments.begin(), arguments.end());
  for (const engine::PortSettings& port : config_.ports)
    if (port.device.starts_with("pci:")) options.pci_devices.push_back(port.device.substr(4));
  auto eal = engine::Eal::start(options);
  if (!eal) return eal.error();
  eal_ = std::move(*eal);
  clock_ = engine::TscClock{};
  spdlog::info("{}", eal_->memory_line());
  return {};
}

/// "auto": a queue for each worker, where a device has several. AF_XDP on a veth has one, and of memif's rings only as many are
/// connected as the peer has: what was sent into another one would wait for ever.
std::uint16_t Instance::wanted_queues(const engine::PortSettings& port) const {
  if (port.queues) return *port.queues;
  const bool is_single = port.device.starts_with("af_xdp:") || port.device.starts_with("memif:");
  return is_single ? std::uint16_t{1} : config_.engine.workers;
}

namespace {

/// A memif server that was killed leaves its socket behind, and the driver does not listen where one is.
void remove_stale_memif_socket(std::string_view device) {
  constexpr std::string_view kind = "memif:", role = ",server";
  if (!device.starts_with(kind) || !device.ends_with(role)) return;
  device.remove_prefix(kind.size());
  device.remove_suffix(role.size());
  remove_stale_socket(std::string{device});
}

}  // namespace

Result<void> Instance::open_ports() {
  for (std::size_t i = 0; i < config_.ports.size(); ++i) {
    const engine::PortSettings& settings = config_.ports[i];
    engine::EthPortOptions options;
    options.id = engine::PortId{static_cast<std::uint16_t>(i)};
    options.name = settings.name;
    options.device = settings.device;
    options.mtu = settings.mtu;
    options.queues = std::min(wanted_queues(settings), config_.engine.workers);
    options.rx_descriptors = settings.rx_descriptors;
    options.tx_descriptors = settings.tx_descriptors;
    options.rss = settings.rss;
    options.offloads = settings.offloads;
    options.promiscuous = settings.promiscuous;
    options.rx_interrupts = config_.engine.poll == engine::PollMode::adaptive;
    remove_stale_memif_socket(settings.device);
    auto port = engine::EthPort::probe(options);
    if (!port) return port.error();
    ports_.push_back(std::move(*port));
  }
  return {};
}

Result<void> Instance::make_tables() {
  const std::uint16_t shards = config_.engine.workers;
  qsbr_ = std::make_unique<engine::Qsbr>(shards);
  snapshots_ = std::make_unique<engine::SnapshotSlot>(*qsbr_);
  // One table for the engine: the smallest that a port has to be programmed with.
  std::uint32_t reta = engine::Steering::reta_size_default;
  for (const auto& port : ports_)
    if (port->reta_size() != 0) reta = std::min<std::uint32_t>(reta, port->reta_size());
  steering_ = std::make_unique<engine::Steering>(engine::make_rss_key(engine::random_seed()), reta, shards);
  auto handover = engine::Handover::create("handover", shards, static_cast<std::uint32_t>(plan_.mbufs.handover_slots));
  if (!handover) return handover.error();
  handover_ = std::move(*handover);
  auto routes = engine::Routes::create({"routes", engine::Fib::Kind::dir24_8, plan_.route_capacity});
  if (!routes) return routes.error();
  routes_ = std::move(*routes);
  neighbors_ = std::make_unique<engine::NeighborTable>(neighbors_max);
  limits_ = std::make_unique<tcp::Stack::Limits>(config_.engine.max_connections, config_.tcp.half_open_max,
                                                 config_.tcp.time_wait_max / shards);
  return {};
}

Result<void> Instance::make_mempools() {
  const std::vector<unsigned> cpus = worker_cpus();
  const std::vector<unsigned> lcores = eal_->worker_lcores();
  for (std::uint16_t i = 0; i < config_.engine.workers; ++i) {
    auto worker = std::make_unique<Worker>();
    worker->lcore = lcores[i];
    worker->cpu = cpus[i];
    auto mempool = engine::Mempool::create({fmt::format("worker{}", i), plan_.mbufs, plan_.data_room_bytes,
                                            static_cast<int>(rte_lcore_to_socket_id(worker->lcore))});
    if (!mempool) return mempool.error();
    worker->mempool = std::move(*mempool);
    workers_.push_back(std::move(worker));
  }
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    std::vector<engine::Mempool*> mempools;  // by queue: of the worker that drives it
    for (std::uint16_t queue = 0; queue < ports_[i]->info().rx_queues; ++queue)
      mempools.push_back(workers_[worker_of_queue(i, queue)]->mempool.get());
    if (auto done = ports_[i]->configure(*steering_, mempools); !done) return done;
  }
  return {};
}

/// Queue q belongs to worker q; a port with fewer queues than there are workers begins at another worker than the port before it.
std::uint16_t Instance::worker_of_queue(std::size_t port, std::uint16_t queue) const {
  const std::uint16_t workers = config_.engine.workers;
  const std::size_t shift = ports_[port]->info().rx_queues < workers ? port % workers : 0;
  return static_cast<std::uint16_t>((queue + shift) % workers);
}

/// Which queues a worker drives: RX queue i of each port, if the port has so many; TX alike, else one of another worker's.
engine::Shard::Options Instance::shard_options(std::uint16_t worker) {
  engine::Shard::Options options;
  options.id = engine::ShardId{worker};
  options.poll = config_.engine.poll;
  options.arp_held_packets = static_cast<std::uint32_t>(plan_.mbufs.arp_held_packets);
  // A part for each worker; 0 means none at all.
  const std::uint32_t errors = config_.forwarding.icmp_errors_per_second;
  options.icmp_errors_per_second = errors == 0 ? 0 : std::max<std::uint32_t>(1, errors / config_.engine.workers);
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    engine::EthPort& port = *ports_[i];
    for (std::uint16_t queue = 0; queue < port.info().rx_queues; ++queue)
      if (worker_of_queue(i, queue) == worker) options.rx_queues.push_back({&port, queue});
    // Its own TX queue, or one of another worker, over a ring.
    const std::uint16_t queues = port.info().tx_queues;
    std::uint16_t queue = static_cast<std::uint16_t>(worker % queues);
    for (std::uint16_t q = 0; q < queues; ++q)
      if (worker_of_queue(i, q) == worker) queue = q;
    options.tx_lanes.push_back({&port, queue, engine::ShardId{worker_of_queue(i, queue)}});
  }
  return options;
}

Result<void> Instance::make_workers() {
  const engine::SipKey hash_key{engine::random_seed(), engine::random_seed()};
  const engine::SipKey isn_key{engine::random_seed(), engine::random_seed()};
  const auto unix_now = std::chrono::system_clock::now().time_since_epoch();
  const engine::WallClock wall{std::chrono::duration_cast<engine::Duration>(unix_now) - clock_.read().time_since_epoch()};
  for (std::uint16_t i = 0; i < workers_.size(); ++i) {
    Worker& worker = *workers_[i];
    const engine::Shard::Shared shared{*steering_, *handover_, *routes_, *neighbors_, *snapshots_, *qsbr_};
    worker.shard = std::make_unique<engine::Shard>(shard_options(i), shared, *worker.mempool);
    tcp::Stack::Options stack;
    stack.connections_max = config_.engine.max_connections;
    stack.account_mbufs = plan_.account_mbufs;
    stack.account_connections = plan_.account_connections;
    stack.hash_key = hash_key;
    stack.isn_key = isn_key;
    stack.port_seed = engine::random_seed();
    worker.stack = std::make_unique<tcp::Stack>(stack, *limits_, *worker.shard);
    worker.proxy = std::make_unique<http::Proxy>(http::Proxy::Options{config_.engine.max_connections, i, wall, &orders_.http},
                                                 *worker.stack);
    worker.stack->set_application(*worker.proxy);
    worker.shard->set_handler(*worker.stack);
  }
  return {};
}

Result<void> Instance::start_ports() {
  for (const auto& port : ports_) {
    if (auto done = port->start(); !done) return done;
    spdlog::info("{}", port->describe());
    if (!port->status().up) spdlog::warn("port {} has no link", port->info().name);
  }
  return {};
}

int Instance::run_worker(void* argument) {
  auto& [self, index] = *static_cast<std::pair<Instance*, std::uint16_t>*>(argument);
  Worker& worker = *self->workers_[index];
  std::vector<engine::RxInterrupt*> interrupts;
  for (const engine::Shard::RxQueue& queue : self->shard_options(index).rx_queues)
    interrupts.push_back(&static_cast<engine::EthPort*>(queue.port)->rx_interrupt(queue.queue));
  worker.shard->run(self->orders_.stop, self->clock_, interrupts);
  return 0;
}

void Instance::launch() {
  static std::vector<std::pair<Instance*, std::uint16_t>> arguments;  // read by the lcores after this returns
  arguments.clear();
  for (std::uint16_t i = 0; i < workers_.size(); ++i) arguments.emplace_back(this, i);
  launched_ = true;
  for (std::uint16_t i = 0; i < workers_.size(); ++i) {
    const int rc = rte_eal_remote_launch(&Instance::run_worker, &arguments[i], workers_[i]->lcore);
    CHECK(rc == 0);
  }
}

/// Orders are looked for once per turn, and a shard that sleeps takes none.
void Instance::wake_workers() noexcept {
  if (!handover_) return;
  for (std::uint16_t i = 0; i < workers_.size(); ++i) handover_->ring_bell(engine::ShardId{i});
}

void Instance::drain() noexcept {
  orders_.http.drain.store(true);
  wake_workers();
}

void Instance::abort_connections() noexcept {
  orders_.http.abort.store(true);
  wake_workers();
}

std::uint64_t Instance::sessions() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& worker : workers_) sum += worker->proxy->counters().sessions.get();
  return sum;
}

void Instance::housekeeping() {
  learn_neighbors();
  forget_old_neighbors();
  snapshots_->reclaim();
  // The TSC's rate is known to some millionths, and the machine's clock may be set: Date follows it.
  const auto unix_now = std::chrono::system_clock::now().time_since_epoch();
  orders_.http.unix_at_zero_ns.store((unix_now - now().time_since_epoch()) / std::chrono::nanoseconds{1},
                                     std::memory_order_relaxed);
}

void Instance::learn_neighbors() {
  const engine::Instant at = now();
  const std::size_t refused_before = neighbors_refused_;
  for (const auto& worker : workers_) {
    engine::NeighborNews news;
    while (worker->shard->news().try_pop(news))
      if (!neighbors_->put({news.port, news.address, news.mac, false, at})) ++neighbors_refused_;
  }
  if (refused_before == 0 && neighbors_refused_ != 0)
    spdlog::warn("the neighbor table is full, {} are known: packets to new ones wait for an ARP answer each time", neighbors_max);
}

/// Entries that nobody has confirmed for long are used no more (Neighbors::unusable_after); they make room for others.
void Instance::forget_old_neighbors() {
  constexpr engine::Duration keep = std::chrono::minutes{10}, interval = std::chrono::seconds{10};
  const engine::Instant at = now();
  if (at - aged_ < interval) return;
  aged_ = at;
  neighbors_refused_ = 0;
  for (const engine::Neighbor& neighbor : neighbors_->list())
    if (!neighbor.permanent && at - neighbor.confirmed > keep) neighbors_->remove(neighbor.port, neighbor.address);
}

}  // namespace apps
