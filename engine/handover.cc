#include "engine/handover.h"

#include <rte_errno.h>
#include <rte_ring.h>

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace engine {

Result<std::unique_ptr<Handover>> Handover::create(const std::string& name, std::uint16_t shards, std::uint32_t slots) {
  std::unique_ptr<Handover> self{new Handover{shards}};
  self->rings_.assign(std::size_t{shards} * shards * 2, nullptr);
  for (std::uint16_t from = 0; from < shards; ++from)
    for (std::uint16_t to = 0; to < shards; ++to)
      for (const Kind kind : {Kind::received, Kind::transmit}) {
        if (from == to) continue;
        const std::string ring_name = fmt::format("{}_{}_{}_{}", name, from, to, static_cast<int>(kind));
        rte_ring* ring = rte_ring_create(ring_name.c_str(), slots, -1, RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
        if (ring == nullptr)
          return Error{Errc::exhausted, fmt::format("no memory for a ring: {}", rte_strerror(rte_errno)), ring_name};
        self->ring(ShardId{from}, ShardId{to}, kind) = ring;
      }
  for (std::uint16_t i = 0; i < shards; ++i) {
    auto bell = std::make_unique<Bell>();
    bell->fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (bell->fd < 0) return Error{Errc::exhausted, "cannot create an eventfd"};
    self->bells_.push_back(std::move(bell));
  }
  return self;
}

Handover::~Handover() {
  for (rte_ring* ring : rings_) {
    if (ring == nullptr) continue;
    void* mbuf = nullptr;
    while (rte_ring_dequeue(ring, &mbuf) == 0) rte_pktmbuf_free(static_cast<rte_mbuf*>(mbuf));
    rte_ring_free(ring);
  }
  for (const auto& bell : bells_)
    if (bell->fd >= 0) ::close(bell->fd);
}

bool Handover::try_push(ShardId from, ShardId to, Kind kind, Packet& packet) noexcept {
  if (rte_ring_sp_enqueue(ring(from, to, kind), packet.get()) != 0) return false;
  static_cast<void>(std::move(packet).release());
  return true;
}

void Handover::pop(ShardId to, Kind kind, Burst& burst) noexcept {
  for (std::uint16_t from = 0; from < shards_ && !burst.full(); ++from) {
    if (from == to.value) continue;
    burst.fill([&](rte_mbuf** mbufs, std::uint16_t room) noexcept {
      return static_cast<std::uint16_t>(
          rte_ring_sc_dequeue_burst(ring(ShardId{from}, to, kind), reinterpret_cast<void**>(mbufs), room, nullptr));
    });
  }
}

bool Handover::is_empty(ShardId to) const noexcept {
  for (std::uint16_t from = 0; from < shards_; ++from) {
    if (from == to.value) continue;
    for (const Kind kind : {Kind::received, Kind::transmit})
      if (rte_ring_empty(ring(ShardId{from}, to, kind)) == 0) return false;
  }
  return true;
}

// Dekker's pattern: the sleeper writes `sleeping` and then reads the rings; the pusher writes a ring and then reads `sleeping`.
// With a full fence between write and read on both sides, at least one of them sees the other.

void Handover::ring_bell(ShardId to) noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (!bells_[to.value]->sleeping.load(std::memory_order_relaxed)) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(bells_[to.value]->fd, &one, sizeof one);  // full counter: the bell rings already
}

void Handover::announce_sleep(ShardId self) noexcept {
  bells_[self.value]->sleeping.store(true, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

void Handover::awake(ShardId self) noexcept {
  bells_[self.value]->sleeping.store(false, std::memory_order_relaxed);
  std::uint64_t rung = 0;
  [[maybe_unused]] const auto count = ::read(bells_[self.value]->fd, &rung, sizeof rung);
}

}  // namespace engine
